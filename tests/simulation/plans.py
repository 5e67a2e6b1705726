"""What one world goes through, and how it follows from a seed.

Each seed has some kinds of faults and is spared others. A plan is a value: it can be saved, made
smaller, and lived through again.
"""

from random import Random

from msgspec import Struct

from actors import topology
from actors.topology import Pattern
from tests.simulation.crash_points import POINTS
from tests.simulation.venue import VenueFaults

ACTIVE_MS = 8_600
FIRST_MS = 1_100  # the desk may trade a little before the first fault
REST_MS = 40_000
KILLS_MIN, KILLS_MAX = 8, 11
CUTS_MAX = 5
HURT = ("executor",) * 6 + ("persistence", "allocator", "risk_gate", "strategy", "market_data")
ENDINGS = ("still", "still", "killed", "killed", "file")
POINT_NAMES = tuple(POINTS)
RARELY, TWICE, PLANTED, SILENT = 16, 3, 7, 11  # one seed in sixteen each


class KillAt(Struct, frozen=True, kw_only=True, tag="kill"):
    """SIGKILL of a role: now, *steps* effects later, or when it next passes *point*.

    *stopped_ms*: SIGSTOP for so long, then SIGKILL, or SIGCONT when it *goes_on*.
    """

    at_ms: int
    role: str
    steps: int = 0
    point: str = ""
    stopped_ms: int = 0
    goes_on: bool = False


class CutAt(Struct, frozen=True, kw_only=True, tag="cut"):
    """A link goes wrong for a while: *how* is cut, stall or slow, one way."""

    at_ms: int
    lasts_ms: int
    socket: str
    sender: str
    hearer: str
    how: str


class StepAt(Struct, frozen=True, kw_only=True, tag="step"):
    """The wall clock of the host jumps."""

    at_ms: int
    by_ms: int


class PressAt(Struct, frozen=True, kw_only=True, tag="press"):
    """A person kills the desk, by command or by the file, and resumes it *lasts_ms* later."""

    at_ms: int
    lasts_ms: int
    by_file: bool = False


class LevelAt(Struct, frozen=True, kw_only=True, tag="level"):
    """A person sets a level for a while."""

    at_ms: int
    lasts_ms: int
    scope: str
    name: str
    level: str


class PowerAt(Struct, frozen=True, kw_only=True, tag="power"):
    """The host loses its power: only what is on the disk is left."""

    at_ms: int


class FeedAt(Struct, frozen=True, kw_only=True, tag="feed"):
    """The venue's stream of market data is down for a while."""

    at_ms: int
    lasts_ms: int


class OrphanAt(Struct, frozen=True, kw_only=True, tag="orphan"):
    """The supervisor dies: five die with it, the executor may tidy up."""

    at_ms: int


Fault = KillAt | CutAt | StepAt | PressAt | LevelAt | PowerAt | FeedAt | OrphanAt


class Plan(Struct, frozen=True, kw_only=True):
    """One world. *ending* is how it comes to rest: nothing more is wished, or it is killed, or
    everyone but the executor is dead for good, or somebody changes the store behind its back.
    *twice*: every message arrives twice.
    """

    seed: int
    active_ms: int  # faults and orders until then
    rest_ms: int  # to come to rest
    ending: str = "killed"  # still | killed | file | silent | planted
    twice: bool = False
    faults: tuple[Fault, ...] = ()
    venue: VenueFaults = VenueFaults()


def plan_for(seed: int) -> Plan:
    """Return what the world of *seed* goes through."""
    rng = Random(f"plan {seed}")
    faults = [*_kills(rng), *_cuts(rng), *_people(rng), *_host(rng)]
    return Plan(
        seed=seed,
        active_ms=ACTIVE_MS,
        rest_ms=REST_MS,
        ending=_ending(rng, seed),
        twice=seed % RARELY == TWICE,
        faults=tuple(sorted(faults, key=lambda one: one.at_ms)),
        venue=_venue(rng),
    )


def _ending(rng: Random, seed: int) -> str:
    drawn = rng.choice(ENDINGS)
    return {SILENT: "silent", PLANTED: "planted"}.get(seed % RARELY, drawn)


def _when(rng: Random) -> int:
    return rng.randrange(FIRST_MS, ACTIVE_MS)


