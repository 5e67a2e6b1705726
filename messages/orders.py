"""What is said about orders. Intents travel right, facts travel left.

Quantities in base asset, prices in quote per base, notionals in quote asset; times in ms UTC.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from messages.money import Amount

LIKE_PRICE_BPS = 5
LIKE_QUANTITY_BPS = 100


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderState(StrEnum):
    """The first four are alive: they hold funds and count as exposure. The others are final."""

    SENDING = "SENDING"
    LIVE = "LIVE"
    CLOSING = "CLOSING"
    UNKNOWN = "UNKNOWN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    NOT_SENT = "NOT_SENT"
    ABSENT = "ABSENT"


ALIVE = frozenset(
    {OrderState.SENDING, OrderState.LIVE, OrderState.CLOSING, OrderState.UNKNOWN},
)


class QuoteSeen(Struct, frozen=True, kw_only=True):
    """The quote a size was computed from."""

    bid: Amount
    ask: Amount
    channel: str
    venue_ms: int | None
    age_ms: int
    seq: int


class Cap(Struct, frozen=True, kw_only=True):
    """One limit that a wish met: its code and what it left, in quote asset."""

    code: str
    left: Amount


class Sizing(Struct, frozen=True, kw_only=True):
    """Why an intent has its size: from target to quantity, with every number used."""

    quote: QuoteSeen
    target_quantity: Amount
    target_price: Amount | None
    reason: str  # the strategy's own code
    targets_seq: int
    position: Amount
    buying: Amount
    selling: Amount
    wish: Amount  # base, signed: target - (position + buying - selling)
    limit_price: Amount
    cash: Amount | None
    investable: Amount
    deploy: Amount
    size_factor: Amount
    caps: tuple[Cap, ...]
    binding: str  # code of the smallest cap, OK when none bound
    status: str  # accepted | scaled | rejected
    allocated: Amount  # quote
    quantity: Amount  # base, on the grid


class Intent(Struct, frozen=True, kw_only=True):
    """One order we would like, on the grid and above the minimum. Nothing has checked it yet."""

    intent_id: str
    leg: int
    client_order_id: str
    strategy: str
    side: Side
    quantity: Amount
    price: Amount
    sizing: Sizing

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


class CancelWish(Struct, frozen=True, kw_only=True):
    """An order of ours that should end, and why: STALE, REPLACE_CANCEL."""

    client_order_id: str
    reason: str


class IntentBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is wanted on one instrument, computed from one version of its state.

    *deadline_ns* is monotonic time of the desk's host; after it the batch is refused.
    """

    decision_id: str
    instrument: str
    version: int
    lineage: str
    kill_epoch: int
    deadline_ns: int
    intents: tuple[Intent, ...]
    cancels: tuple[CancelWish, ...] = ()


class Check(Struct, frozen=True, kw_only=True):
    """One rule with the value seen and the limit, as text."""

    code: str
    observed: str
    limit: str
    passed: bool


class BrokenRule(Struct, frozen=True, kw_only=True):
    """The first rule that was broken."""

    code: str
    observed: str
    limit: str


class Verdict(Struct, frozen=True, kw_only=True):
    """Every check one approved intent passed."""

    intent_id: str
    checks: tuple[Check, ...]


class ApprovedBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The only order an executor obeys. Built in actors/risk_gate, nowhere else."""

    batch: IntentBatch  # what may leave of the one that came
    verdicts: tuple[Verdict, ...] = ()


class RefusedIntent(Struct, frozen=True, kw_only=True):
    """An intent that ended at the gate, with every check as it was found."""

    decision_id: str
    instrument: str
    intent: Intent
    broken: BrokenRule
    checks: tuple[Check, ...]


class IntentAck(Struct, frozen=True, kw_only=True):
    """The executor's answer after the commit: these orders exist in the store."""

    decision_id: str
    instrument: str
    client_order_ids: tuple[str, ...]
    cancels: tuple[str, ...] = ()


class IntentRefused(Struct, frozen=True, kw_only=True):
    """The executor's no to one intent (or, with an empty intent id, to a whole batch)."""

    decision_id: str
    instrument: str
    intent_id: str
    broken: BrokenRule


def alike(
    *, price: Decimal, quantity: Decimal, other_price: Decimal, other_quantity: Decimal
) -> bool:
    """Return whether another order of the same instrument and side is the same wish.

    Measured by the new one's *price* and *quantity*, bounds included.
    """
    return (
        abs(other_price - price) * 10_000 <= LIKE_PRICE_BPS * price
        and abs(other_quantity - quantity) * 10_000 <= LIKE_QUANTITY_BPS * quantity
    )
