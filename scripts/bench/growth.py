"""Does a decision cost more when there is more history? It must not.

What the executor asks of the store for one order is measured on a young store and, in turn with it,
on one with many fills: is the intent new, then the commit; and what a start loads.
"""

import tempfile
from pathlib import Path

from msgspec import Struct

from actors.runtime.clock import SystemClock
from scripts.bench.commits import IDENTITY
from scripts.bench.entries import Ledger
from scripts.bench.figures import MS, US, Figure, Section, quantile
from store.writer import Writer

RATIO_MAX = 1.2
DECISIONS = 400
LOADS = 5
GROWTH = 500  # pairs in one commit while it grows
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
        Writer.open(Path(name) / "young", IDENTITY, SystemClock()) as young_writer,
        Writer.open(Path(name) / "old", IDENTITY, SystemClock()) as old_writer,
    ):
        young_store, old_store = _Store(young_writer), _Store(old_writer)
        grow(old_writer, old_store.ledger, fills)
        young, old = _costs(young_store, old_store)
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
    for _ in range(0, fills, GROWTH):
        writer.append(list(ledger.pairs(GROWTH)))
        writer.checkpoint()


class _Store:
    """One store, what is put into it, and what that cost."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.ledger = writer, Ledger(writer.lineage)
        self._clock = SystemClock()

    def decide(self) -> float:
        """Return what one decision costs the store, in µs; its fill is not counted."""
        entry = self.ledger.accepted()
        began = self._clock.mono_ns()
        self.writer.intents([entry.cause["intent_id"]])
        self.writer.append([entry])
        taken = (self._clock.mono_ns() - began) / 1e3
        self.writer.append([self.ledger.filled()])
        return taken

    def load(self) -> float:
        """Return what a start loads, in ms."""
        began = self._clock.mono_ns()
        self.writer.load()
        return (self._clock.mono_ns() - began) / 1e6


def _costs(*stores: _Store) -> list[Cost]:
    """Return the cost in each store, taken in turn: what else the machine does slows them alike."""
    for store in stores:
        for _ in range(WARM):
            store.decide()
        store.writer.checkpoint()
    decisions = [[store.decide() for store in stores] for _ in range(DECISIONS)]
    loads = [[store.load() for store in stores] for _ in range(LOADS)]
    return [
        Cost(quantile(list(decided), 0.5), quantile(list(loaded), 0.5))
        for decided, loaded in zip(
            zip(*decisions, strict=True), zip(*loads, strict=True), strict=True
        )
    ]
