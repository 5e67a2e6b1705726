"""What is known of one instrument in this pass, and what forbids an order there.

A place is made once per instrument and pass; ages in ms. Answers with codes, never with prose.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from actors.allocator.settings import Settings
from actors.runtime.newest import Newest
from messages.instrument import Instrument
from messages.market import FeedStatus, FeedVerdict, Quote
from messages.money import ONE, ZERO
from messages.orders import Side
from messages.state import (
    AliveOrder,
    ExecutorStatus,
    InstrumentState,
    Level,
    LevelEntry,
    Scope,
    StrategyPosition,
    strictest,
)

NEEDS = {Side.BUY: Level.ACTIVE, Side.SELL: Level.REDUCE_ONLY}  # spot: only a sell reduces
STILL_A_BOOK = (None, "STALE", "RECOVERING")  # old, yet bid and ask are right
HALF = Decimal("0.5")
NOTHING_HELD = StrategyPosition(position=ZERO, cost=None, buying=ZERO, selling=ZERO)


class Place(Struct, frozen=True, kw_only=True):
    """One instrument as the allocator believes it to be."""

    instrument: str
    rules: Instrument | None
    rules_age_ms: int
    quote: Quote | None
    quote_age_ms: int  # since the venue said it, as far as we know
    state: InstrumentState | None
    state_age_ms: int
    status: ExecutorStatus | None
    verdict: FeedVerdict | None

    @property
    def alive(self) -> tuple[AliveOrder, ...]:
        return self.state.alive if self.state else ()

    @property
    def position(self) -> Decimal:
        """What the whole account holds."""
        return self.state.position if self.state else ZERO

    def held(self, strategy: str) -> StrategyPosition:
        """Return what *strategy* holds and has on its way."""
        known: Mapping[str, StrategyPosition] = self.state.by_strategy if self.state else {}
        return known.get(strategy, NOTHING_HELD)

    def remaining(self, side: Side) -> Decimal:
        """Return what all alive orders of *side* may still trade, in base."""
        return sum((one.remaining for one in self.alive if one.side is side), ZERO)

    @property
    def buying_value(self) -> Decimal:
        """What alive buys may still cost, in quote."""
        buys = (one for one in self.alive if one.side is Side.BUY)
        return sum((one.remaining * one.price for one in buys), ZERO)

    def levels(self, strategy: str) -> list[LevelEntry]:
        """Return the entries that touch an order of *strategy* here."""
        names = {Scope.DESK: "", Scope.INSTRUMENT: self.instrument, Scope.STRATEGY: strategy}
        entries = self.status.levels if self.status else ()
        return [one for one in entries if one.name == names[one.scope]]

    def level(self, strategy: str) -> Level:
        """Return the strictest level that touches an order of *strategy* here."""
        if self.status is None or self.state is None or self.status.latched:
            return Level.HALTED
        entries = (one.level for one in self.levels(strategy))
        return strictest(self.status.level, self.state.level, *entries)

    def fresh_mid(self, settings: Settings) -> Decimal | None:
        """Return the mid of a book that an entry may be based on."""
        if self.quote is None or self.data_problem(Side.BUY, settings):
            return None
        return self.quote.mid

    def data_problem(self, side: Side, settings: Settings) -> str | None:
        """Return why the quote is not good enough for an order of *side*."""
        quote = self.quote
        if quote is None or quote.bid is None or quote.ask is None:
            return "NO_MARK_PRICE"
        if not ZERO < quote.bid < quote.ask:
            return "BOOK_CROSSED"
        if side is Side.BUY:
            if quote.problem:
                return quote.problem
            return "STALE_DATA" if self.quote_age_ms > settings.quote_age_entry_max_ms else None
        if quote.problem not in STILL_A_BOOK:
            return quote.problem
        return "STALE_DATA" if self.quote_age_ms > settings.quote_age_exit_max_ms else None

    def size_factor(self, settings: Settings) -> Decimal:
        """Return the part of the money that may be used here: half where the spread is wide."""
        quote = self.quote
        if quote is None or quote.bid is None or quote.ask is None or quote.mid is None:
            return ONE
        wide = (quote.ask - quote.bid) * 10_000 >= settings.spread_half_bps * quote.mid
        return HALF if wide else ONE


def place(instrument: str, newest: Newest, *, now_ms: int, status: ExecutorStatus | None) -> Place:
    """Return what *newest* knows of *instrument*; what was never heard is None, its age 0."""
    feed = newest.get(FeedStatus)
    quote = newest.get(Quote, instrument)
    heard_ms = newest.age_ms(Quote, instrument, now_ms=now_ms) or 0
    return Place(
        instrument=instrument,
        rules=newest.get(Instrument, instrument),
        rules_age_ms=newest.age_ms(Instrument, instrument, now_ms=now_ms) or 0,
        quote=quote,
        quote_age_ms=quote.age_ms + heard_ms if quote else 0,
        state=newest.get(InstrumentState, instrument),
        state_age_ms=newest.age_ms(InstrumentState, instrument, now_ms=now_ms) or 0,
        status=status,
        verdict=feed.verdict if feed else None,
    )


def forbidden(place: Place, *, strategy: str, side: Side, settings: Settings) -> str | None:
    """Return the code that forbids an order of *strategy* on *side* here, None when none does."""
    rules = place.rules
    if place.state is None or place.state_age_ms > settings.state_age_max_ms:
        return "STALE_STATE"
    if place.level(strategy).rank > NEEDS[side].rank:
        return "LEVEL"
    if place.verdict is FeedVerdict.OBSERVE:
        return "OBSERVE"
    if rules is None:
        return "RULES_UNKNOWN"
    if place.rules_age_ms > settings.rules_age_max_s * 1_000:
        return "RULES_STALE"
    return rules.not_tradable or place.data_problem(side, settings)
