"""How long is an actor gone after SIGKILL? From the signal to ready, by the supervisor's log.

Each actor in turn, while orders flow, one for each quote: at 5 a second, as many as the venue takes
from an account; at 15, three times that; at 150, which fills two cores. The log's times are whole
ms.
"""

import os
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

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
PACES_MS = (600, 200, 20)  # between two quotes of each of three instruments
ORDERS_WITHIN_MS = 60_000


class Back(Struct, frozen=True, kw_only=True):
    """How long one was gone: until its first heartbeat, until it was ready."""

    live_ms: float
    ready_ms: float


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


def in_turn(directory: Path, rounds: int, pace_ms: int) -> tuple[dict[str, list[Back]], list[str]]:
    """Return the times of each role, and who was not back in time."""
    taken: dict[str, list[Back]] = {role: [] for role in ROLES}
    lost = []
    with desk(directory, pace_ms=pace_ms) as busy:
        Pace(0).rest(WARM_S)
        for _ in range(rounds):
            for role in ROLES:
                came = kill_once(busy, role)
                if came is None:
                    lost.append(role)
                else:
                    taken[role].append(came)
                Pace(0).rest(REST_S)
    return taken, lost


def with_orders(directory: Path, rounds: int) -> tuple[int, list[Back]]:
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
            came = kill_once(quiet, "executor")
            if came is not None:
                taken.append(came)
            pace.rest(REST_S)
    return resting, taken


def kill_once(busy: Desk, role: str) -> Back | None:
    """Return how long *role* was gone after SIGKILL, None when it did not come back in time."""
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
        lines = list(busy.log_lines("supervisor", since=heard))
        came = back(lines, role, int(before["pid"]), killed_ms)
        if came is not None:
            return came
    return None


def back(lines: Iterable[Mapping[str, Any]], role: str, pid: int, killed_ms: float) -> Back | None:
    """Return how long *role* was gone by the supervisor's *lines*, None while it is.

    One that is ready with its first heartbeat is not said to be live before.
    """
    live_ms = None
    for line in lines:
        if line.get("child") != role or line.get("child_pid") == pid:
            continue
        after_ms = float(line.get("at_ms", 0)) - killed_ms
        if line.get("event") == "actor_live" and live_ms is None:
            live_ms = max(0.0, after_ms)
        if line.get("event") == "actor_ready" and after_ms >= -1:
            ready_ms = max(0.0, after_ms)
            return Back(live_ms=ready_ms if live_ms is None else live_ms, ready_ms=ready_ms)
    return None


def _figures(what: str, taken: list[Back], *, goal: float = GOAL_MS) -> list[Figure]:
    """Return live and ready; they are the same for who is ready with the first heartbeat."""
    live, ready = [one.live_ms for one in taken], [one.ready_ms for one in taken]
    rows = [(f"{what}, p50", ready, 0.5, goal), (f"{what}, p99", ready, 0.99, None)]
    if live != ready:
        rows.insert(0, (f"{what}: live, p50", live, 0.5, None))
    return [
        Figure(what=name, value=quantile(times, ratio), unit=MS, goal=most, samples=len(times))
        for name, times, ratio, most in rows
        if times
    ]
