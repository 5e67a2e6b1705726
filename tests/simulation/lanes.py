"""The lanes of a simulated process: the real gate and handler, with the network between.

A call waits for its thread, passes the gate at the moment its thread takes it, travels, is handled
by the venue when it arrives and answered when the answer is back, if it comes at all.
"""

from collections import defaultdict, deque
from functools import partial
from random import Random

from actors.executor.venue_calls import Answer, NoAnswer, SubmitOrder
from actors.runtime.effects import Call
from actors.runtime.lanes import LaneSpec
from actors.venues.port import Lost, NotSent, Reject, RejectKind
from tests.simulation.nodes import Node
from tests.simulation.schedule import Schedule
from tests.simulation.venue import VenueFaults

MS = 1_000_000
TRIP_MIN_MS, TRIP_MAX_MS = 1, 30
CLIENT_GIVES_UP_MS = 10_000  # the HTTP client's own time-out


class Lanes:
    """All lanes of all processes of one world."""

    def __init__(self, schedule: Schedule, rng: Random, faults: VenueFaults) -> None:
        self.quiet = False
        self.passed: list[tuple[int, SubmitOrder]] = []  # sends that went through the gate, when
        self._schedule, self._rng, self._faults = schedule, rng, faults
        self._waiting: dict[tuple[str, int, str], deque[Call]] = defaultdict(deque)
        self._busy: dict[tuple[str, int, str], int] = defaultdict(int)

    def room(self, node: Node, spec: LaneSpec) -> int:
        return spec.depth - len(self._waiting[node.role, node.incarnation, spec.name])

    def offer(self, node: Node, call: Call) -> bool:
        """Queue *call*; False when its lane is full."""
        spec = next(one for one in node.actor.lanes() if one.name == call.lane)
        key = (node.role, node.incarnation, call.lane)
        if len(self._waiting[key]) >= spec.depth:
            return False
        self._waiting[key].append(call)
        self._schedule.after(0, partial(self._next, node, spec, key))
        return True

    def _next(self, node: Node, spec: LaneSpec, key: tuple[str, int, str]) -> None:
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
            self.passed.append((self._schedule.now_ns, call.request))
        self._travel(node, spec, key, call)

    def _travel(self, node: Node, spec: LaneSpec, key: tuple[str, int, str], call: Call) -> None:
        """Decide what the network does to this call; the venue meets it when it arrives."""
        submit = isinstance(call.request, SubmitOrder)
        fate = self._fate(submit)
        there = self._rng.randrange(TRIP_MIN_MS, TRIP_MAX_MS)
        back = self._rng.randrange(TRIP_MIN_MS, TRIP_MAX_MS)
        if fate == "hang":
            there = self._rng.randrange(self._faults.hang_max_ms)
        if fate in ("refused", "lost_before", "throttled"):
            self._done(node, spec, key, call, _failure(fate, submit), there)
            return
        handler = spec.handler_factory()

        def arrive() -> None:
            result = handler(call.request)  # the request is out: it arrives even if we are dead
            if fate == "lost_after":
                result = _failure(fate, submit)
            self._done(node, spec, key, call, result, back)

        if there >= CLIENT_GIVES_UP_MS:
            self._done(node, spec, key, call, _failure("lost_after", submit), CLIENT_GIVES_UP_MS)
            self._schedule.after(there * MS, partial(handler, call.request))
            return
        self._schedule.after(there * MS, arrive)

    def _done(
        self,
        node: Node,
        spec: LaneSpec,
        key: tuple[str, int, str],
        call: Call,
        result: object,
        delay_ms: int,
    ) -> None:
        def finish() -> None:
            if node.incarnation == key[1] and node.alive:
                self._busy[key] -= 1
                node.answered(call, result, 0)
                self._next(node, spec, key)

        self._schedule.after(delay_ms * MS, finish)

    def _fate(self, submit: bool) -> str:
        if self.quiet:
            return "fine"
        draw = self._rng.randrange(100)
        one = self._faults
        table = (
            (
                ("lost_before", one.lost_before),
                ("lost_after", one.lost_after),
                ("refused", one.refused),
                ("throttled", one.throttled),
                ("hang", one.hang),
            )
            if submit
            else (
                ("lost_before", one.reads_fail),
                ("lost_after", one.reads_fail),
                ("hang", one.hang),
            )
        )
        for fate, chance in table:
            if draw < chance:
                return fate
            draw -= chance
        return "fine"


def _failure(fate: str, submit: bool) -> object:
    if not submit:
        return NoAnswer(code="UNAVAILABLE", reason=fate)
    if fate == "refused":
        return Answer(value=NotSent(reason="ConnectError"))
    if fate == "throttled":
        return Answer(
            value=Reject(kind=RejectKind.THROTTLED, code="TOO_MANY_REQUESTS", retry_after_ms=500)
        )
    return Answer(value=Lost(reason="ReadTimeout"))
