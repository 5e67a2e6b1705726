"""One run of chaos: a desk, a nemesis, then rest, then the verdict.

At rest means: no fault is left, the desk traded again, it was killed by command and is clear, it
stopped in order. Then `verify` and the checker look at what is on disk.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors import topology
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable
from actors.runtime.faults import USED
from actors.venues.simulated.events import Accepted
from actors.venues.simulated.journal import FILE_NAME, read
from messages.control import Kill, ReconcileQuery, StatusQuery
from messages.money import text
from scripts import recorded
from scripts.bench.figures import quantile
from scripts.chaos import checker, truth
from scripts.chaos.desks import ACCOUNT, REST, STREAM, Desk
from scripts.chaos.gauges import Gauges, Growth, leaks
from scripts.chaos.nemesis import EXECUTOR, Killed, Nemesis
from scripts.chaos.plan import AT_THE_VENUE, MINUTE_MS, SHARES, Deed, plan
from scripts.chaos.troubles import CONNECTS_MAX, most_within_a_minute
from scripts.pace import Pace
from store.readers import Reader
from store.verify import verify

FLOWING = 3  # orders that show that the desk trades
FLOW_WITHIN_MS = 180_000
CLEAR_WITHIN_MS = 180_000  # a venue that was asked too much shuts us out for a minute
COMPARED_WITHIN_S = 60.0
POLL_MS = 100
RESTARTS_TOLD_MS = 60_000  # a process that is back later than that is counted as late

Tell = Callable[[str], None]


class Restart(Struct, frozen=True, kw_only=True):
    """How long a role was gone after SIGKILL, in ms, links cut and rivals killed meanwhile."""

    role: str
    count: int
    p50_ms: float
    p99_ms: float


class Report(Struct, frozen=True, kw_only=True):
    """What was done and what it came to. Empty *violations* is the claim."""

    seed: int
    seconds: int
    kills: int
    kills_by_role: dict[str, int]
    cuts: int
    weathers: dict[str, int]
    stops: int
    drills: int
    crashes: list[str]
    deeds: dict[str, int]
    orders: int
    fills: int
    entries: int
    states: dict[str, int]
    violations: list[str]
    differences: dict[str, str]
    restarts: list[Restart]
    connects_a_minute: int = 0  # most of any minute, both streams
    growth: list[Growth] = []


class Rest(Struct, kw_only=True):
    """What was found wrong on the way to rest."""

    violations: list[str]
    clock: SystemClock
    pace: Pace


def run(
    run_dir: Path,
    *,
    seed: int,
    minutes: float,
    tell: Tell,
    environ: Mapping[str, str],
    at_the_venue: bool = False,
) -> Report:
    """Return what *minutes* of chaos from *seed* came to. Raises RuntimeError: no desk began.

    *at_the_venue*: nobody is killed, the venue does all it can at once; then leaks and connects
    count as well.
    """
    clock = SystemClock()
    began_ms = clock.mono_ms()
    desk = Desk(run_dir, seed=seed, environ=environ)
    gauges = Gauges()
    watch = partial(_look, desk, gauges) if at_the_venue else _look_away
    nemesis = Nemesis(desk, tell, watch=watch)
    try:
        desk.start()
        desk.wait_ready()
        shares = AT_THE_VENUE if at_the_venue else SHARES
        links = [REST, STREAM] if at_the_venue else list(desk.relays.links)
        lasts_ms = int(minutes * MINUTE_MS)
        nemesis.carry_out(plan(seed, lasts_ms=lasts_ms, links=links, shares=shares))
        tell("the last fault is over")
        found = come_to_rest(desk, nemesis)
    finally:
        desk.close()
    seconds = (clock.mono_ms() - began_ms) // 1_000
    report = judged(run_dir, nemesis, found, seed=seed, seconds=seconds)
    if not at_the_venue:
        return report
    growth = gauges.growth()
    connects = most_within_a_minute(desk.relays.links[STREAM].came_ms)
    worse = leaks(growth)
    if connects > CONNECTS_MAX:
        worse.append(f"{connects} connects of the stream within a minute")
    wrong = [*report.violations, *worse]
    return replace(report, growth=growth, connects_a_minute=connects, violations=wrong)


def come_to_rest(desk: Desk, nemesis: Nemesis) -> list[str]:
    """Bring *desk* to rest and return what it did not do by itself."""
    rest = Rest(violations=[], clock=SystemClock(), pace=Pace(POLL_MS))
    steps: tuple[tuple[str, Callable[[], bool], int], ...] = (
        ("P5 six actors are ready again", desk.is_ready, CLEAR_WITHIN_MS),
        ("P5 the desk trades again", _flows(desk), FLOW_WITHIN_MS),
        ("I19 a kill is answered", lambda: _killed(desk), CLEAR_WITHIN_MS),
        ("I19 nothing of ours rests", lambda: _is_clear(desk), CLEAR_WITHIN_MS),
        ("P3 books and exchange agree", lambda: _agrees(desk), CLEAR_WITHIN_MS),
    )
    for what, holds, within_ms in steps:
        if not _within(rest, holds, within_ms):
            rest.violations.append(f"{what}: not within {within_ms} ms; {_told(desk)}")
    code = desk.stop()
    if code != 0:
        rest.violations.append(f"the stop in order ended with {code}")
    return [*nemesis.troubles, *rest.violations]


def judged(
    run_dir: Path, nemesis: Nemesis, found: Sequence[str], *, seed: int, seconds: int
) -> Report:
    """Return the report on *run_dir*, whose desk is stopped."""
    venue, books = truth.at_the_exchange(run_dir, ACCOUNT), truth.in_the_books(run_dir)
    with Reader.open(run_dir) as reader:
        folded = verify(reader)
        last = recorded.last_reconciled(reader)
        stopped = [] if last is None else recorded.at_last_reconcile(reader, last)
    wrong = [
        *found,
        *checker.violations(venue, books, nemesis.silences),
        *(f"I6 {line}" for line in folded.differences),
        *(f"I16 at the last comparison: {line}" for line in stopped),
    ]
    # A venue that throttles may keep the stop from comparing once more; a moment ago all was equal.
    if last is not None and last.in_order and not last.clean:
        wrong.append(f"I16 the last word on the books is not a clean one: {last}")
    difference = checker.differences(venue, books)
    return Report(
        seed=seed,
        seconds=seconds,
        kills=len(nemesis.kills),
        kills_by_role=dict(Counter(one.role for one in nemesis.kills)),
        cuts=nemesis.weathers.total(),
        weathers=dict(nemesis.weathers),
        stops=nemesis.done[Deed.STOP],
        drills=nemesis.done[Deed.DRILL],
        crashes=_crashes(run_dir),
        deeds=dict(nemesis.done),
        orders=len(venue.orders),
        fills=len(venue.fills),
        entries=folded.entries,
        states=dict(Counter(one.state for one in books.orders.values())),
        violations=wrong,
        differences={asset: text(amount) for asset, amount in difference.items()},
        restarts=restarts(nemesis.kills, _ready_lines(run_dir)),
    )


def restarts(kills: Sequence[Killed], ready: Sequence[Mapping[str, Any]]) -> list[Restart]:
    """Return how long each role was gone, from its kill to the first ready successor.

    *ready* are the supervisor's lines `actor_ready`, in order of time.
    """
    taken: dict[str, list[float]] = {}
    for killed in kills:
        for line in ready:
            gone_ms = line["at_ms"] - killed.at_ms
            if line["child"] == killed.role and line["child_pid"] != killed.pid and gone_ms >= 0:
                taken.setdefault(killed.role, []).append(min(gone_ms, RESTARTS_TOLD_MS))
                break
    return [
        Restart(
            role=role,
            count=len(times),
            p50_ms=quantile(times, 0.5),
            p99_ms=quantile(times, 0.99),
        )
        for role, times in sorted(taken.items())
    ]


def orders_taken(run_dir: Path) -> int:
    """Return how many orders the exchange of *run_dir* ever took."""
    return sum(1 for event in read(run_dir / FILE_NAME) if isinstance(event, Accepted))


def _look(desk: Desk, gauges: Gauges) -> None:
    gauges.look({role: pid for role, pid in desk.pids().items() if role in topology.ROLES})


def _look_away() -> None:
    """Processes that are killed again and again tell nothing of growth."""


def _flows(desk: Desk) -> Callable[[], bool]:
    before = orders_taken(desk.run_dir)
    return lambda: orders_taken(desk.run_dir) >= before + FLOWING


def _within(rest: Rest, holds: Callable[[], bool], within_ms: int) -> bool:
    until_ms = rest.clock.mono_ms() + within_ms
    while rest.clock.mono_ms() < until_ms:
        if holds():
            return True
        rest.pace.rest(POLL_MS / 1_000)
    return False


def _killed(desk: Desk) -> bool:
    try:
        return desk.ask(EXECUTOR, Kill(reason="the end of chaos")).ok
    except Unreachable:
        return False


def _is_clear(desk: Desk) -> bool:
    try:
        report = desk.ask(EXECUTOR, StatusQuery()).report
    except Unreachable:
        return False
    return bool(report["clear"]) and not report["alive"] and not report["unknown"]


def _agrees(desk: Desk) -> bool:
    try:
        return desk.ask(EXECUTOR, ReconcileQuery(), within_s=COMPARED_WITHIN_S).ok
    except Unreachable:
        return False


def _told(desk: Desk) -> str:
    try:
        report = desk.ask(EXECUTOR, StatusQuery()).report
    except Unreachable as why:
        return f"{why}; {desk.status()}"
    return str(report)[:1_500]


def _crashes(run_dir: Path) -> list[str]:
    path = run_dir / USED
    return path.read_text().splitlines() if path.exists() else []


def _ready_lines(run_dir: Path) -> list[dict[str, Any]]:
    return [line for line in _log(run_dir) if line.get("event") in ("actor_ready", "service_ready")]


def _log(run_dir: Path) -> Iterator[dict[str, Any]]:
    for name in ("supervisor.jsonl.1", "supervisor.jsonl"):
        path = run_dir / "logs" / name
        if path.exists():
            for line in path.read_bytes().splitlines():
                yield json.loads(line)
