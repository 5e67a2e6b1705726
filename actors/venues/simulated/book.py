"""Who trades with whom: one instrument's book, by price, then by time.

Prices in ticks, quantities in units, both whole numbers. The *house* is the liquidity of the
simulated market: order id 0, at most one entry on a side and price. Money is not known here.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

HOUSE = 0


class Match(Struct, frozen=True):
    """*units* of the resting *order_id* traded at *ticks*; *left* of it still rests."""

    order_id: int
    ticks: int
    units: int
    left: int


class Meter(Protocol):
    """How much a taker still wants."""

    def wanted(self, ticks: int) -> int: ...
    def took(self, ticks: int, units: int) -> None: ...


class QuantityMeter:
    """A taker that wants a quantity."""

    def __init__(self, units: int) -> None:
        self.left = units

    def wanted(self, ticks: int) -> int:
        return self.left

    def took(self, ticks: int, units: int) -> None:
        self.left -= units


class _Entry(Struct):
    order_id: int
    units: int


class _Side:
    """One side of the book: entries by price, oldest first, and the prices in order."""

    def __init__(self, *, buying: bool) -> None:
        self.buying = buying
        self.levels: dict[int, list[_Entry]] = {}
        self.prices: list[int] = []
        self.house: dict[int, _Entry] = {}

    def best(self) -> int | None:
        if not self.prices:
            return None
        return self.prices[-1] if self.buying else self.prices[0]

    def add(self, ticks: int, entry: _Entry) -> None:
        level = self.levels.get(ticks)
        if level is None:
            self.levels[ticks] = [entry]
            insort(self.prices, ticks)
        else:
            level.append(entry)

    def drop(self, ticks: int, entry: _Entry) -> None:
        level = self.levels[ticks]
        level.remove(entry)
        if entry.order_id == HOUSE:
            del self.house[ticks]
        if not level:
            del self.levels[ticks]
            del self.prices[bisect_left(self.prices, ticks)]

    def quote(self, ladder: Mapping[int, int]) -> None:
        """Make the house stand exactly as *ladder* says (ticks to units); a kept price keeps its
        place in the queue."""
        for ticks in [ticks for ticks in self.house if ticks not in ladder]:
            self.drop(ticks, self.house[ticks])
        for ticks, amount in ladder.items():
            entry = self.house.get(ticks)
            if entry is None:
                entry = self.house[ticks] = _Entry(HOUSE, amount)
                self.add(ticks, entry)
            else:
                entry.units = amount

    def depth(self, levels: int) -> list[tuple[int, int]]:
        prices = self.prices[-levels:][::-1] if self.buying else self.prices[:levels]
        return [(ticks, sum(entry.units for entry in self.levels[ticks])) for ticks in prices]


class Book:
    """Both sides of one instrument. Never crossed: what could trade has traded."""

    def __init__(self) -> None:
        self._bids = _Side(buying=True)
        self._asks = _Side(buying=False)
        self._resting: dict[int, tuple[_Side, int, _Entry]] = {}

    @property
    def best_bid(self) -> int | None:
        return self._bids.best()

    @property
    def best_ask(self) -> int | None:
        return self._asks.best()

    def rest(self, order_id: int, *, buying: bool, ticks: int, units: int) -> None:
        """Put the order at the end of the queue of its price."""
        side = self._bids if buying else self._asks
        entry = _Entry(order_id, units)
        side.add(ticks, entry)
        self._resting[order_id] = (side, ticks, entry)

    def withdraw(self, order_id: int) -> None:
        """Take the order out, when it rests here."""
        found = self._resting.pop(order_id, None)
        if found is not None:
            side, ticks, entry = found
            side.drop(ticks, entry)

    def quote(self, *, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        """Make the house stand exactly as said: ticks to units."""
        self._bids.quote(bids)
        self._asks.quote(asks)

    def take(self, meter: Meter, *, buying: bool, limit: int | None) -> list[Match]:
        """Match a taker against the other side up to *limit* ticks; best price, oldest first."""
        side = self._asks if buying else self._bids
        matches: list[Match] = []
        while (ticks := side.best()) is not None:
            if limit is not None and (ticks > limit if buying else ticks < limit):
                break
            entry = side.levels[ticks][0]
            amount = min(entry.units, meter.wanted(ticks))
            if amount <= 0:
                break
            meter.took(ticks, amount)
            matches.append(self._trade(side, ticks, entry, amount))
            if matches[-1].left:
                break  # it had all it wanted; what rounding left of a budget buys nothing
        return matches

    def through(self, ticks: int) -> list[tuple[bool, Match]]:
        """Trade away every order that a market price of *ticks* went through; (buying, match).

        A buy above the price and a sell below it fill whole, at their own price. The house steps
        out of the way: it quotes anew around the price.
        """
        gone: list[tuple[bool, Match]] = []
        for side in (self._bids, self._asks):
            while (best := side.best()) is not None:
                if not (best > ticks if side.buying else best < ticks):
                    break
                for entry in list(side.levels[best]):
                    if entry.order_id == HOUSE:
                        side.drop(best, entry)
                    else:
                        gone.append((side.buying, self._trade(side, best, entry, entry.units)))
        return gone

    def at(self, ticks: int, meter: Meter, *, buying: bool) -> list[Match]:
        """Match a taker with the orders, not the house, that rest at exactly *ticks*."""
        side = self._asks if buying else self._bids
        matches: list[Match] = []
        for entry in list(side.levels.get(ticks, ())):
            amount = 0 if entry.order_id == HOUSE else min(entry.units, meter.wanted(ticks))
            if amount > 0:
                meter.took(ticks, amount)
                matches.append(self._trade(side, ticks, entry, amount))
        return matches

    def best_orders(self, *, buying: bool) -> tuple[int, int] | None:
        """Return (ticks, units) of the best price where orders, not the house, rest on a side."""
        side = self._bids if buying else self._asks
        resting = [(ticks, one.units) for at, ticks, one in self._resting.values() if at is side]
        if not resting:
            return None
        prices = [ticks for ticks, _ in resting]
        best = max(prices) if buying else min(prices)
        return best, sum(amount for ticks, amount in resting if ticks == best)

    def fills(self, meter: Meter, *, buying: bool, limit: int) -> bool:
        """Return whether a taker with *meter* would get all it wants up to *limit*; nothing trades,
        but the meter is used up."""
        side = self._asks if buying else self._bids
        ticks = limit
        for ticks in side.prices if buying else reversed(side.prices):
            if ticks > limit if buying else ticks < limit:
                break
            for entry in side.levels[ticks]:
                amount = min(entry.units, meter.wanted(ticks))
                if amount < entry.units:
                    return True
                meter.took(ticks, amount)
        return meter.wanted(ticks) <= 0

    def hit(self, order_id: int, amount: int) -> Match | None:
        """Trade *amount* units of one resting order, at its price; None when it does not rest."""
        found = self._resting.get(order_id)
        if found is None:
            return None
        side, ticks, entry = found
        return self._trade(side, ticks, entry, min(amount, entry.units))

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return bids and asks as (ticks, units), best first."""
        return self._bids.depth(levels), self._asks.depth(levels)

    def _trade(self, side: _Side, ticks: int, entry: _Entry, amount: int) -> Match:
        entry.units -= amount
        if entry.units == 0:
            side.drop(ticks, entry)
            self._resting.pop(entry.order_id, None)
        return Match(entry.order_id, ticks, amount, entry.units)
