"""The shapes of the WebSocket's messages: `[type, object]`, decimals as text.

Only 423 has no inner `type`. Numbers of 441 have 10 decimals, of 452 and of trade lists 16.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from actors.venues.simulated import rows
from actors.venues.simulated.book import Book
from actors.venues.simulated.engine import PublicTrade
from actors.venues.simulated.events import Filled, Method
from actors.venues.simulated.history import Order
from actors.venues.simulated.listing import Listing
from actors.venues.simulated.rows import Day
from actors.venues.simulated.tape import Bar
from messages.money import ONE, ZERO, text
from messages.orders import Side

WELCOME = rows.encode([991, {"type": 991, "current": "6.0.0", "min": "2.3.0"}])
BOOK_LEVELS = 100
METHODS = {Method.LIMIT: 0, Method.MARKET: 1, Method.STOP_LIMIT: 2, Method.STOP_MARKET: 3}
CHANGED, ADDED, REMOVED = 0, 1, 3  # what CP says of a level (broker-api-docs #475)
Levels = Mapping[int, int]  # ticks -> units
Frame = bytes


def result(message: str, *, ok: bool = True) -> Frame:
    return rows.encode([100, {"ok": ok, "message": message, "type": 100}])


def login(user: int, refusal: str | None) -> Frame:
    ok = refusal is None
    return rows.encode([114, {"type": 114, "id": user if ok else 0, "ok": ok, "message": refusal}])


def balance_updated(user: int) -> Frame:
    return rows.encode([201, {"type": 201, "userId": user, "payload": "order"}])


def legacy_login(refusal: str) -> Frame:
    """The answer to a login by session token (111), which users of the API do not have."""
    return rows.encode([112, {"type": 112, "id": 0, "ok": False, "message": refusal}])


def system_message(said: str) -> Frame:
    return rows.encode([801, {"type": 801, "id": 0, "ok": False, "message": said}])


def candle(listing: Listing, resolution: str, bar: Bar) -> Frame:
    """The bar that is forming, for a subscriber of `BTCTRY_60`."""
    body = {
        "D": bar.open_s,
        "P": listing.symbol,
        "R": resolution,
        "O": text(listing.price(bar.open)),
        "H": text(listing.price(bar.high)),
        "L": text(listing.price(bar.low)),
        "C": text(listing.price(bar.close)),
        "V": text(listing.quantity(bar.units)),
    }
    tail = {"channel": "tradeview", "event": f"{listing.symbol}_{resolution}", "type": 428}
    return rows.encode([428, body | tail])


def ticker(day: Day) -> Frame:
    body = _ticker(day) | {"channel": "ticker", "event": day.listing.symbol, "type": 402}
    return rows.encode([402, body])


def tickers(days: Sequence[Day]) -> Frame:
    items = [_ticker(day) for day in days]
    return rows.encode([401, {"items": items, "channel": "ticker", "event": "all", "type": 401}])


def _ticker(day: Day) -> rows.Row:
    return {
        "B": text(day.bid),
        "A": text(day.ask),
        "BA": text(day.bid_quantity),
        "AA": text(day.ask_quantity),
        "PS": day.listing.symbol,
        "H": text(day.high),
        "L": text(day.low),
        "LA": text(day.last),
        "O": text(day.open),
        "V": text(day.volume),
        "AV": text(day.average),
        "D": text(day.change),
        "DP": text(day.percent),
        "DS": day.listing.quote,
        "NS": day.listing.base,
        "PId": day.listing.pair_id,
    }


def trade_list(listing: Listing, prints: Sequence[PublicTrade]) -> Frame:
    items = [_trade(one, decimals=16) for one in prints]
    body = {"symbol": listing.symbol, "items": items, "channel": "trade"}
    return rows.encode([421, body | {"event": listing.symbol, "type": 421}])


def trade(one: PublicTrade) -> Frame:
    symbol = one.listing.symbol
    tail = {"PS": symbol, "channel": "trade", "event": symbol, "type": 422}
    return rows.encode([422, _trade(one, decimals=10) | tail])


def _trade(one: PublicTrade, *, decimals: int) -> rows.Row:
    price, quantity = one.listing.price(one.ticks), one.listing.quantity(one.units)
    return {
        "D": str(one.at_ms),
        "I": str(one.tid),
        "A": f"{quantity:.{decimals}f}",
        "P": f"{price:.{decimals}f}",
        "S": 0 if one.buying else 1,
    }


class Depth:
    """What subscribers of one instrument's book were told last, and under which number."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._bids: Levels = {}
        self._asks: Levels = {}
        self._changeset = 0

    def look(self, book: Book, *, jump: int = 0, strange: bool = False) -> Frame | None:
        """Take the book as it is now; return the 432 that tells the difference, None for none.

        Its number rises by *jump* more; *strange*: it removes a price that never was.
        """
        bids, asks = (dict(side) for side in book.depth(BOOK_LEVELS))
        below = self._differences(self._bids, bids)
        above = self._differences(self._asks, asks)
        self._bids, self._asks = bids, asks
        if not below and not above:
            return None
        self._changeset += len(below) + len(above) + jump  # rises, but not by one (#475)
        if strange:
            never = 1 + max((*bids, *asks), default=0) * 2
            above = [*above, *self._differences({never: 1}, {})]
        body = {"CS": self._changeset, "PS": self._listing.symbol, "AO": above, "BO": below}
        return rows.encode([432, body | self._tail("obdiff", 432)])

    def whole(self, channel: str) -> Frame:
        """Return the 431 with all that was looked at last."""
        body = {
            "CS": self._changeset,
            "PS": self._listing.symbol,
            "AO": [self._level(ticks, amount) for ticks, amount in self._asks.items()],
            "BO": [self._level(ticks, amount) for ticks, amount in self._bids.items()],
        }
        return rows.encode([431, body | self._tail(channel, 431)])

    def _tail(self, channel: str, kind: int) -> rows.Row:
        return {"channel": channel, "event": self._listing.symbol, "type": kind}

    def _level(self, ticks: int, amount: int) -> rows.Row:
        price, quantity = self._listing.price(ticks), self._listing.quantity(amount)
        return {"A": text(quantity), "P": text(price)}

    def _differences(self, before: Levels, now: Levels) -> list[rows.Row]:
        gone = [(REMOVED, t, amount) for t, amount in before.items() if t not in now]
        new = [
            (CHANGED if t in before else ADDED, t, amount)
            for t, amount in now.items()
            if before.get(t) != amount
        ]
        return [
            {
                "CP": kind,
                "P": text(self._listing.price(ticks)),
                "A": text(self._listing.quantity(amount)),
            }
            for kind, ticks, amount in gone + new
        ]


