"""What the lanes are asked to do at the venue, what comes back, and how one thread does it.

A request is a value; it comes back with its answer, so that nothing has to be remembered about it.
An order is signed with the stamp that was made durable with it; everything else is signed with the
time at which it really leaves.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from actors.executor.clock_offset import Measured
from actors.runtime.effects import Raised
from actors.runtime.lanes import LaneFull
from actors.venues.port import (
    HttpCall,
    Lost,
    NewOrder,
    NotSent,
    Outcome,
    PrivateClient,
    RejectKind,
    TransferKind,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from messages.orders import Side

ORDERS, CANCELS, READS = "orders", "cancels", "reads"  # the lanes
NOBODYS_ORDER = 0  # a venue's ids begin at one


class SubmitOrder(Struct, frozen=True, kw_only=True):
    """Send an order that is in the store, once. Not after *expires_ms*, monotonic."""

    client_order_id: str
    strategy: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    stamp_ms: int
    expires_ms: int


class CancelOrder(Struct, frozen=True, kw_only=True):
    """Ask for the end of one order."""

    client_order_id: str
    venue_order_id: int


class AskRights(Struct, frozen=True, kw_only=True):
    """May the key trade? Asked by the cancel of an order that nobody has: it changes nothing."""


class ReadOrder(Struct, frozen=True, kw_only=True):
    """How is this order?"""

    client_order_id: str
    venue_order_id: int


class ReadOpenOrders(Struct, frozen=True, kw_only=True):
    """What of this instrument is open? The *expected* orders were thought to be at *asked_ms*."""

    instrument: str
    asked_ms: int  # monotonic
    expected: tuple[str, ...] = ()


class ReadAllOrders(Struct, frozen=True, kw_only=True):
    """One page of what was ordered since *since_ms*."""

    instrument: str
    since_ms: int
    page: int


class ReadFills(Struct, frozen=True, kw_only=True):
    """What was executed since *since_ms*, and before *until_ms* where it is given?"""

    instrument: str
    since_ms: int
    until_ms: int | None = None


class ReadBalances(Struct, frozen=True, kw_only=True):
    """What is in the account? *number* tells the reads of a pair apart."""

    number: int


class ReadTransfers(Struct, frozen=True, kw_only=True):
    """What came into the account and left it since *since_ms*?"""

    kind: TransferKind
    since_ms: int


class ReadServerTime(Struct, frozen=True, kw_only=True):
    """What time is it at the venue?"""


BUDGET_OF: dict[type, str] = {  # the budget of each question, which is its word for people too
    CancelOrder: "cancel",
    AskRights: "cancel",
    ReadServerTime: "server_time",
    ReadOrder: "order",
    ReadOpenOrders: "open_orders",
    ReadAllOrders: "all_orders",
    ReadFills: "fills",
    ReadBalances: "balances",
    ReadTransfers: "transfers",
}
Request = (
    SubmitOrder
    | CancelOrder
    | AskRights
    | ReadOrder
    | ReadOpenOrders
    | ReadAllOrders
    | ReadFills
    | ReadBalances
    | ReadTransfers
    | ReadServerTime
)


def lane_of(request: object) -> str:
    """Return the lane that *request* goes through."""
    if isinstance(request, SubmitOrder):
        return ORDERS
    return CANCELS if isinstance(request, CancelOrder | AskRights) else READS


class Answer(Struct, frozen=True, kw_only=True):
    """What a call came to, with the HTTP exchange behind it."""

    value: object
    http: HttpCall | None = None
    odd: Mapping[str, int] = {}  # what was strange in it and read all the same: code -> how often


class NoAnswer(Struct, frozen=True, kw_only=True):
    """Nothing was learned. *code* is UNAVAILABLE, UNREADABLE or the venue's word of refusal."""

    code: str
    reason: str
    refused: RejectKind | None = None
    retry_after_ms: int | None = None
    http: HttpCall | None = None
    raw: bytes = b""  # the beginning of what is UNREADABLE


class Handler:
    """One lane thread's hands: it owns the thread's client.

    *next_stamp* and *mono_ms* are asked from that thread.
    """

    def __init__(
        self, client: PrivateClient, *, next_stamp: Callable[[], int], mono_ms: Callable[[], int]
    ) -> None:
        self._client = client
        self._next_stamp = next_stamp
        self._mono_ms = mono_ms
        self._counted = Counter(client.counts)

    def __call__(self, request: object) -> Answer | NoAnswer:
        """Return what the venue said to *request*."""
        try:
            value = self._ask(request)
            return Answer(value=value, http=self._client.last_call, odd=self._odd())
        except VenueUnavailable as why:
            return self._nothing("UNAVAILABLE", why, retry_after_ms=why.retry_after_ms)
        except VenueUnreadable as why:
            return self._nothing("UNREADABLE", why, raw=why.raw)
        except VenueRefused as why:
            return self._nothing(why.code, why, refused=why.kind)

    def _ask(self, request: object) -> object:
        client, stamp = self._client, self._next_stamp
        match request:
            case SubmitOrder():
                return client.submit(_new_order(request), request.stamp_ms)
            case CancelOrder():
                return client.cancel(request.venue_order_id, stamp())
            case AskRights():
                return client.cancel(NOBODYS_ORDER, stamp())
            case ReadOrder():
                return client.order(request.venue_order_id, stamp())
            case ReadOpenOrders():
                return client.open_orders(request.instrument, stamp())
            case ReadAllOrders():
                return client.all_orders(
                    request.instrument,
                    since_ms=request.since_ms,
                    page=request.page,
                    stamp_ms=stamp(),
                )
            case ReadFills():
                return client.fills(
                    request.instrument,
                    since_ms=request.since_ms,
                    until_ms=request.until_ms,
                    stamp_ms=stamp(),
                )
            case ReadBalances():
                return client.balances(stamp())
            case ReadTransfers():
                return client.transfers(request.kind, since_ms=request.since_ms, stamp_ms=stamp())
            case ReadServerTime():
                asked_ms = self._mono_ms()
                server_ms = client.server_time_ms()
                return Measured(server_ms=server_ms, asked_ms=asked_ms, heard_ms=self._mono_ms())
        raise TypeError(f"no way to ask a venue for a {type(request).__name__}")

    def _odd(self) -> Mapping[str, int]:
        before, self._counted = self._counted, Counter(self._client.counts)
        return self._counted - before

    def _nothing(
        self,
        code: str,
        why: Exception,
        *,
        refused: RejectKind | None = None,
        retry_after_ms: int | None = None,
        raw: bytes = b"",
    ) -> NoAnswer:
        return NoAnswer(
            code=code,
            reason=str(why),
            refused=refused,
            retry_after_ms=retry_after_ms,
            http=self._client.last_call,
            raw=raw,
        )


def outcome_of(result: object) -> Outcome:
    """Return what a submit came to. Whatever is not a clear outcome is a lost answer."""
    if isinstance(result, Answer) and isinstance(result.value, Outcome):
        return result.value
    if isinstance(result, NotSent):
        return result
    if isinstance(result, Raised) and isinstance(result.error, LaneFull):
        return NotSent(reason="LANE_FULL")
    return Lost(reason=type(result).__name__)


def _new_order(request: SubmitOrder) -> NewOrder:
    return NewOrder(
        client_order_id=request.client_order_id,
        instrument=request.instrument,
        side=request.side,
        price=request.price,
        quantity=request.quantity,
    )
