"""A whole desk at full rate before the venue's enforced limits: how many calls, how many refused?

The exchange counts as the venue does (docs/exchange.md) and blocks who comes too often; each answer
passes a relay that counts it by its status. Nothing is harmed.
"""

import tempfile
from pathlib import Path

from msgspec import Struct

from scripts.bench.figures import Figure, Section
from scripts.chaos.desks import REST, STREAM, Desk
from scripts.chaos.run import orders_taken
from scripts.chaos.troubles import CONNECTS_MAX, most_within_a_minute
from scripts.pace import Pace

TEN_MINUTES_S, QUICK_S = 600, 60
CALLS = "calls"


class Counted(Struct, frozen=True, kw_only=True):
    """What a desk asked for in *seconds*: answers by HTTP status, both streams' connects."""

    seconds: int
    answers: dict[str, int]
    connects_a_minute: int
    refused_connects: int
    orders: int

    @property
    def throttled(self) -> int:
        """How often the venue said that it was too much, streams included."""
        return self.answers.get("429", 0) + self.refused_connects


def measure(directory: Path, *, quick: bool) -> Section:
    """Return what ten minutes come to."""
    with tempfile.TemporaryDirectory(prefix="desk-", dir=directory) as name:
        found = count(Path(name), seconds=QUICK_S if quick else TEN_MINUTES_S)
    return _section(found)


def count(run_dir: Path, *, seconds: int) -> Counted:
    """Let a desk trade in *run_dir* for so long and count. Raises RuntimeError: none began."""
    desk = Desk(run_dir, seed=1)
    try:
        desk.start()
        desk.wait_ready()
        Pace(0).rest(seconds)
        desk.stop()
    finally:
        desk.close()
    rest, stream = desk.relays.links[REST], desk.relays.links[STREAM]
    return Counted(
        seconds=seconds,
        answers=dict(rest.answers),
        connects_a_minute=most_within_a_minute(stream.came_ms),
        refused_connects=stream.answers["429"],
        orders=orders_taken(run_dir),
    )


def _section(found: Counted) -> Section:
    figures = (
        Figure(what="refused with 429", value=found.throttled, unit=CALLS, goal=0),
        Figure(
            what="connects of the streams in any minute",
            value=found.connects_a_minute,
            unit="connects",
            goal=CONNECTS_MAX,
        ),
        Figure(
            what="REST calls a minute",
            value=sum(found.answers.values()) * 60 / found.seconds,
            unit=CALLS,
            samples=sum(found.answers.values()),
        ),
        Figure(
            what="orders a minute",
            value=found.orders * 60 / found.seconds,
            unit="orders",
            samples=found.orders,
        ),
    )
    told = ", ".join(f"{status} {count}" for status, count in sorted(found.answers.items()))
    return Section(
        title="the venue's limits", figures=figures, notes=(f"{found.seconds} s; answers: {told}",)
    )
