"""The clock this room is handed: it reads none itself."""

from typing import Protocol


class Clock(Protocol):
    """Wall time, which the venue signs and stamps with, and monotonic time for every age."""

    def wall_ms(self) -> int: ...
    def mono_ms(self) -> int: ...
