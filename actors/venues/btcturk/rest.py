"""BtcTurk's REST API as the desk calls it: the clients of `port.py`, synchronous, one a thread.

A read raises one of three: nothing was learned, the answer is unreadable, the venue said no. A
submit never raises for what venue or network did; `outcome.py` says what its answer means.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from actors.venues.btcturk import candles, outcome
from actors.venues.btcturk import instruments as rule_table
from actors.venues.btcturk.amounts import AmountUnreadable, is_whole, wire
from actors.venues.btcturk.http import Answer, Client, TransportFailed
from actors.venues.btcturk.reader import Reader
from actors.venues.btcturk.sign import Credentials, headers
from actors.venues.btcturk.symbols import Symbols
from actors.venues.clock import Clock
from actors.venues.port import (
    FILLS_PER_ANSWER_MAX,
    BookTop,
    Candle,
    HttpCall,
    NewOrder,
    NotSent,
    Outcome,
    RejectKind,
    TransferKind,
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenueRefused,
    VenueTransfer,
    VenueUnavailable,
    VenueUnreadable,
)
from actors.venues.settings import VenueSettings
from messages.ids import CLIENT_ORDER_ID_MAX
from messages.instrument import Instrument

BOOK_LEVELS = 25
MINUTE_MS = 60_000
CANDLES_PER_ANSWER = 480  # minutes asked at once; no source says how many the venue gives
ORDERS_PER_PAGE = 100
ORDER_PATH = "/api/v1/order"
UNAVAILABLE_STATUS = frozenset({403, 408})


class _Caller:
    """Reads through one client: every way a read can fail, in one place."""

    def __init__(self, settings: VenueSettings, clock: Clock, symbols: Symbols) -> None:
        self.settings, self.clock = settings, clock
        self.client = Client(settings.base_url, settings, clock)
        self.reader = Reader(symbols)

    def read(self, method: str, path: str, signed: dict[str, str] | None = None) -> object:
        """Return the JSON of a successful answer, unwrapped by nobody."""
        answer = self.attempt(method, path, signed)
        refused = self._refusal(answer)
        if refused is not None:
            raise refused
        return _decoded(answer)

    def data(self, method: str, path: str, signed: dict[str, str] | None = None) -> object:
        """Return `data` of the venue's envelope, after every failure it can state."""
        whole = self.read(method, path, signed)
        if not isinstance(whole, dict):
            raise VenueUnreadable("the answer is no envelope", str(whole).encode())
        if outcome.says_no(whole):
            message = outcome.message_of(whole)
            if message.upper() in outcome.THROTTLED:
                raise VenueUnavailable(message, outcome.RETRY_AFTER_DEFAULT_MS)
            raise VenueRefused(message or "NO_REASON")
        return whole.get("data")

    def attempt(
        self, method: str, path: str, signed: dict[str, str] | None, content: bytes | None = None
    ) -> Answer:
        """Return the answer as it came. Raises VenueUnavailable when none did."""
        try:
            return self.client.call(method, path, headers=signed, content=content)
        except TransportFailed as why:
            raise VenueUnavailable(why.name) from None

    def _refusal(self, answer: Answer) -> Exception | None:
        status = answer.status
        if 200 <= status < 300:
            return None
        try:
            found = outcome.decode(answer.body)
        except ValueError:
            found = None
        message = outcome.message_of(found if isinstance(found, dict) else None)
        said = message or f"HTTP {status}"
        if status == 401:
            stamp = message.startswith(outcome.INVALID_NONCE)
            return VenueRefused(said, RejectKind.STAMP if stamp else RejectKind.AUTH)
        if status == 429:
            header, now_ms = answer.headers.get("retry-after"), self.clock.wall_ms()
            return VenueUnavailable("THROTTLED", outcome.retry_after_ms(header, now_ms))
        if 400 <= status < 500 and status not in UNAVAILABLE_STATUS and message:
            return VenueRefused(message)
        return VenueUnavailable(said)

    def server_time_ms(self) -> int:
        whole = self.read("GET", "/api/v2/server/time")
        now_ms = whole.get("serverTime") if isinstance(whole, dict) else None
        if not is_whole(now_ms):
            raise VenueUnreadable("serverTime is no whole number", str(whole).encode())
        return now_ms


