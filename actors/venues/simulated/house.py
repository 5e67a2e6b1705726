"""The market around our orders: what the house quotes, and who comes to trade.

Levels stand on a grid of prices, so that a quote keeps its place while the price moves a little;
deeper levels are larger. Takers come at random, some of them large enough to clear several levels.
"""

from collections.abc import Mapping
from random import Random

from msgspec import Struct

from actors.venues.settings import HouseSettings
from actors.venues.simulated.listing import UNIT_PLACES, Listing

BPS_OF_ONE = 10_000
GRID_DRIFT_MAX = 10  # percent the price may move before the grid is laid anew
DEEPER = 3  # the level this far behind the best is twice its size
SWEEP_LEVELS = (2, 16)  # a sweep clears so many levels


class Taker(Struct, frozen=True):
    """Somebody who trades *units* at the market."""

    buying: bool
    units: int


class House:
    """One instrument's liquidity."""

    def __init__(self, listing: Listing, settings: HouseSettings, random: Random) -> None:
        self._listing, self._settings, self._random = listing, settings, random
        self._sizes: dict[int, int] = {}
        self._grid_at = 0
        self._gap = 1

    def ladder(self, middle: int) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Return bids and asks (ticks to units) around *middle* ticks: bids below, asks above."""
        self._lay_grid(middle)
        away = max(1, middle * self._settings.half_spread_bps // BPS_OF_ONE)
        first_bid = (middle - away) // self._gap * self._gap
        first_ask = -(-(middle + away) // self._gap) * self._gap
        old, sizes = self._sizes, {}
        again = self._random.randrange(self._settings.levels)
        sides: list[dict[int, int]] = []
        for first, way in ((first_bid, -1), (first_ask, 1)):
            side: dict[int, int] = {}
            for level in range(self._settings.levels):
                ticks = first + way * level * self._gap
                if ticks <= 0:
                    break
                known = None if level == again else old.get(ticks)
                side[ticks] = sizes[ticks] = known or self._size(level, ticks)
            sides.append(side)
        self._sizes = sizes
        return sides[0], sides[1]

    def takers(self, elapsed_ms: int, middle: int) -> list[Taker]:
        """Return who came in *elapsed_ms*."""
        expected = self._settings.trades_per_s * elapsed_ms
        count = expected // 1000 + (self._random.randrange(1000) < expected % 1000)
        return [self._taker(middle) for _ in range(count)]

    def _taker(self, middle: int) -> Taker:
        buying = self._random.random() < 0.5
        if self._random.randrange(100) < self._settings.sweep_percent:
            levels = self._random.randint(*SWEEP_LEVELS)
            behind = [level for level in self._sizes.items() if (level[0] > middle) is buying]
            nearest = sorted(behind, key=lambda level: abs(level[0] - middle))[:levels]
            return Taker(buying, sum(size for _, size in nearest))
        worth = self._random.expovariate(1 / self._settings.trade_notional_try)
        return Taker(buying, max(self._listing.step_units, self._units(worth, middle)))

    def _size(self, level: int, ticks: int) -> int:
        worth = self._settings.level_notional_try * (1 + level / DEEPER)
        worth *= self._random.uniform(0.5, 1.5)
        return max(self._listing.step_units, self._units(worth, ticks))

    def _units(self, worth: float, ticks: int) -> int:
        """Return what *worth* of quote is in base at *ticks*, on the quantity step."""
        per_tick = int(10 ** (UNIT_PLACES + self._listing.price_places))
        amount = int(worth) * per_tick // ticks
        return amount - amount % self._listing.step_units

    def _lay_grid(self, middle: int) -> None:
        if abs(middle - self._grid_at) * 100 > GRID_DRIFT_MAX * self._grid_at:
            self._grid_at = middle
            self._gap = max(1, middle * self._settings.level_gap_bps // BPS_OF_ONE)
