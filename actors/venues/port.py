"""What any venue offers the desk, in the desk's own words.

Times are milliseconds UTC. Quantities are positive, in base; prices quote per base; fees and taxes
positive costs. `Outcome` says what is known of an order after one attempt to send it: an answer
that cannot be read with certainty is `Lost`, never a failure.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from messages.instrument import Instrument
from messages.orders import Side

FILLS_PER_ANSWER_MAX = 200  # so many fills in one answer may not be all: ask again with until_ms
ANSWER_KEPT_MAX = 512  # characters of an answer's body kept for `explain`


class HttpCall(Struct, frozen=True, kw_only=True):
    """One HTTP exchange as it happened, without headers: they are secret."""

    method: str
    path: str
    sent_ms: int
    answered_ms: int | None
    status: int | None
    answer: str  # the body, cut at ANSWER_KEPT_MAX, or the name of the transport error


class NotSent(Struct, frozen=True, kw_only=True):
    """Surely no byte of the request left."""

    reason: str


class Ack(Struct, frozen=True, kw_only=True):
    """The venue accepted the order under this id."""

    venue_order_id: int


class RejectKind(StrEnum):
    ORDER = "ORDER"  # the venue judged this order and said no
    STAMP = "STAMP"  # the signed time was refused: pause until the clock is measured again
    AUTH = "AUTH"  # key, signature or permission: halt, never repeat
    THROTTLED = "THROTTLED"  # too many requests: wait


class Reject(Struct, frozen=True, kw_only=True):
    """The venue surely did not take the order."""

    kind: RejectKind
    code: str
    retry_after_ms: int | None = None


class Lost(Struct, frozen=True, kw_only=True):
    """The order may have arrived, or not."""

    reason: str


Outcome = NotSent | Ack | Reject | Lost


class NewOrder(Struct, frozen=True, kw_only=True):
    """A limit order as it goes on the wire."""

    client_order_id: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal


class VenueStatus(StrEnum):
    OPEN = "OPEN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"  # may have fills
    UNREADABLE = "UNREADABLE"  # a word we do not know: no information


class VenueOrder(Struct, frozen=True, kw_only=True):
    """An order as the venue lists it."""

    venue_order_id: int
    client_order_id: str
    instrument: str
    side: Side
    price: Decimal | None
    quantity: Decimal
    filled_quantity: Decimal
    status: VenueStatus


class VenueFill(Struct, frozen=True, kw_only=True):
    """One execution of one of the account's orders."""

    trade_id: str
    venue_order_id: int
    client_order_id: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    tax: Decimal
    fee_asset: str
    at_ms: int


class VenueBalance(Struct, frozen=True, kw_only=True):
    """One asset of the account: total = free + held + withdrawing."""

    asset: str
    free: Decimal
    held: Decimal
    withdrawing: Decimal
    at_ms: int | None = None


class TransferKind(StrEnum):
    """Which of the venue's two lists of transfers; an asset is in one of them only."""

    FIAT = "fiat"
    CRYPTO = "crypto"


class VenueTransfer(Struct, frozen=True, kw_only=True):
    """Money that came into the account or left it, as the venue lists it.

    *amount* is what the account gained by it, negative for what left, with what that cost. One
    that is not *settled* has not moved anything yet.
    """

    transfer_id: str  # <kind>:<the venue's id>
    asset: str
    amount: Decimal
    settled: bool
    at_ms: int


