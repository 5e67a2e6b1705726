"""The lanes of a simulated process: the real gate and handler, with the network between.

A call waits for its thread, passes the gate at the moment its thread takes it, travels, is handled
by the venue when it arrives and answered when the answer is back, if it comes at all.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from functools import partial
from random import Random

from actors.executor.venue_calls import CancelOrder, ReadFills, SubmitOrder
from actors.runtime.effects import Call
from actors.runtime.lanes import LaneSpec
from tests.simulation.nodes import Node
from tests.simulation.schedule import Schedule
from tests.simulation.venue import (
    FINE,
    HANG,
    LOST_AFTER,
    LOST_BEFORE,
    REFUSED,
    THROTTLED,
    Venue,
    VenueFaults,
)

MS = 1_000_000
TRIP_MIN_MS, TRIP_MAX_MS = 1, 8
CLIENT_GIVES_UP_MS = 3_000  # the HTTP client's own time-out

Key = tuple[str, int, str]  # role, incarnation, lane

# Crash points of a request as it arrives, once it was handled, and when its answer is there.
_ARRIVING: dict[type, str] = {SubmitOrder: "C5", CancelOrder: "K2"}
_TAKEN: dict[type, str] = {SubmitOrder: "C6"}
_ANSWERED: dict[type, str] = {SubmitOrder: "C7", CancelOrder: "K3", ReadFills: "F1"}


class Lanes:
    """All lanes of all processes of one world."""

    def __init__(self, schedule: Schedule, rng: Random, venue: Venue) -> None:
        self.quiet = False
        self.passed = 0  # sends that went through the gate
        self.on_pass: Callable[[SubmitOrder], None] = lambda _: None
        self._schedule, self._rng, self._venue = schedule, rng, venue
        self._faults = venue.faults
        self._waiting: dict[Key, deque[Call]] = defaultdict(deque)
        self._busy: dict[Key, int] = defaultdict(int)
        self._specs: dict[Key, LaneSpec] = {}

    def room(self, node: Node, lane: str) -> int:
        """Return how many more calls *lane* takes."""
        key = (node.role, node.incarnation, lane)
        return self._spec(node, key).depth - len(self._waiting[key])

    def offer(self, node: Node, call: Call) -> bool:
        """Queue *call*; False when its lane is full."""
        key = (node.role, node.incarnation, call.lane)
        spec = self._spec(node, key)
        if len(self._waiting[key]) >= spec.depth:
            return False
        self._waiting[key].append(call)
        if self._rng.randrange(2):  # its thread may be faster than the turn that offers it
            self._next(node, spec, key, in_turn=True)
        else:
            self._schedule.after(0, partial(self._next, node, spec, key))
        return True

    def _spec(self, node: Node, key: Key) -> LaneSpec:
        if key not in self._specs:
            for one in node.actor.lanes():
                self._specs[(*key[:2], one.name)] = one
        return self._specs[key]

    def _next(self, node: Node, spec: LaneSpec, key: Key, *, in_turn: bool = False) -> None:
        _, incarnation, _ = key
        if node.incarnation != incarnation or not self._waiting[key]:
            return
        if self._busy[key] >= spec.threads:
            return
        if node.frozen:  # a stopped process's threads are stopped too
            self._schedule.after(50 * MS, partial(self._next, node, spec, key))
            return
        call = self._waiting[key].popleft()
        self._busy[key] += 1
        refused = None if spec.gate is None else spec.gate(call.request)
        if refused is not None:
            self._done(node, spec, key, call, refused, 0)
            return
        if isinstance(call.request, SubmitOrder):
            self.passed += 1
            self.on_pass(call.request)
            if in_turn:
                node.passing("C4")
            elif node.falls_at("C4"):
                return
        self._travel(node, spec, key, call)

    def _travel(self, node: Node, spec: LaneSpec, key: Key, call: Call) -> None:
        """Decide what the network does to this call; the venue meets it when it arrives."""
        request = call.request
        fate = self._fate(request)
        there = self._rng.randrange(TRIP_MIN_MS, TRIP_MAX_MS)
        back = self._rng.randrange(TRIP_MIN_MS, TRIP_MAX_MS)
        if fate == HANG:
            there = self._rng.randrange(self._faults.hang_max_ms)
        handler = spec.handler_factory()

        def handled(how: str) -> object:
            with self._venue.weather(how):
                return handler(request)

        def arrive() -> None:
            if node.falls_at(_ARRIVING.get(type(request), "")) and type(request) is SubmitOrder:
                return  # the rest of the request was never written
            result = handled(fate)  # whole requests arrive even if we are dead by then
            if not node.falls_at(_TAKEN.get(type(request), "")):
                self._done(node, spec, key, call, result, back)

        if there < CLIENT_GIVES_UP_MS:
            self._schedule.after(there * MS, arrive)
            return
        given_up = handled(LOST_BEFORE)
        self._done(node, spec, key, call, given_up, CLIENT_GIVES_UP_MS)
        self._schedule.after(there * MS, partial(handled, fate))

    def _done(
        self, node: Node, spec: LaneSpec, key: Key, call: Call, result: object, delay_ms: int
    ) -> None:
        def finish() -> None:
            if node.incarnation != key[1] or not node.alive:
                return
            self._busy[key] -= 1
            if not node.falls_at(_ANSWERED.get(type(call.request), "")):
                node.answered(call, result, 0)
                self._next(node, spec, key)

        self._schedule.after(delay_ms * MS, finish)

    def _fate(self, request: object) -> str:
        if self.quiet:
            return FINE
        draw = self._rng.randrange(100)
        for fate, chance in _chances(self._faults, request):
            if draw < chance:
                return fate
            draw -= chance
        return FINE


def _chances(one: VenueFaults, request: object) -> tuple[tuple[str, int], ...]:
    """Return the fates that *request* may have, in percent; the rest goes well."""
    if isinstance(request, SubmitOrder):
        return (
            (LOST_BEFORE, one.lost_before),
            (LOST_AFTER, one.lost_after),
            (REFUSED, one.refused),
            (THROTTLED, one.throttled),
            (HANG, one.hang),
        )
    fails = one.deletes_fail if isinstance(request, CancelOrder) else one.reads_fail
    return ((LOST_BEFORE, fails), (LOST_AFTER, fails), (HANG, one.reads_fail))
