"""What the market says. Only market_data says these; a newer one replaces an older one."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from messages.money import Amount
from messages.orders import Side


class Quote(Struct, frozen=True, kw_only=True):
    """Best bid and ask of one instrument with its health.

    *problem* is the code that says why it must not be traded on (STALE, BOOK_CROSSED,
    BOOK_ONE_SIDED, QUOTE_FROM_FUTURE, BOOK_FROZEN, RECOVERING, UNHEARD), None when fresh and valid.
    *age_ms* is the age when it was said; a hearer adds the time since it heard it.
    """

    instrument: str
    bid: Amount | None
    bid_quantity: Amount | None
    ask: Amount | None
    ask_quantity: Amount | None
    median: Amount | None  # of the mids of the last five minutes
    channel: str  # book | ticker | rest
    venue_ms: int | None
    age_ms: int
    seq: int
    problem: str | None
    at_ms: int

    @property
    def mid(self) -> Decimal | None:
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) * Decimal("0.5")


class Trade(Struct, frozen=True, kw_only=True):
    """One public trade; *side* is the taker's."""

    instrument: str
    trade_id: str
    side: Side
    price: Amount
    quantity: Amount
    at_ms: int


class FeedVerdict(StrEnum):
    NORMAL = "NORMAL"
    DEGRADED = "DEGRADED"
    OBSERVE = "OBSERVE"


class InstrumentFeed(Struct, frozen=True, kw_only=True):
    """How well one instrument is heard."""

    tradable: bool
    problem: str | None
    age_ms: int | None
    trade_age_ms: int | None


class FeedStatus(Struct, frozen=True, kw_only=True):
    """The verdict on all market data, once a second."""

    connected: bool
    verdict: FeedVerdict
    reason: str
    instruments: dict[str, InstrumentFeed]
    reconnects: int
    unreadable: int
    at_ms: int
