"""What time it is, on every clock this role looks at, read once for each message."""

from msgspec import Struct


class Moment(Struct, frozen=True, kw_only=True):
    """One instant. Ages are counted on *mono_ms*; *offset_ms* is the venue's clock less ours."""

    mono_ms: int
    wall_ms: int
    offset_ms: int = 0

    @property
    def venue_ms(self) -> int:
        """The venue's time, as far as we know."""
        return self.wall_ms + self.offset_ms
