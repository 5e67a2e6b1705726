"""From a seed to what goes wrong. Each seed has some kinds of faults and is spared others."""

from random import Random

from actors import topology
from actors.topology import Pattern
from tests.simulation.venue import VenueFaults
from tests.simulation.world import CutAt, KillAt, Plan

ACTIVE_MS = 14_000
REST_MS = 25_000
KILLS_MIN, KILLS_MAX = 8, 14
CUTS_MAX = 6
HURT = ("executor",) * 5 + ("persistence", "allocator", "risk_gate", "strategy", "market_data")


def plan_for(seed: int) -> Plan:
    """Return what the world of *seed* goes through."""
    rng = Random(f"plan {seed}")
    return Plan(
        seed=seed,
        active_ms=ACTIVE_MS,
        rest_ms=REST_MS,
        kills=_kills(rng),
        cuts=_cuts(rng),
        venue=_venue(rng),
    )


def _kills(rng: Random) -> tuple[KillAt, ...]:
    count = rng.randrange(KILLS_MIN, KILLS_MAX + 1)
    kills = []
    for at_ms in sorted(rng.randrange(1_000, ACTIVE_MS) for _ in range(count)):
        how = rng.randrange(10)
        kills.append(
            KillAt(
                at_ms=at_ms,
                role=rng.choice(HURT),
                steps=rng.randrange(1, 12) if how < 7 else 0,
                stopped_ms=rng.randrange(100, 3_200) if how == 7 else 0,
            )
        )
    return tuple(kills)


def _cuts(rng: Random) -> tuple[CutAt, ...]:
    if rng.randrange(3) == 0:
        return ()
    ways = _ways()
    cuts = []
    for _ in range(rng.randrange(1, CUTS_MAX + 1)):
        socket, sender, hearer = rng.choice(ways)
        cuts.append(
            CutAt(
                at_ms=rng.randrange(1_000, ACTIVE_MS),
                lasts_ms=rng.choice((100, 500, 2_000, 4_000)),
                socket=socket,
                sender=sender,
                hearer=hearer,
                how=rng.choice(("cut", "cut", "stall", "slow")),
            )
        )
    return tuple(sorted(cuts, key=lambda cut: cut.at_ms))


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
        lost_before=chance(15),
        lost_after=chance(25),
        refused=chance(10),
        throttled=chance(6),
        hang=chance(8),
        hang_max_ms=rng.choice((200, 1_000, 4_000)),
        reads_fail=chance(15),
        hidden_max_ms=rng.choice((0, 200, 900)),
        cancel_slow_max_ms=rng.choice((0, 200, 1_500)),
    )
