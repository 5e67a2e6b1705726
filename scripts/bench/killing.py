"""After `kill`, when does the last byte of an order leave? Under orders that flow without end.

The clock starts right before the command is sent; the relay says when order bytes came afterwards.
"""

from pathlib import Path

from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable
from messages.control import Kill, Resume, StatusQuery
from scripts.bench.desks import Desk, desk
from scripts.bench.figures import MS, Figure, Section, quantile
from scripts.pace import Pace

GOAL_MS = 5.0
FLOW_S = 3.0  # orders flow before each kill
QUIET_S = 0.5  # after the acknowledgement: later bytes would be found
CLEAR_WITHIN_MS = 20_000
EXECUTOR, GUARDS = "executor.control", ("risk_gate.control", "supervisor.control")
ORDER = "POST /api/v1/order"


def measure(directory: Path, *, quick: bool) -> Section:
    """Return the time from kill to the last order byte, to its answer, and to CLEAR."""
    rounds = 2 if quick else 20
    last, acked, cleared = [], [], []
    with desk(directory) as busy:
        for _ in range(rounds):
            Pace(0).rest(FLOW_S)
            last_ms, ack_ms = kill_once(busy)
            last.append(last_ms)
            acked.append(ack_ms)
            clear_ms = _until_clear(busy)
            if clear_ms is not None:
                cleared.append(clear_ms)
            _resume(busy)
        flowing = sum(one.line.startswith(ORDER) for one in list(busy.relay.seen))
    if not flowing:
        return Section(title="kill", left_out="no order flowed, so none could be stopped")
    figures = [
        *_figures("kill → last order byte", last, goal=GOAL_MS),
        *_figures("kill → answer, committed", acked, goal=None),
        *_figures("kill → CLEAR", cleared, goal=None),
    ]
    notes = (f"{flowing} orders in {rounds} rounds",)
    return Section(title="kill", figures=tuple(figures), notes=notes)


def kill_once(busy: Desk) -> tuple[float, float]:
    """Return the ms from the command to the last order byte (0: none came) and to its answer."""
    clock = SystemClock()
    began_ns = clock.mono_ns()
    busy.ask(EXECUTOR, Kill(reason="bench"))
    acked_ns = clock.mono_ns()
    Pace(0).rest(QUIET_S)
    later = [
        one.at_ns
        for one in list(busy.relay.seen)
        if one.line.startswith(ORDER) and one.at_ns > began_ns
    ]
    return (max(later, default=began_ns) - began_ns) / 1e6, (acked_ns - began_ns) / 1e6


def _until_clear(busy: Desk) -> float | None:
    clock, pace = SystemClock(), Pace(20)
    began_ms = clock.mono_ms()
    while clock.mono_ms() - began_ms < CLEAR_WITHIN_MS:
        try:
            if busy.ask(EXECUTOR, StatusQuery()).report.get("clear"):
                return clock.mono_ms() - began_ms + QUIET_S * 1_000
        except Unreachable:
            continue
        pace.rest(0.02)
    return None


def _resume(busy: Desk) -> None:
    """Lift the latch. Raises RuntimeError when the desk does not let it be lifted."""
    clock, pace = SystemClock(), Pace(100)
    until_ms = clock.mono_ms() + CLEAR_WITHIN_MS
    while clock.mono_ms() < until_ms:
        reply = busy.ask(EXECUTOR, Resume())
        if reply.code == "CONFIRM":
            code = str(reply.report["confirm"])
            if busy.ask(EXECUTOR, Resume(code=code)).ok:
                for guard in GUARDS:
                    busy.ask(guard, Resume(code=code))
                return
        pace.rest(0.1)
    raise RuntimeError("the desk could not be resumed")


def _figures(what: str, taken: list[float], *, goal: float | None) -> list[Figure]:
    if not taken:
        return []
    return [
        Figure(
            what=f"{what}, {name}",
            value=quantile(taken, ratio),
            unit=MS,
            goal=goal if name == "p99" else None,
            samples=len(taken),
        )
        for ratio, name in ((0.5, "p50"), (0.99, "p99"))
    ]
