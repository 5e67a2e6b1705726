"""Does a decision cost more when there is more history? It must not.

What the executor asks of the store for one order is measured on a young store and again on the same
one with many fills in it: is the intent new, then the commit; and what a start loads.
"""

import tempfile
from pathlib import Path

from msgspec import Struct

from actors.runtime.clock import SystemClock
from scripts.bench.commits import GROUP, IDENTITY
from scripts.bench.entries import Ledger
from scripts.bench.figures import MS, US, Figure, Section, quantile
from store.writer import Writer

RATIO_MAX = 1.2
DECISIONS = 400
LOADS = 5
FILLS, FILLS_QUICK, FILLS_MILLION = 100_000, 2_000, 1_000_000
WARM = 200  # decisions before the first measured one


class Cost(Struct, frozen=True):
    """The median decision in µs and the median load in ms."""

    decision_us: float
    load_ms: float


def measure(directory: Path, *, quick: bool) -> Section:
    """Return the cost of a decision with next to nothing and with many fills in the store."""
    return _measure(directory, FILLS_QUICK if quick else FILLS)


def million(directory: Path, *, quick: bool) -> Section:
    """The same after years of trading; *quick* after a tenth of them."""
    return _measure(directory, FILLS_MILLION // 10 if quick else FILLS_MILLION)


def _measure(directory: Path, fills: int) -> Section:
    with (
        tempfile.TemporaryDirectory(prefix="growth-", dir=directory) as name,
        Writer.open(Path(name), IDENTITY, SystemClock()) as writer,
    ):
        ledger = Ledger(writer.lineage)
        _decide(writer, ledger, WARM)
        young = _cost(writer, ledger)
        grow(writer, ledger, fills)
        old = _cost(writer, ledger)
    return Section(
        title="growth",
        figures=(
            Figure(
                what=f"store work of a decision, p50, {fills:,} fills",
                value=old.decision_us,
                unit=US,
                floor=young.decision_us,
                floor_is="the same, young store",
                goal=RATIO_MAX,
                goal_of="ratio",
                samples=DECISIONS,
            ),
            Figure(
                what=f"what a start loads, p50, {fills:,} fills",
                value=old.load_ms,
                unit=MS,
                floor=young.load_ms,
                floor_is="the same, young store",
                goal=RATIO_MAX,
                goal_of="ratio",
                samples=LOADS,
            ),
        ),
    )


def grow(writer: Writer, ledger: Ledger, fills: int) -> None:
    """Put *fills* orders, each with the fill that ended it, into the store."""
    for _ in range(0, fills, GROUP):
        writer.append(list(ledger.pairs(GROUP)))
        writer.checkpoint()


def _cost(writer: Writer, ledger: Ledger) -> Cost:
    writer.checkpoint()
    decisions = _decide(writer, ledger, DECISIONS)
    clock = SystemClock()
    loads = []
    for _ in range(LOADS):
        began = clock.mono_ns()
        writer.load()
        loads.append((clock.mono_ns() - began) / 1e6)
    return Cost(quantile(decisions, 0.5), quantile(loads, 0.5))


def _decide(writer: Writer, ledger: Ledger, count: int) -> list[float]:
    """Return what each of *count* decisions cost the store, in µs; its fill is not counted."""
    clock = SystemClock()
    taken = []
    for _ in range(count):
        entry = ledger.accepted()
        began = clock.mono_ns()
        writer.intents([entry.cause["intent_id"]])
        writer.append([entry])
        taken.append((clock.mono_ns() - began) / 1e3)
        writer.append([ledger.filled()])
    return taken
