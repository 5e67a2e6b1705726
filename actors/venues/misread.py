"""What came from the venue and could not be read: counted, the newest of it kept to be told.

A venue that says nothing but nonsense fills no log: whoever tells asks now and then.
"""

SHOWN_BYTES = 200


class Misread:
    """*count* is of all there ever was."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: tuple[str, bytes] | None = None

    def note(self, reason: str, raw: bytes) -> None:
        """Count one more."""
        self.count += 1
        self._newest = reason, raw

    def take(self) -> dict[str, object] | None:
        """Return what to tell of those since this was asked last, None when there were none."""
        newest, self._newest = self._newest, None
        if newest is None:
            return None
        reason, raw = newest
        shown = raw[:SHOWN_BYTES].decode(errors="backslashreplace")
        return {"reason": reason, "raw": shown, "unreadable": self.count}
