"""Virtual time: what happens next, and what time it is then.

Events at one instant run in the order they were planned. Nothing here depends on the machine.
"""

from collections.abc import Callable
from heapq import heappop, heappush

WALL_START_MS = 1_774_252_800_000  # 2026-03-23 08:00:00 UTC, the middle of an Istanbul day
EVENTS_MAX = 2_000_000  # of one world: more means that it never comes to rest

Happening = Callable[[], None]


class Runaway(Exception):
    """More events than any world should need."""


class Schedule:
    """The heap of what is to happen. Times are ns since the world began."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.done = 0
        self.stopped = False  # nothing more happens
        self._heap: list[tuple[int, int, Happening]] = []
        self._count = 0

    def at(self, time_ns: int, happening: Happening) -> None:
        """Plan *happening* for *time_ns*, or for now when that is past."""
        self._count += 1
        heappush(self._heap, (max(time_ns, self.now_ns), self._count, happening))

    def after(self, delay_ns: int, happening: Happening) -> None:
        self.at(self.now_ns + delay_ns, happening)

    def run_until(self, time_ns: int) -> None:
        """Let everything happen that is planned up to *time_ns*."""
        heap = self._heap
        while heap and heap[0][0] <= time_ns and not self.stopped:
            self.now_ns, _, happening = heappop(heap)
            self.done += 1
            if self.done > EVENTS_MAX:
                raise Runaway(f"{self.done} events by {self.now_ns / 1e9:.1f} s")
            happening()
        self.now_ns = max(self.now_ns, time_ns)


class VirtualClock:
    """One host's clocks: monotonic time is the schedule's, wall time may be stepped."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.step_ms = 0  # how far the wall clock is off

    def wall_ms(self) -> int:
        return WALL_START_MS + self._schedule.now_ns // 1_000_000 + self.step_ms

    def wall_ns(self) -> int:
        return WALL_START_MS * 1_000_000 + self._schedule.now_ns + self.step_ms * 1_000_000

    def mono_ms(self) -> int:
        return 1_000_000 + self._schedule.now_ns // 1_000_000

    def mono_ns(self) -> int:
        return 1_000_000_000_000 + self._schedule.now_ns