def user_trade(one: Order, filled: Filled, listing: Listing) -> Frame:
    return rows.encode([423, rows.fill(one, filled, listing)])


def order_match(one: Order, filled: Filled, listing: Listing, user: int) -> Frame:
    body = {
        "type": 441,
        "id": one.accepted.order_id,
        "user": user,
        "isBid": one.accepted.side is Side.BUY,
        "method": METHODS[one.accepted.method],
        "pair": listing.pair_id,
        "symbol": listing.symbol,
        "amount": f"{filled.quantity:.10f}",
        "price": f"{filled.price:.10f}",
        "clientId": one.accepted.client_order_id,
        "timestamp": str(filled.at_ms),
    }
    return rows.encode([441, body])


def order_insert(one: Order, listing: Listing, user: int) -> Frame:
    asked = one.accepted
    body = _order(one, listing, user, 451)
    shown = {"price": text(asked.price or ZERO), "amount": text(asked.quantity)}
    body |= shown | {"numLeft": text(one.left), "denomLeft": f"{_denominator(one):.16f}"}
    return rows.encode([451, body | {"newOrderClientId": asked.client_order_id}])


def order_update(one: Order, listing: Listing, user: int) -> Frame:
    """An order changed without leaving the book; users of the API are not told at the venue."""
    shown = {"price": text(one.accepted.price or ZERO), "amount": text(one.accepted.quantity)}
    shown |= {"numLeft": text(one.left), "denomLeft": f"{_denominator(one):.16f}"}
    return rows.encode([453, _order(one, listing, user, 453) | shown])


def order_delete(one: Order, listing: Listing, user: int) -> Frame:
    asked = one.accepted
    body = _order(one, listing, user, 452)
    shown = {"price": f"{asked.price or ZERO:.16f}", "amount": f"{one.amount:.16f}"}
    body |= shown | {"numLeft": f"{one.left:.16f}", "denomLeft": f"{_denominator(one):.16f}"}
    return rows.encode([452, body | {"newOrderClientId": asked.client_order_id}])


def _order(one: Order, listing: Listing, user: int, kind: int) -> rows.Row:
    return {
        "type": kind,
        "pairId": listing.pair_id,
        "symbol": listing.symbol,
        "id": one.accepted.order_id,
        "method": METHODS[one.accepted.method],
        "userId": user,
        "orderType": 0 if one.accepted.side is Side.BUY else 1,
    }


def _denominator(one: Order) -> Decimal:
    """Return the quote an order still binds or brings: with the taker's fee, or less it."""
    asked = one.accepted
    gross = ONE + asked.gross_taker if asked.side is Side.BUY else ONE - asked.gross_taker
    return one.left * (asked.price or ZERO) * gross