class VenueUnavailable(Exception):
    """Nothing was learned: not reachable, throttled or in maintenance. Try again later."""

    def __init__(self, reason: str, retry_after_ms: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after_ms = retry_after_ms


class VenueUnreadable(Exception):
    """The venue answered with something that is not what its documentation promises."""

    def __init__(self, reason: str, raw: bytes = b"") -> None:
        super().__init__(reason)
        self.raw = raw[:ANSWER_KEPT_MAX]


class VenueRefused(Exception):
    """The venue said no to a read: a key without permission, a stamp too old, an unknown id."""

    def __init__(self, code: str, kind: RejectKind = RejectKind.ORDER) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind


class PublicClient(Protocol):
    """The calls that need no key. Each may raise VenueUnavailable or VenueUnreadable.

    *problems* tells what was odd in the newest table of `instruments`: code -> how many rows.
    """

    problems: Mapping[str, int]

    def server_time_ms(self) -> int: ...
    def instruments(self) -> list[Instrument]: ...
    def quote(self, instrument: str) -> "BookTop": ...
    def spelling(self, instrument: str) -> str:
        """Return the venue's own word for *instrument*: to compare and to join with, not to read.

        By the table of the last `instruments`, a guess before it. Raises nothing.
        """

    def close(self) -> None: ...


class PrivateClient(Protocol):
    """The calls of one account, one client per lane: it is used by one thread.

    *stamp_ms* is the time to sign. Reads raise VenueUnavailable, VenueUnreadable or VenueRefused;
    `submit` never raises for what the venue or the network did.
    """

    @property
    def last_call(self) -> HttpCall | None: ...
    @property
    def counts(self) -> Mapping[str, int]:
        """Return what was odd in what this client read, though it was read: code -> how often."""

    def submit(self, order: NewOrder, stamp_ms: int) -> Outcome: ...
    def cancel(self, venue_order_id: int, stamp_ms: int) -> str:
        """Ask for the end of an order; return the venue's word. It decides nothing."""

    def open_orders(self, instrument: str, stamp_ms: int) -> list[VenueOrder]: ...
    def all_orders(
        self, instrument: str, *, since_ms: int, page: int, stamp_ms: int
    ) -> list[VenueOrder]: ...
    def order(self, venue_order_id: int, stamp_ms: int) -> VenueOrder: ...
    def fills(
        self, instrument: str, *, since_ms: int, until_ms: int | None = None, stamp_ms: int
    ) -> list[VenueFill]:
        """Return the newest fills of a window; a full page means that older ones may be missing."""

    def balances(self, stamp_ms: int) -> list[VenueBalance]: ...
    def transfers(
        self, kind: TransferKind, *, since_ms: int, stamp_ms: int
    ) -> list[VenueTransfer]: ...
    def server_time_ms(self) -> int: ...
    def close(self) -> None: ...


class BookTop(Struct, frozen=True, kw_only=True):
    """Best bid and ask with what stands there. A side that is empty is None."""

    instrument: str
    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    stamp_ms: int | None  # the venue's own time, where the channel has one
    channel: str = "book"  # book | ticker, as the stream tells it; a REST answer says book too


class Candle(Struct, frozen=True, kw_only=True):
    """What one span of time came to: prices in quote, *quantity* traded in base."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quantity: Decimal


class FormingCandle(Struct, frozen=True, kw_only=True):
    """The candle that forms, as the stream tells it; it may not be the last word on its span."""

    instrument: str
    resolution: str  # the venue's word for its length: `1` is a minute
    candle: Candle


class BookDepth(Struct, frozen=True, kw_only=True):
    """The best levels of both sides as (price, quantity), best first: for who asks for them."""

    instrument: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class PublicTrade(Struct, frozen=True, kw_only=True):
    """One public trade; *side* is the taker's, *listed*: from the list a channel begins with."""

    instrument: str
    trade_id: str
    side: Side
    price: Decimal
    quantity: Decimal
    at_ms: int
    listed: bool = False


class Connected(Struct, frozen=True, kw_only=True):
    """The stream is up and its subscriptions are confirmed; *private*: logged in."""

    private: bool


class Disconnected(Struct, frozen=True, kw_only=True):
    """The stream is down; the next attempt comes after *retry_ms*."""

    reason: str
    retry_ms: int


class OrderWoken(Struct, frozen=True, kw_only=True):
    """Something happened to one of our orders; what, only a read can tell."""

    instrument: str
    client_order_id: str
    venue_order_id: int | None


class UnreadableFrame(Struct, frozen=True, kw_only=True):
    """A frame that could not be understood; counted, its first bytes kept."""

    reason: str
    raw: bytes


StreamEvent = (
    BookTop
    | BookDepth
    | PublicTrade
    | FormingCandle
    | VenueFill
    | OrderWoken
    | Connected
    | Disconnected
    | UnreadableFrame
)
StreamSink = Callable[[StreamEvent], None]


class Stream(Protocol):
    """A venue's WebSocket: a thread of its own that hands events to a sink and keeps no state."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
