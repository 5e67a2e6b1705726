"""The tables of the store as values: what an entry of the journal leads to.

A row is whole: applying it replaces the row with the same key. Postings, fills, intents and
records are only ever added. Amounts are exact decimals, times ms UTC.
"""

from typing import Any, ClassVar

from msgspec import Struct

from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope

FREE = "free"  # what we may spend
HELD = "held"  # ours, set aside at the venue for an alive order
MARKET = "market"  # what the market gave and took
FEES = "fees"
TAXES = "taxes"
EXTERNAL = "external"  # where money comes from and goes to
WITHDRAWING = "withdrawing"


class MetaRow(Struct, frozen=True, kw_only=True, tag="meta"):
    """One fact about the store itself."""

    key_fields: ClassVar[tuple[str, ...]] = ("key",)
    key: str
    value: str


class LevelRow(Struct, frozen=True, kw_only=True, tag="level"):
    """One source's level for one scope; *name* is empty for the desk."""

    key_fields: ClassVar[tuple[str, ...]] = ("scope", "name", "source")
    scope: Scope
    name: str
    source: str
    level: Level
    reason: str
    at_ms: int


class InstrumentRow(Struct, frozen=True, kw_only=True, tag="instrument"):
    """*version* rises when committed exposure changes."""

    key_fields: ClassVar[tuple[str, ...]] = ("instrument",)
    instrument: str
    version: int
    last_buy_ms: int = 0  # when an order of that side was last committed
    last_sell_ms: int = 0


class PositionRow(Struct, frozen=True, kw_only=True, tag="position"):
    """What one strategy holds. *strategy* is empty for what was in the account before.

    *cost* is the total cost of the position in quote, fees and VAT included; None: unknown.
    """

    key_fields: ClassVar[tuple[str, ...]] = ("strategy", "instrument")
    strategy: str
    instrument: str
    position: Amount
    cost: Amount | None
    realised: Amount
    lost_in_a_row: int = 0
    trip_realised: Amount = Amount(0)  # realised since last flat


class IntentRow(Struct, frozen=True, kw_only=True, tag="intent"):
    """An accepted intent: its id is used up. *why* is the sizing and the verdict, plain values."""

    key_fields: ClassVar[tuple[str, ...]] = ("intent_id",)
    intent_id: str
    instrument: str
    version: int
    leg: int
    strategy: str
    client_order_id: str
    decision_id: str
    body_hash: str
    why: dict[str, Any]
    at_ms: int


class OrderRow(Struct, frozen=True, kw_only=True, tag="orders"):
    """One order. *filled_quantity* is what the venue says, *booked_quantity* what fills sum to."""

    key_fields: ClassVar[tuple[str, ...]] = ("client_order_id",)
    client_order_id: str
    intent_id: str
    instrument: str
    strategy: str
    side: Side
    price: Amount
    quantity: Amount
    state: OrderState
    stamp_ms: int  # the signed time, durable before the order is sent
    venue_order_id: int | None
    filled_quantity: Amount
    booked_quantity: Amount
    hold_asset: str
    hold_left: Amount
    cancel_wanted: bool
    cancel_reason: str
    outcome: str  # the venue's last word on it, or why it was not sent
    created_ms: int
    confirmed_ms: int | None
    ended_ms: int | None


class FillRow(Struct, frozen=True, kw_only=True, tag="fill"):
    """One execution, once per trade id. *realised* is this fill's profit for its strategy."""

    key_fields: ClassVar[tuple[str, ...]] = ("trade_id",)
    trade_id: str
    client_order_id: str
    venue_order_id: int
    instrument: str
    strategy: str
    side: Side
    price: Amount
    quantity: Amount
    fee: Amount
    tax: Amount
    fee_asset: str
    realised: Amount | None
    late: bool
    at_ms: int  # the venue's time
    booked_ms: int


class PostingRow(Struct, frozen=True, kw_only=True, tag="posting"):
    """One leg of a transfer; the legs of a transfer sum to zero per asset."""

    key_fields: ClassVar[tuple[str, ...]] = ("transfer", "leg")
    transfer: str  # <kind>:<reference>, unique
    leg: int
    account: str
    asset: str
    amount: Amount


class BalanceRow(Struct, frozen=True, kw_only=True, tag="balance"):
    """Sum of all postings of one account and asset."""

    key_fields: ClassVar[tuple[str, ...]] = ("account", "asset")
    account: str
    asset: str
    amount: Amount


class CursorRow(Struct, frozen=True, kw_only=True, tag="cursor"):
    """Fills of the instrument up to here were fetched; the next sweep overlaps."""

    key_fields: ClassVar[tuple[str, ...]] = ("instrument",)
    instrument: str
    since_ms: int


class DayRow(Struct, frozen=True, kw_only=True, tag="day"):
    """One day of the desk (Europe/Istanbul): what it started from and what it cost so far."""

    key_fields: ClassVar[tuple[str, ...]] = ("day",)
    day: str  # 2026-03-23
    baseline: Amount | None  # equity at or before midnight
    realised: Amount
    fees: Amount  # fees and VAT
    flows: Amount
    equity: Amount | None  # newest
    peak: Amount | None  # highest equity since start or reset


class HttpRow(Struct, frozen=True, kw_only=True, tag="http"):
    """One HTTP exchange about an order, for `explain`."""

    key_fields: ClassVar[tuple[str, ...]] = ("client_order_id", "at_ms", "what")
    client_order_id: str
    at_ms: int
    what: str  # POST | DELETE | GET ...
    path: str
    status: int | None
    answered_ms: int | None
    meaning: str  # Ack | Reject | Lost | NotSent | asked ...
    answer: str


class RecordRow(Struct, frozen=True, kw_only=True, tag="record"):
    """What another actor wanted remembered."""

    key_fields: ClassVar[tuple[str, ...]] = ("batch_id", "leg")
    batch_id: str
    leg: int
    sender: str
    kind: str
    at_ms: int
    instrument: str
    body: dict[str, Any]


Row = (
    MetaRow
    | LevelRow
    | InstrumentRow
    | PositionRow
    | IntentRow
    | OrderRow
    | FillRow
    | PostingRow
    | BalanceRow
    | CursorRow
    | DayRow
    | HttpRow
    | RecordRow
)


class Entry(Struct, frozen=True, kw_only=True):
    """One change of the books: what caused it and the rows it leads to.

    *kind* is a name like OrderAccepted, FillBooked, LevelChanged; *subject* the order, instrument
    or scope it is about; *cause* plain values, enough to explain it.
    """

    kind: str
    subject: str
    at_ms: int
    cause: dict[str, Any]
    rows: tuple[Row, ...]


class Head(Struct, frozen=True, kw_only=True):
    """The newest entry of the journal; seq 0 and an empty hash for an empty one."""

    seq: int
    hash: str
