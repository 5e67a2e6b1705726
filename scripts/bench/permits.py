"""The risk gate dies, stands still, or its permits are cut off: for how long do orders leave?

Batches come from here all the while, each right in its turn, so that only the permit stands in the
way. The clock starts right before the deed; the executor says when an order last passed its gate.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from actors.runtime.clock import SystemClock
from scripts.bench.desks import Desk, desk
from scripts.bench.figures import MS, Figure, Section, quantile
from scripts.bench.queued import Queue
from scripts.chaos.nemesis import signalled
from scripts.chaos.relays import Weather
from scripts.pace import Pace

GOAL_MS = 2_100.0
LINK = "risk_gate>executor.permits"
FLOW_S = 0.3  # orders leave before the deed
OFFERED_S = 2.7  # and so long after it, less than until the risk gate is back
EVERY_MS = 10
READY_WITHIN_MS = 20_000

Deed = Callable[[Desk], Callable[[], object]]  # returns what ends it


def measure(directory: Path, *, quick: bool) -> Section:
    """Return how long sends went on after each deed, 20 times each (2 when *quick*)."""
    rounds = 2 if quick else 20
    figures, offered, sent = [], 0, 0
    with desk(directory, wants="patient", link=LINK) as quiet, Queue(quiet) as line:
        kill(quiet)  # the first time it would be back at once
        for name, deed in DEEDS.items():
            taken = []
            for _ in range(rounds):
                wait_ready(quiet)
                line.settle()
                before = line.orders()
                ended_ms, said = once(quiet, line, deed)
                taken.append(ended_ms)
                offered += said
                sent += line.orders() - before
            figures += _figures(name, taken)
    note = f"{offered} batches offered, {sent} orders left"
    return Section(title="a permit issuer falls silent", figures=tuple(figures), notes=(note,))


def once(quiet: Desk, line: Queue, deed: Deed) -> tuple[float, int]:
    """Return the ms from *deed* to the last pass of the gate, and how many batches were said."""
    clock = SystemClock()
    said = offer(line, FLOW_S)
    began_ns = clock.mono_ns()
    undo = deed(quiet)
    said += offer(line, OFFERED_S)
    passed_ns = line.passed_ns()
    undo()
    return (passed_ns - began_ns) / 1e6, said


def offer(line: Queue, seconds: float) -> int:
    """Say batches for so long; return how many."""
    clock, pace, count = SystemClock(), Pace(EVERY_MS), 0
    until_ns = clock.mono_ns() + int(seconds * 1e9)
    while clock.mono_ns() < until_ns:
        line.offer()
        count += 1
        pace.rest(EVERY_MS / 1_000)
    return count


def kill(quiet: Desk) -> Callable[[], object]:
    """Kill the risk gate."""
    os.kill(_pid(quiet), signal.SIGKILL)
    return lambda: None


def stop(quiet: Desk) -> Callable[[], object]:
    """Let the risk gate stand still."""
    pid = _pid(quiet)
    os.kill(pid, signal.SIGSTOP)
    return lambda: signalled(pid, signal.SIGCONT)


def cut(quiet: Desk) -> Callable[[], object]:
    """Let no permit of the risk gate arrive."""
    links = quiet.links
    if links is None:
        raise RuntimeError("this desk has no link that can be cut")
    links.turn(LINK, Weather.CUT)
    return lambda: links.turn(LINK, Weather.FAIR)


DEEDS: dict[str, Deed] = {"dead": kill, "stopped": stop, "cut off": cut}


def _pid(quiet: Desk) -> int:
    pid = quiet.actors().get("risk_gate", {}).get("pid")
    if pid is None:
        raise RuntimeError("the risk gate is not there")
    return int(pid)


def wait_ready(quiet: Desk) -> None:
    """Wait until all six are ready. Raises RuntimeError."""
    clock, pace = SystemClock(), Pace(20)
    until_ms = clock.mono_ms() + READY_WITHIN_MS
    while clock.mono_ms() < until_ms:
        states = [one["state"] for one in quiet.actors().values()]
        if states and set(states) == {"ready"}:
            return
        pace.rest(0.02)
    raise RuntimeError(f"not ready again within {READY_WITHIN_MS} ms")


def _figures(name: str, taken: list[float]) -> list[Figure]:
    return [
        Figure(
            what=f"{name} → last pass of the gate, {kind}",
            value=quantile(taken, ratio),
            unit=MS,
            goal=GOAL_MS if kind == "most" else None,
            samples=len(taken),
        )
        for ratio, kind in ((0.5, "p50"), (1.0, "most"))
    ]
