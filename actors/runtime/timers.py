"""When what is to be done later is due. Monotonic milliseconds; no thread, no signal."""

import heapq
import itertools

from actors.runtime.clock import Clock

TIMERS_MAX = 10_000  # more than this is a timer set in a loop


class TooManyTimers(Exception):
    """An actor set timers faster than they ring."""


class Timers:
    """What waits to be due, soonest first; what is due at the same time rings as it was set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, object]] = []

    def after(self, delay_ms: int, message: object) -> None:
        """Have *message* ring once, *delay_ms* from now. Raises TooManyTimers."""
        if len(self._waiting) >= TIMERS_MAX:
            raise TooManyTimers(f"{TIMERS_MAX} timers wait, the next is {message!r}")
        due = self._clock.mono_ms() + max(0, delay_ms)
        heapq.heappush(self._waiting, (due, next(self._order), message))

    def due_ms(self) -> int | None:
        """Return in how many ms the next timer is due, None when none waits."""
        if not self._waiting:
            return None
        return max(0, self._waiting[0][0] - self._clock.mono_ms())

    def ring(self) -> list[object]:
        """Return what is due now, soonest first, and forget it."""
        now = self._clock.mono_ms()
        due = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(heapq.heappop(self._waiting)[2])
        return due
