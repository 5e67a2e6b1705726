"""The market as a public feed shows it: its books stand here, and its trades meet our orders.

An order of ours that rests trades when the public book reaches its price from the other side or a
public trade goes through it, and first of all at a public trade at its price; never for more than
what stood or traded there. What we take out of a book comes back with the feed's next word about
it: the public market does not know of us. An instrument that the feed is silent about has no market
here: nothing of it stands in the book, so nothing trades, and nobody is shown a price.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Protocol

from msgspec import Struct

from actors.venues.btcturk.stream import Contain
from actors.venues.clock import Clock
from actors.venues.port import BookDepth, Connected, Disconnected, PublicTrade
from actors.venues.settings import MirrorSettings
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.follower import Follower, Heard
from actors.venues.simulated.listing import Listing, units
from actors.venues.simulated.path import Mark
from messages.orders import Side

CONNECTING, CONNECTED = "CONNECTING", "CONNECTED"
NUMBER_MAX = 10**12  # of a price or quantity that is believed, in quote or base
PLACES_MAX = 30
TRADE_DIGITS_MAX = 40  # of a trade's id; BtcTurk's have 18
Ladder = Mapping[int, int]  # ticks -> units


class News(Struct, frozen=True, kw_only=True):
    """How the feed is: *stream* is why it is down, where it is; of the *silent* it said no to those
    *left_out*."""

    stream: str
    quoted: tuple[str, ...]
    silent: tuple[str, ...]
    left_out: tuple[str, ...]


class Feed(Protocol):
    left_out: tuple[str, ...]

    def take(self) -> list[Heard]: ...
    def stop(self) -> None: ...


class Mirror:
    """Drives one exchange by what a public feed says."""

    def __init__(
        self, exchange: Exchange, feed: Feed, clock: Clock, *, silence_max_ms: int
    ) -> None:
        self._exchange, self._feed, self._clock = exchange, feed, clock
        self._silence_max_ms = silence_max_ms
        self._heard_ms: dict[str, int] = {}
        self._last_trade: dict[str, int] = {}
        self._stream = CONNECTING
        self._told: News | None = None

    def step(self, now_ms: int, _elapsed_ms: int) -> None:
        """Do what the feed said since the last time."""
        for heard in self._feed.take():
            match heard.event:
                case BookDepth() as depth:
                    self._heard_ms[depth.instrument] = heard.at_ms
                    self._stand(depth, now_ms)
                case PublicTrade() as trade if not trade.listed and self._is_new(trade):
                    self._trade(trade, now_ms)
                case Connected():
                    self._stream = CONNECTED
                case Disconnected() as lost:
                    self._stream = lost.reason
        for name in self._exchange.listed:
            if not self.quoted(name):
                self._exchange.quote(name, bids={}, asks={})

    def quoted(self, instrument: str) -> bool:
        """Return whether the feed speaks of *instrument*."""
        heard_ms = self._heard_ms.get(instrument)
        return heard_ms is not None and self._clock.mono_ms() - heard_ms <= self._silence_max_ms

    def news(self) -> News | None:
        """Return how the feed is, None when it is as it was told last."""
        names = tuple(self._exchange.listed)
        now = News(
            stream=self._stream,
            quoted=tuple(name for name in names if self.quoted(name)),
            silent=tuple(name for name in names if not self.quoted(name)),
            left_out=self._feed.left_out,
        )
        if now == self._told:
            return None
        self._told = now
        return now

    def marks(self) -> dict[str, Mark]:
        """Nothing is to be remembered: the feed says where the market is."""
        return {}

    def close(self) -> None:
        """Follow the feed no longer."""
        self._feed.stop()

    def _stand(self, depth: BookDepth, now_ms: int) -> None:
        """Let the public book stand here, once our orders met what it offers them."""
        name = depth.instrument
        listing, book = self._exchange.listed[name], self._exchange.books[name]
        bids = ladder(depth.bids, listing, rounding=ROUND_FLOOR)
        asks = ladder(depth.asks, listing, rounding=ROUND_CEILING)
        for ticks, amount in asks.items():
            self._meet(name, ticks, amount, buying=False, now_ms=now_ms)
        for ticks, amount in bids.items():
            self._meet(name, ticks, amount, buying=True, now_ms=now_ms)
        if bids and asks:
            self._exchange.market[name] = (next(iter(bids)) + next(iter(asks))) // 2
        our_bid, our_ask = book.best_orders(buying=True), book.best_orders(buying=False)
        self._exchange.quote(
            name,
            bids={t: n for t, n in bids.items() if our_ask is None or t < our_ask[0]},
            asks={t: n for t, n in asks.items() if our_bid is None or t > our_bid[0]},
        )

    def _trade(self, trade: PublicTrade, now_ms: int) -> None:
        """Let our orders have their part of a public trade; the rest is printed."""
        listing, buying = self._exchange.listed[trade.instrument], trade.side is Side.BUY
        found = counted(trade.price, trade.quantity, listing, rounding=ROUND_FLOOR)
        if found is None:
            return
        ticks, amount = found
        left = self._meet(trade.instrument, ticks, amount, buying=buying, now_ms=now_ms)
        if left > 0:
            self._exchange.trade_at(
                trade.instrument, ticks, buying=buying, amount=left, now_ms=now_ms
            )

    def _meet(self, name: str, ticks: int, amount: int, *, buying: bool, now_ms: int) -> int:
        """Trade up to *amount* of our orders that rest at *ticks* or better; return what is left.

        *buying* says what the public side does: our sells meet it then.
        """
        book = self._exchange.books[name]
        while amount > 0 and (ours := book.best_orders(buying=not buying)) is not None:
            price, there = ours
            if price > ticks if buying else price < ticks:
                break
            part = min(amount, there)
            self._exchange.trade_at(name, price, buying=buying, amount=part, now_ms=now_ms)
            amount -= part
        return amount

    def _is_new(self, trade: PublicTrade) -> bool:
        """Return whether the trade was not told before: a feed may say one twice."""
        said = trade.trade_id
        if not (said.isascii() and said.isdigit() and len(said) <= TRADE_DIGITS_MAX):
            return True
        number = int(said)
        if number <= self._last_trade.get(trade.instrument, -1):
            return False
        self._last_trade[trade.instrument] = number
        return True


def ladder(levels: Iterable[tuple[Decimal, Decimal]], listing: Listing, *, rounding: str) -> Ladder:
    """Return *levels* as ticks -> units, best first; prices between two ticks are never bettered.

    *rounding* is down for bids, up for asks.
    """
    found: dict[int, int] = {}
    for price, quantity in levels:
        level = counted(price, quantity, listing, rounding=rounding)
        if level is not None:
            ticks, amount = level
            found[ticks] = found.get(ticks, 0) + amount
    return found


def counted(
    price: Decimal, quantity: Decimal, listing: Listing, *, rounding: str
) -> tuple[int, int] | None:
    """Return ticks and units, None where there is nothing to count or more than is believed."""
    for one in (price, quantity):
        if not 0 < one < NUMBER_MAX or int(one.as_tuple().exponent) < -PLACES_MAX:
            return None
    ticks = int(price.scaleb(listing.price_places).to_integral_value(rounding))
    amount = units(quantity)
    return (ticks, amount) if ticks > 0 and amount > 0 else None


def build(settings: MirrorSettings, exchange: Exchange, clock: Clock, contain: Contain) -> Mirror:
    """Return the mirror of the feed that *settings* name, listening already."""
    feed = Follower(settings, exchange.listed, clock, contain)
    feed.start()
    return Mirror(exchange, feed, clock, silence_max_ms=settings.silence_max_ms)
