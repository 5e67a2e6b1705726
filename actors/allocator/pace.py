"""When is it time for a pass? Monotonic ms."""


class Pace:
    """A pass follows a change at once, but not the pass before it within *every_ms*.

    Without any change there is one each *look_every_ms*, for what becomes stale by itself. *count*
    numbers the passes of this process.
    """

    def __init__(self, *, every_ms: int, look_every_ms: int) -> None:
        self.every_ms = every_ms
        self.count = 0
        self._look_every_ms = look_every_ms
        self._changed = False
        self._last_ms: int | None = None

    def note_change(self) -> None:
        """Something was heard that a pass would decide differently on."""
        self._changed = True

    def due(self, now_ms: int) -> bool:
        """Return whether a pass begins now; then it counts as begun."""
        since_ms = None if self._last_ms is None else now_ms - self._last_ms
        if since_ms is not None:
            waits_ms = self.every_ms if self._changed else self._look_every_ms
            if since_ms < waits_ms:
                return False
        self._last_ms = now_ms
        self._changed = False
        self.count += 1
        return True
