"""How messages travel between simulated actors: as over ZeroMQ, with everything that can go wrong.

A link joins the two ends of one socket. It keeps order; it drops beyond its mark; while it is cut
what is sent is refused (IMMEDIATE) and what is on its way is lost; while it is stalled everything
waits and arrives late, as after SIGSTOP or a full kernel buffer.
"""

from collections.abc import Callable
from functools import partial
from random import Random

from tests.simulation.schedule import Schedule

HOP_MIN_NS = 40_000
HOP_MAX_NS = 400_000
SLOW_MAX_NS = 300_000_000


class Link:
    """One direction of one connection."""

    def __init__(self, schedule: Schedule, rng: Random, *, mark: int, twice: bool = False) -> None:
        self._schedule = schedule
        self._rng = rng
        self._mark = mark
        self._twice = twice
        self._last_ns = 0
        self._on_way = 0
        self._generation = 0
        self._stalled: list[Callable[[], None]] | None = None
        self.cut = False
        self.slow = False
        self.dropped = 0

    def send(self, deliver: Callable[[], None]) -> bool:
        """Carry one message; False when it was not taken."""
        waiting = self._on_way if self._stalled is None else len(self._stalled)
        if self.cut or waiting >= self._mark:
            self.dropped += 1
            return False
        if self._stalled is not None:
            self._stalled.append(deliver)
            return True
        self._carry(deliver)
        return True

    def cut_off(self) -> None:
        """Lose what is on its way and refuse what comes."""
        self.cut = True
        self._generation += 1
        self._on_way = 0
        if self._stalled is not None:
            self._stalled = []

    def mend(self) -> None:
        self.cut = False

    def stall(self) -> None:
        """Hold back everything from now on."""
        self._stalled = [] if self._stalled is None else self._stalled

    def flow(self) -> None:
        """Deliver what was held back, in order."""
        held, self._stalled = self._stalled or [], None
        for deliver in held:
            self._carry(deliver)

    def _carry(self, deliver: Callable[[], None]) -> None:
        self._hop(deliver)
        if self._twice:
            self._hop(deliver)

    def _hop(self, deliver: Callable[[], None]) -> None:
        most = SLOW_MAX_NS if self.slow else HOP_MAX_NS
        arrives = self._schedule.now_ns + self._rng.randrange(HOP_MIN_NS, most)
        self._last_ns = max(arrives, self._last_ns + 1)
        self._on_way += 1
        self._schedule.at(self._last_ns, partial(self._arrive, self._generation, deliver))

    def _arrive(self, generation: int, deliver: Callable[[], None]) -> None:
        if generation == self._generation:  # else lost with the connection
            self._on_way -= 1
            deliver()
