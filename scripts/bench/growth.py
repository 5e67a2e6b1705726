"""Does a decision cost more when there is more history? It must not.

What the executor asks of the store is measured on a young store and, in turn with it, on one with
many fills: of an order whether its intent is new, and the commit; of a fill the same; of a page of
fills which are booked; and what a start loads.
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
LOADS, PAGES = 5, 50
PAGE = 200  # fills in one answer of the venue
GROWTH = 500  # pairs in one commit while it grows
FILLS, FILLS_QUICK, FILLS_MILLION = 100_000, 2_000, 1_000_000
WARM = 200  # decisions before the first measured one


class Cost(Struct, frozen=True, kw_only=True):
    """Medians: of a decision, a fill and a page in µs, of a load in ms."""

    decision_us: float
    fill_us: float
    page_us: float
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
        figures=tuple(
            Figure(
                what=f"{what}, p50, {fills:,} fills",
                value=value,
                unit=unit,
                floor=floor,
                floor_is="the same, young store",
                goal=RATIO_MAX,
                goal_of="ratio",
                samples=samples,
            )
            for what, value, floor, unit, samples in (
                ("store work of a decision", old.decision_us, young.decision_us, US, DECISIONS),
                ("store work of a fill", old.fill_us, young.fill_us, US, DECISIONS),
                (f"which of {PAGE} fills are booked", old.page_us, young.page_us, US, PAGES),
                ("what a start loads", old.load_ms, young.load_ms, MS, LOADS),
            )
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

    def decide(self) -> tuple[float, float]:
        """Return what one decision costs the store, and what its fill does, in µs."""
        order, fill = self.ledger.accepted(), self.ledger.filled()
        began = self._clock.mono_ns()
        self.writer.intents([order.cause["intent_id"]])
        self.writer.append([order])
        between = self._clock.mono_ns()
        self.writer.known_fills([fill.cause["trade_id"]])
        self.writer.append([fill])
        return (between - began) / 1e3, (self._clock.mono_ns() - between) / 1e3

    def page(self) -> float:
        """Return what one page of fills costs that are booked, the newest ones, in µs."""
        newest = self.ledger.newest_trades(PAGE)
        began = self._clock.mono_ns()
        self.writer.known_fills(newest)
        return (self._clock.mono_ns() - began) / 1e3

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
    taken = [[store.decide() for store in stores] for _ in range(DECISIONS)]
    pages = [[store.page() for store in stores] for _ in range(PAGES)]
    loads = [[store.load() for store in stores] for _ in range(LOADS)]
    return [
        Cost(
            decision_us=quantile([both[at][0] for both in taken], 0.5),
            fill_us=quantile([both[at][1] for both in taken], 0.5),
            page_us=quantile([both[at] for both in pages], 0.5),
            load_ms=quantile([both[at] for both in loads], 0.5),
        )
        for at in range(len(stores))
    ]
