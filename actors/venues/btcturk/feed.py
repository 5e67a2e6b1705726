"""What the WebSocket's frames mean: text in, stream events out. The only state is the books.

Every frame is `[type, object]`; unknown types are ignored. A book is made of a 431 and the 432
after it: a change names the new total at a price, a removal may name a price that is not there.
The numbers of the frames do not prove that none is missing, so a full book is taken again and again
(broker-api-docs #420, #475).
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from heapq import nlargest, nsmallest

import msgspec
from msgspec.structs import replace

from actors.venues.btcturk import candles, outcome
from actors.venues.btcturk.amounts import is_whole
from actors.venues.btcturk.books import Book
from actors.venues.btcturk.reader import Reader
from actors.venues.btcturk.symbols import Symbols, SymbolUnreadable
from actors.venues.btcturk.watch import Topic
from actors.venues.port import (
    BookDepth,
    BookTop,
    FormingCandle,
    OrderWoken,
    StreamEvent,
    UnreadableFrame,
    VenueUnreadable,
)
from messages.money import ZERO

RAW_KEPT_MAX = 512
REMOVED = 3
WAKING = frozenset({441, 451, 452, 453})
PRICES_KEPT_MAX = 20_000
BOOKS_KEPT_MAX = TOPICS_KEPT_MAX = 1_000  # the venue lists some hundred pairs
Body = dict[str, object]
_Level = tuple[Decimal, Decimal]  # price, quantity
_First = Callable[[int, Iterable[Decimal]], list[Decimal]]


class Feed:
    """Reads the frames of one connection. What it learns of the connection stands in fields.

    *confirmed* are the topics the venue said yes to, *refused* is its no to one of them; *login* is
    None until the answer came, then empty or the refusal. *touched* is the topic of the last
    frame, if it had one. With *levels* a book is told with so many of each side, not its top.
    """

    def __init__(self, symbols: Symbols, *, levels: int = 0) -> None:
        self._reader = Reader(symbols)
        self._levels_told = levels
        self._books: dict[str, Book] = {}
        self._prices: dict[str, Decimal] = {}
        self.confirmed: set[Topic] = set()
        self.refused: str | None = None
        self.login: str | None = None
        self.touched: Topic | None = None
        self._readers: dict[int, Callable[[Body], Iterable[StreamEvent]]] = {
            **dict.fromkeys(WAKING, self._woken),
            100: self._result,
            114: self._logged_in,
            401: self._ticker_all,
            402: self._ticker_pair,
            421: self._trades,
            422: self._trade,
            423: self._fill,
            428: self._candle,
            431: self._whole_book,
            432: self._book_difference,
        }

    def read(self, frame: str | bytes) -> list[StreamEvent]:
        """Return what *frame* says; one that cannot be read is an event as well."""
        self.touched = None
        raw = frame.encode() if isinstance(frame, str) else frame
        try:
            message = outcome.decode(raw)
            if not isinstance(message, list) or len(message) != 2:
                raise VenueUnreadable("a frame is not [type, object]")
            kind, body = message
            if not isinstance(kind, int) or not isinstance(body, dict):
                raise VenueUnreadable("a frame is not [type, object]")
            return list(self._events(kind, body))
        except (ValueError, VenueUnreadable, SymbolUnreadable) as why:
            return [UnreadableFrame(reason=str(why)[:200], raw=raw[:RAW_KEPT_MAX])]

    def _events(self, kind: int, body: Body) -> Iterable[StreamEvent]:
        read = self._readers.get(kind)
        return () if read is None else read(body)

    def _trade(self, body: Body) -> Iterable[StreamEvent]:
        found = self._reader.trade(self._ours(body.get("PS")), body)
        self.touched = ("trade", str(body["PS"]))
        return [found]

    def _fill(self, body: Body) -> Iterable[StreamEvent]:
        return [self._reader.fill(body)]

    def _ticker_pair(self, body: Body) -> Iterable[StreamEvent]:
        found = self._ticker(body)
        self.touched = ("ticker", str(body["PS"]))
        return [found]

    def _ticker_all(self, body: Body) -> Iterable[StreamEvent]:
        """Return the tickers of our own instruments: a fault in another's is none of ours."""
        found = [self._ticker(item) for item in _objects(body.get("items")) if self._is_ours(item)]
        self.touched = ("ticker", "all")
        return found

    def _candle(self, body: Body) -> Iterable[StreamEvent]:
        instrument, resolution = self._ours(body.get("P")), str(body.get("R"))
        found = candles.forming(body, self._reader.number)
        self.touched = ("tradeview", f"{body['P']}_{resolution}")
        return [FormingCandle(instrument=instrument, resolution=resolution, candle=found)]

    def _logged_in(self, body: Body) -> Iterable[StreamEvent]:
        self.login = "" if body.get("ok") is True else str(body.get("message") or "refused")
        return ()

    def _result(self, body: Body) -> Iterable[StreamEvent]:
        said = str(body.get("message") or "")
        channel, _, symbol = said.partition("|")[2].partition(":")
        if body.get("ok") is True:
            if len(self.confirmed) < TOPICS_KEPT_MAX:
                self.confirmed.add((channel, symbol))
        else:
            self.refused = said or "refused"
        return ()

    def _woken(self, body: Body) -> Iterable[StreamEvent]:
        name = body.get("clientId") or body.get("newOrderClientId") or ""
        order_id = body.get("id")
        yield OrderWoken(
            instrument=self._ours(body.get("symbol")),
            client_order_id=str(name),
            venue_order_id=order_id if is_whole(order_id) else None,
        )

    def _trades(self, body: Body) -> Iterable[StreamEvent]:
        """Yield the trades of a list, oldest first; the same trade may come again as a 422."""
        instrument, items = self._ours(body.get("symbol")), body.get("items")
        for item in reversed(items if isinstance(items, list) else []):
            yield replace(self._reader.trade(instrument, item), listed=True)
        self.touched = ("trade", str(body["symbol"]))

    def _ticker(self, item: Body) -> BookTop:
        bid, ask = self._reader.number(item.get("B")), self._reader.number(item.get("A"))
        return BookTop(
            instrument=self._ours(item.get("PS")),
            bid=bid or None,
            bid_quantity=self._reader.number(item["BA"]) if "BA" in item and bid else None,
            ask=ask or None,
            ask_quantity=self._reader.number(item["AA"]) if "AA" in item and ask else None,
            stamp_ms=None,
            channel="ticker",
        )

    def forget(self, symbol: str) -> None:
        """Drop the book of *symbol*: the channel is left, what comes next follows on no more."""
        self._books.pop(symbol, None)

    def _whole_book(self, body: Body) -> Iterable[StreamEvent]:
        symbol = str(body.get("PS"))
        instrument = self._ours(symbol)
        self._books.pop(symbol, None)  # what cannot be read as a whole leaves no book behind
        book = Book(bids=self._levels(body.get("BO")), asks=self._levels(body.get("AO")))
        if len(self._books) >= BOOKS_KEPT_MAX:
            raise VenueUnreadable(f"more than {BOOKS_KEPT_MAX} books")
        self._books[symbol] = book
        return [self._book_top(symbol, instrument, book, body)]

    def _book_difference(self, body: Body) -> Iterable[StreamEvent]:
        symbol = str(body.get("PS"))
        book = self._books.get(symbol)
        if book is None:
            return ()  # no full book yet: a difference alone says nothing
        del self._books[symbol]  # half a difference leaves no book behind
        for side, rows in ((book.bids, body.get("BO")), (book.asks, body.get("AO"))):
            for row in _objects(rows):
                price = self._price(row.get("P"))
                if row.get("CP") == REMOVED:
                    side.drop(price)
                else:
                    side.put(price, row.get("A"))
        top = self._book_top(symbol, self._ours(symbol), book, body)
        self._books[symbol] = book
        return [top]

    def _book_top(
        self, symbol: str, instrument: str, book: Book, body: Body
    ) -> BookTop | BookDepth:
        self.touched = (str(body.get("channel")), symbol)
        if self._levels_told:
            return BookDepth(
                instrument=instrument,
                bids=self._best(book.bids.levels, nlargest),
                asks=self._best(book.asks.levels, nsmallest),
            )
        bid, ask = book.bids.best(), book.asks.best()
        bids, asks = book.bids.levels, book.asks.levels
        return BookTop(
            instrument=instrument,
            bid=bid,
            bid_quantity=None if bid is None else self._reader.number(bids[bid]),
            ask=ask,
            ask_quantity=None if ask is None else self._reader.number(asks[ask]),
            stamp_ms=None,
        )

    def _best(self, side: Mapping[Decimal, object], first: _First) -> tuple[_Level, ...]:
        prices = first(self._levels_told, side)
        return tuple((price, self._reader.number(side[price])) for price in prices)

    def _levels(self, rows: object) -> dict[Decimal, object]:
        return {self._price(row.get("P")): row.get("A") for row in _objects(rows)}

    def _price(self, raw: object) -> Decimal:
        """Return a price; the same texts come again and again."""
        known = self._prices.get(raw) if isinstance(raw, str) else None
        if known is not None:
            return known
        price = self._reader.number(raw)
        if price <= ZERO:
            raise VenueUnreadable("a price is not positive")
        if isinstance(raw, str):
            if len(self._prices) >= PRICES_KEPT_MAX:
                self._prices.clear()
            self._prices[raw] = price
        return price

    def _is_ours(self, item: Body) -> bool:
        symbol = item.get("PS")
        return isinstance(symbol, str) and self._reader.symbols.lists(symbol)

    def _ours(self, symbol: object) -> str:
        if not isinstance(symbol, str):
            raise VenueUnreadable("a symbol is no text")
        return self._reader.symbols.ours(symbol)


def _objects(rows: object) -> list[Body]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise VenueUnreadable("no list of objects, where one was expected")
    return rows


def subscription(channel: str, symbol: str, *, join: bool) -> bytes:
    """Return the frame that joins or leaves a channel."""
    body = {"type": 151, "channel": channel, "event": symbol, "join": join}
    return msgspec.json.encode([151, body])


def login(public_key: str, signature: str, *, nonce: int, now_ms: int) -> bytes:
    """Return the frame that logs in. The nonce is signed, the time is not (BtcTurk docs)."""
    body = {
        "type": 114,
        "publicKey": public_key,
        "timestamp": now_ms,
        "nonce": nonce,
        "signature": signature,
    }
    return msgspec.json.encode([114, body])