class BtcturkPublic:
    """The calls that need no key. *symbols* is the venue's table once `instruments` was asked."""

    def __init__(self, settings: VenueSettings, clock: Clock) -> None:
        self._caller = _Caller(settings, clock, Symbols())
        self._graph: _Caller | None = None  # candles only; a client takes its time to make
        self.problems: Mapping[str, int] = {}  # of the newest table: code -> how many rows

    @property
    def symbols(self) -> Symbols:
        return self._caller.reader.symbols

    @property
    def last_call(self) -> HttpCall | None:
        return self._caller.client.last_call

    def server_time_ms(self) -> int:
        """Return the venue's clock."""
        return self._caller.server_time_ms()

    def instruments(self) -> list[Instrument]:
        """Return the rules of everything the venue lists."""
        settings = self._caller.settings
        table = rule_table.rules(
            self._caller.data("GET", "/api/v2/server/exchangeinfo"),
            price_increment=settings.price_increment,
            notional_min_try=settings.notional_min_try,
        )
        self._caller.reader.symbols = Symbols(table.symbols)
        self.problems = dict(table.problems)
        return list(table.instruments)

    def quote(self, instrument: str) -> BookTop:
        """Return best bid and ask by REST."""
        symbol = self.symbols.venue(instrument)
        path = f"/api/v2/orderbook?pairSymbol={symbol}&limit={BOOK_LEVELS}"
        return self._caller.reader.book_top(instrument, self._caller.data("GET", path))

    def candles(self, instrument: str, *, since_ms: int, until_ms: int) -> list[Candle]:
        """Return the minutes of *instrument* that began at *since_ms* or later and had ended by
        *until_ms*, oldest first; a minute without trades is not among them."""
        graph, symbol = self._grapher(), self.symbols.venue(instrument)
        span_ms = CANDLES_PER_ANSWER * MINUTE_MS
        first_ms = since_ms - since_ms % MINUTE_MS  # what does not begin a minute finds none (#303)
        found: dict[int, Candle] = {}  # neighbouring answers may share one
        for from_ms in range(first_ms, until_ms, span_ms):
            to_s = min(from_ms + span_ms, until_ms) // 1_000
            query = f"symbol={symbol}&resolution=1&from={from_ms // 1_000}&to={to_s}"
            answer = graph.read("GET", f"/v1/klines/history?{query}")
            for one in candles.read(answer, graph.reader.number):
                if since_ms <= one.open_ms <= until_ms - MINUTE_MS:
                    found[one.open_ms] = one
        return [found[at_ms] for at_ms in sorted(found)]

    def spelling(self, instrument: str) -> str:
        """Return the venue's spelling of *instrument*."""
        return self.symbols.venue(instrument)

    def close(self) -> None:
        self._caller.client.close()
        if self._graph is not None:
            self._graph.client.close()

    def _grapher(self) -> _Caller:
        if self._graph is None:
            settings, clock = self._caller.settings, self._caller.clock
            self._graph = _Caller(replace(settings, base_url=settings.graph_url), clock, Symbols())
        return self._graph