def _kills(rng: Random) -> list[Fault]:
    kills: list[Fault] = []
    for _ in range(rng.randrange(KILLS_MIN, KILLS_MAX + 1)):
        role, how = rng.choice(HURT), rng.randrange(10)
        kills.append(
            KillAt(
                at_ms=_when(rng),
                role=role,
                steps=rng.randrange(1, 12) if 5 <= how < 8 else 0,
                point=rng.choice(POINT_NAMES) if how < 5 and role == "executor" else "",
                stopped_ms=rng.randrange(100, 3_200) if how == 8 else 0,
                goes_on=rng.randrange(2) == 0,
            )
        )
    return kills


def _cuts(rng: Random) -> list[Fault]:
    if rng.randrange(3) == 0:
        return []
    ways = _ways()
    cuts: list[Fault] = []
    for _ in range(rng.randrange(1, CUTS_MAX + 1)):
        socket, sender, hearer = rng.choice(ways)
        cuts.append(
            CutAt(
                at_ms=_when(rng),
                lasts_ms=rng.choice((100, 500, 2_000, 4_000)),
                socket=socket,
                sender=sender,
                hearer=hearer,
                how=rng.choice(("cut", "cut", "stall", "slow")),
            )
        )
    return cuts


def _people(rng: Random) -> list[Fault]:
    done: list[Fault] = []
    if rng.randrange(5) == 0:
        lasts_ms = rng.randrange(200, 2_500)
        done.append(PressAt(at_ms=_when(rng), lasts_ms=lasts_ms, by_file=rng.randrange(3) == 0))
    if rng.randrange(4) == 0:
        scope, name = rng.choice((("desk", ""), ("strategy", "churn_a"), ("instrument", "ETH_TRY")))
        level = rng.choice(("REDUCE_ONLY", "PAUSED", "HALTED"))
        lasts_ms = rng.randrange(200, 4_000)
        done.append(
            LevelAt(at_ms=_when(rng), lasts_ms=lasts_ms, scope=scope, name=name, level=level)
        )
    return done


def _host(rng: Random) -> list[Fault]:
    done: list[Fault] = []
    if rng.randrange(5) == 0:
        by_ms = rng.choice((-10_000, -900, -120, 120, 900, 10_000))
        done.append(StepAt(at_ms=_when(rng), by_ms=by_ms))
    if rng.randrange(6) == 0:
        done.append(PowerAt(at_ms=_when(rng)))
    if rng.randrange(6) == 0:
        done.append(FeedAt(at_ms=_when(rng), lasts_ms=rng.choice((200, 1_500, 6_000))))
    if rng.randrange(6) == 0:  # longer than the silence after which orders are taken back
        stopped_ms = rng.choice((1_000, 2_500, 5_500))
        done.append(
            KillAt(at_ms=_when(rng), role="supervisor", stopped_ms=stopped_ms, goes_on=True)
        )
    if rng.randrange(12) == 0:
        done.append(OrphanAt(at_ms=_when(rng)))
    return done


def _ways() -> list[tuple[str, str, str]]:
    """Return every one-way connection between two actors: socket, who says, who hears."""
    known = {*topology.ROLES, topology.SUPERVISOR}
    ways = set()
    for edge in topology.EDGES:
        binder = topology.SOCKETS[edge.socket].binder
        is_feed = topology.SOCKETS[edge.socket].pattern is Pattern.FEED
        for hearer in edge.hears if is_feed or edge.back else (binder,):
            if {edge.says, hearer} <= known and edge.says != hearer:
                ways.add((edge.socket, edge.says, hearer))
    return sorted(ways)


def _venue(rng: Random) -> VenueFaults:
    def chance(most: int) -> int:
        return rng.randrange(1, most) if rng.randrange(2) else 0

    return VenueFaults(
        lost_before=chance(12),
        lost_after=chance(20),
        refused=chance(10),
        throttled=chance(4),
        hang=chance(8),
        hang_max_ms=rng.choice((200, 1_000, 6_000)),
        reads_fail=chance(4) if rng.randrange(2) else 0,
        deletes_fail=chance(20),
        hidden_max_ms=rng.choice((0, 200, 550)),
        cancel_slow_max_ms=rng.choice((0, 200, 1_500)),
    )
