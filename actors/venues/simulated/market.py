"""The market's clockwork: every step the price moves, the house quotes anew, takers come.

Resting orders meet it in that order: first what the price went through, then who trades at the
price, then the takers at the fresh quotes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from actors.venues.settings import ExchangeSettings
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.house import House
from actors.venues.simulated.listing import Listing
from actors.venues.simulated.path import Mark, Point, Replay, Walk
from actors.venues.simulated.recording import load
from messages.money import text

ELAPSED_MAX_MS = 1_000  # after a pause the market goes on, it does not catch up
POINTS_MAX = 3  # prices printed in one step


class Market:
    """All instruments' paths and houses, driving one exchange."""

    def __init__(
        self, exchange: Exchange, paths: Mapping[str, Walk | Replay], houses: Mapping[str, House]
    ) -> None:
        self._exchange, self._paths, self._houses = exchange, paths, houses

    def step(self, now_ms: int, elapsed_ms: int) -> None:
        """Let *elapsed_ms* of wall-clock time pass."""
        elapsed = min(max(elapsed_ms, 1), ELAPSED_MAX_MS)
        for instrument, path in self._paths.items():
            self._step(instrument, path, now_ms, elapsed)

    def _step(self, instrument: str, path: Walk | Replay, now_ms: int, elapsed: int) -> None:
        exchange, house = self._exchange, self._houses[instrument]
        for point in thinned(path.advance(elapsed)):
            exchange.move(instrument, point.ticks, now_ms)
            if point.units:
                exchange.trade_at(
                    instrument, point.ticks, buying=point.buying, amount=point.units, now_ms=now_ms
                )
        middle = exchange.market[instrument]
        bids, asks = house.ladder(middle)
        exchange.quote(instrument, bids=bids, asks=asks)
        for taker in house.takers(elapsed, middle):
            exchange.take(instrument, buying=taker.buying, amount=taker.units, now_ms=now_ms)

    def quoted(self, _instrument: str) -> bool:
        """Return whether the instrument has a market now: here all have, at all times."""
        return True

    def news(self) -> None:
        """Nobody is followed."""

    def close(self) -> None:
        """Nothing is open."""

    def marks(self) -> dict[str, Mark]:
        """Return where every path is."""
        return {instrument: path.mark() for instrument, path in self._paths.items()}


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return the points that matter when many prices were reached at once.

    The lowest, the highest and the last stay, in their order: every order that any of them went
    through is met. What traded at the others traded at the last.
    """
    if len(points) <= POINTS_MAX:
        return list(points)
    places = range(len(points))
    lowest = min(places, key=lambda i: points[i].ticks)
    highest = max(places, key=lambda i: points[i].ticks)
    kept = sorted({lowest, highest, places[-1]})
    moved = sum(points[i].units for i in places if i not in kept)
    last = points[-1]
    return [
        *(points[i] for i in kept[:-1]),
        Point(last.ticks, last.units + moved, last.buying),
    ]


def build(settings: ExchangeSettings, exchange: Exchange, marks: Mapping[str, Mark]) -> Market:
    """Return the market that *settings* describe, going on at *marks* where they fit.

    Raises MarketFileError when the market file is not one.
    """
    paths: dict[str, Walk | Replay] = {}
    for instrument, listing in exchange.listed.items():
        path = _path(settings, listing)
        mark = marks.get(instrument)
        if mark is not None and mark.source == path.mark().source:
            path.resume(mark)
        paths[instrument] = path
    houses = {
        name: House(listing, settings.house, Random(f"{settings.seed}:house:{name}"))
        for name, listing in exchange.listed.items()
    }
    market = Market(exchange, paths, houses)
    for name, path in paths.items():
        exchange.market[name] = path.mark().ticks
    return market


def _path(settings: ExchangeSettings, listing: Listing) -> Walk | Replay:
    if settings.market is not None and listing.instrument == settings.instrument:
        file = Path(settings.market)
        recording = load(file, listing, settings.rate)
        return Replay(recording, source=_name(file, settings), speed=settings.speed)
    return Walk(
        Random(f"{settings.seed}:walk:{listing.instrument}"),
        source=f"seed {settings.seed}",
        opening=listing.ticks(listing.opening),
        volatility_bps=settings.house.volatility_bps,
        band_percent=settings.house.band_percent,
    )


def _name(file: Path, settings: ExchangeSettings) -> str:
    """Return a name of the recording that another file or rate does not have."""
    digest = hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()
    return f"{file.name} {digest} at {text(settings.rate)}"