class BtcturkPrivate:
    """The calls of one account. Everything odd that was read is counted in *counts*."""

    def __init__(
        self,
        settings: VenueSettings,
        clock: Clock,
        keys: Credentials,
        symbols: Symbols | None = None,
    ) -> None:
        self._caller = _Caller(settings, clock, symbols or Symbols())
        self._keys = keys
        self._definite = frozenset(one.message.upper() for one in settings.definite_rejects)

    @property
    def last_call(self) -> HttpCall | None:
        return self._caller.client.last_call

    @property
    def counts(self) -> dict[str, int]:
        return dict(self._caller.reader.counts)

    def submit(self, order: NewOrder, stamp_ms: int) -> Outcome:
        """Send *order* once and return what is known of it afterwards."""
        if len(order.client_order_id) > CLIENT_ORDER_ID_MAX:
            return NotSent(reason="CLIENT_ORDER_ID_TOO_LONG")
        try:
            content = self._body(order)
        except AmountUnreadable as why:
            return NotSent(reason=why.code)
        signed = headers(self._keys, stamp_ms)
        try:
            answer = self._caller.client.call("POST", ORDER_PATH, headers=signed, content=content)
        except TransportFailed as why:
            return outcome.of_error(why.name)
        return outcome.of_answer(
            answer.status,
            answer.headers,
            answer.body,
            client_order_id=order.client_order_id,
            definite=self._definite,
            now_ms=self._caller.clock.wall_ms(),
        )

    def _body(self, order: NewOrder) -> bytes:
        return msgspec.json.encode(
            {
                "quantity": wire(order.quantity),
                "price": wire(order.price),
                "newOrderClientId": order.client_order_id,
                "orderMethod": "limit",
                "orderType": order.side.value,
                "pairSymbol": self._caller.reader.symbols.venue(order.instrument),
            }
        )

    def cancel(self, venue_order_id: int, stamp_ms: int) -> str:
        """Ask for the end of an order; return the venue's word, of a refusal too."""
        try:
            whole = self._caller.read(
                "DELETE", f"{ORDER_PATH}?id={venue_order_id}", headers(self._keys, stamp_ms)
            )
        except VenueRefused as no:
            if no.kind is RejectKind.ORDER:
                return no.code
            raise
        word = outcome.message_of(whole if isinstance(whole, dict) else None)
        return word or "SUCCESS"

    def open_orders(self, instrument: str, stamp_ms: int) -> list[VenueOrder]:
        """Return what rests; market orders never do."""
        path = f"/api/v1/openOrders?pairSymbol={self._symbol(instrument)}"
        return self._caller.reader.open_orders(self._data(path, stamp_ms))

    def all_orders(
        self, instrument: str, *, since_ms: int, page: int, stamp_ms: int
    ) -> list[VenueOrder]:
        """Return one page of orders of any status, newest first; an empty one is the last."""
        path = (
            f"/api/v1/allOrders?pairSymbol={self._symbol(instrument)}"
            f"&startTime={since_ms // 1000}&page={page}&limit={ORDERS_PER_PAGE}"
        )
        return self._caller.reader.orders(self._data(path, stamp_ms))

    def order(self, venue_order_id: int, stamp_ms: int) -> VenueOrder:
        """Return one order. An unknown id is VenueRefused("Order not found")."""
        return self._caller.reader.order(self._data(f"{ORDER_PATH}/{venue_order_id}", stamp_ms))

    def fills(
        self, instrument: str, *, since_ms: int, stamp_ms: int, until_ms: int | None = None
    ) -> list[VenueFill]:
        """Return fills, newest first: FILLS_PER_ANSWER_MAX of them may not be all there are."""
        path = (
            f"/api/v1/users/transactions/trade?pairSymbol={self._symbol(instrument)}"
            f"&startDate={since_ms}"
        )
        if until_ms is not None:
            path += f"&endDate={until_ms}"
        found = self._caller.reader.fills(self._data(path, stamp_ms))
        if len(found) > FILLS_PER_ANSWER_MAX:
            self._caller.reader.counts["FILLS_ABOVE_CAP"] += 1
        return found

    def balances(self, stamp_ms: int) -> list[VenueBalance]:
        """Return every asset of the account."""
        return self._caller.reader.balances(self._data("/api/v1/users/balances", stamp_ms))

    def transfers(self, kind: TransferKind, *, since_ms: int, stamp_ms: int) -> list[VenueTransfer]:
        """Return the deposits and withdrawals of one list (api.md 5.8)."""
        path = f"/api/v1/users/transactions/{kind.value}?startDate={since_ms}"
        return self._caller.reader.transfers(kind, self._data(path, stamp_ms))

    def server_time_ms(self) -> int:
        """Return the venue's clock."""
        return self._caller.server_time_ms()

    def close(self) -> None:
        self._caller.client.close()

    def _symbol(self, instrument: str) -> str:
        return self._caller.reader.symbols.venue(instrument)

    def _data(self, path: str, stamp_ms: int) -> object:
        return self._caller.data("GET", path, headers(self._keys, stamp_ms))


def _decoded(answer: Answer) -> object:
    try:
        return outcome.decode(answer.body)
    except ValueError as why:
        raise VenueUnreadable(f"not JSON: {why}"[:200], answer.body) from why
