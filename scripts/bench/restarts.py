"""How long is an actor gone after SIGKILL? From the signal to ready, by the supervisor's log.

Each actor in turn, while orders flow: at 15 quotes a second, which is more than the venue tells of
three markets, and at 150, an order each, which fills two cores. The log's times are whole ms.
"""

import os
import signal
from pathlib import Path
from typing import Any

from actors.runtime.clock import SystemClock
from actors.topology import ROLES
from messages.control import StatusQuery
from scripts.bench.desks import (
    BUSY_INSTRUMENTS,
    RESTING_INSTRUMENTS,
    RESTING_STRATEGIES,
    Desk,
    desk,
)
from scripts.bench.figures import MS, Figure, Section, quantile
from scripts.pace import Pace

GOAL_MS, EXECUTOR_GOAL_MS = 50, 500
BACK_WITHIN_MS = 15_000
REST_S = 0.5  # between two kills
WARM_S = 3.0
PACES_MS = (200, 20)  # between two quotes of each of three instruments
ORDERS_WITHIN_MS = 60_000


def measure(directory: Path, *, quick: bool) -> Section:
    """Return the time from SIGKILL to ready of each actor."""
    rounds = 2 if quick else 20
    figures: list[Figure] = []
    lost: list[str] = []
    for pace_ms in PACES_MS:
        taken, gone = in_turn(directory, rounds, pace_ms)
        quotes = 1_000 * len(BUSY_INSTRUMENTS) // pace_ms
        lost += gone
        for role, times in taken.items():
            figures += _figures(f"{role}, {quotes} quotes a second", times)
    notes = [f"not ready within {BACK_WITHIN_MS} ms: {', '.join(lost)}"] if lost else []
    resting, with_resting = with_orders(directory, rounds)
    figures += _figures(f"executor with {resting} open orders", with_resting, goal=EXECUTOR_GOAL_MS)
    return Section(title="SIGKILL to ready", figures=tuple(figures), notes=tuple(notes))


def in_turn(directory: Path, rounds: int, pace_ms: int) -> tuple[dict[str, list[float]], list[str]]:
    """Return the times of each role, and who was not back in time."""
    taken: dict[str, list[float]] = {role: [] for role in ROLES}
    lost = []
    with desk(directory, pace_ms=pace_ms) as busy:
        Pace(0).rest(WARM_S)
        for _ in range(rounds):
            for role in ROLES:
                back_ms = kill_once(busy, role)
                if back_ms is None:
                    lost.append(role)
                else:
                    taken[role].append(back_ms)
                Pace(0).rest(REST_S)
    return taken, lost


def with_orders(directory: Path, rounds: int) -> tuple[int, list[float]]:
    """Return how many orders rested, and the executor's times with them."""
    wanted = RESTING_STRATEGIES * len(RESTING_INSTRUMENTS)
    clock, pace = SystemClock(), Pace(200)
    with desk(directory, pace_ms=200, wants="resting") as quiet:
        until_ms = clock.mono_ms() + ORDERS_WITHIN_MS
        resting = 0
        while resting < wanted and clock.mono_ms() < until_ms:
            pace.rest(0.2)
            resting = int(quiet.ask("executor.control", StatusQuery()).report["alive_count"])
        taken = []
        for _ in range(rounds):
            back_ms = kill_once(quiet, "executor")
            if back_ms is not None:
                taken.append(back_ms)
            pace.rest(REST_S)
    return resting, taken


def kill_once(busy: Desk, role: str) -> float | None:
    """Return the ms from SIGKILL of *role* until its successor is ready, None when it is not."""
    clock, pace = SystemClock(), Pace(20)
    before = busy.actors().get(role)
    if before is None or before["pid"] is None:
        return None
    heard = busy.log_bytes("supervisor")  # reading it from the start would cost the desk a core
    killed_ms = clock.wall_ns() / 1e6
    os.kill(int(before["pid"]), signal.SIGKILL)
    until_ms = clock.mono_ms() + BACK_WITHIN_MS
    while clock.mono_ms() < until_ms:
        pace.rest(0.02)
        for line in busy.log_lines("supervisor", since=heard):
            if _is_back(line, role, int(before["pid"]), killed_ms):
                return max(0.0, float(line["at_ms"]) - killed_ms)
    return None


def _is_back(line: dict[str, Any], role: str, pid: int, since_ms: float) -> bool:
    return (
        line.get("event") == "actor_ready"
        and line.get("child") == role
        and line.get("child_pid") != pid
        and float(line.get("at_ms", 0)) >= since_ms - 1
    )


def _figures(what: str, taken: list[float], *, goal: float | None = None) -> list[Figure]:
    goal = GOAL_MS if goal is None else goal
    return [
        Figure(
            what=f"{what}, {name}",
            value=quantile(taken, ratio),
            unit=MS,
            goal=goal if name == "p50" else None,
            samples=len(taken),
        )
        for ratio, name in ((0.5, "p50"), (0.99, "p99"))
        if taken
    ]
