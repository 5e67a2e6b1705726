"""What should the levels be, by what the gate measures? And when may one become milder again?

The gate sets entries of its own, by instrument or for the desk, and lowers only those; what a
person or another guard set stays. Stricter at once, milder only after a time without cause.
Moments monotonic ms.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from actors.risk_gate.ask import exposure
from actors.risk_gate.facts import Facts, valid_book
from actors.risk_gate.settings import Settings
from messages.control import SetLevel
from messages.market import FeedVerdict
from messages.money import ZERO
from messages.orders import RefusedIntent, Side
from messages.state import InstrumentState, Level, LevelEntry, Scope

SOURCE = "risk_gate"
OK = "OK"
MARKET_DATA = "MARKET_DATA"
REPEATED_INTENT = "REPEATED_INTENT"
Place = tuple[Scope, str]
DESK: Place = (Scope.DESK, "")


class Wanted(Struct, frozen=True, kw_only=True):
    """The level that one scope should have, and the code of the cause."""

    scope: Scope
    name: str
    level: Level
    reason: str

    @property
    def place(self) -> Place:
        return self.scope, self.name


def desk_level(facts: Facts, limits: Settings, *, data_was_good: bool) -> Wanted:
    """Return the level of the desk; the first cause in the order of strictness names it.

    Market data only counts once it had been good: at a start there is nothing to lower yet.
    """
    modes, account, losses = limits.modes, facts.account, facts.losses
    realised_limit = -limits.daily_loss_max_try
    if losses.drawdown or losses.day or account.realised_today <= realised_limit:
        return _desk(Level(modes.on_loss_limit), "DRAWDOWN_LIMIT")
    if data_was_good and facts.feed and facts.feed.verdict is FeedVerdict.OBSERVE:
        return _desk(Level.PAUSED, MARKET_DATA)
    if _over_exposed(facts, limits):
        return _desk(Level.REDUCE_ONLY, "EXPOSURE_LIMIT")
    if account.fees_today > limits.fee_day_max_try:
        return _desk(Level.REDUCE_ONLY, "FEE_BUDGET")
    return _desk(Level.ACTIVE, OK)


def instrument_level(facts: Facts, limits: Settings) -> Wanted:
    """Return the level of the instrument that *facts* are about: a wide spread only reduces."""
    name, quote = facts.state.instrument, facts.quote
    wide = False
    if quote is not None and quote.mid is not None and valid_book(quote):
        spread = (quote.ask or ZERO) - (quote.bid or ZERO)
        wide = spread * 10_000 >= limits.modes.spread_max_bps * quote.mid
    if wide:
        return Wanted(
            scope=Scope.INSTRUMENT, name=name, level=Level.REDUCE_ONLY, reason="SPREAD_LIMIT"
        )
    return Wanted(scope=Scope.INSTRUMENT, name=name, level=Level.ACTIVE, reason=OK)


def paused_for(no: RefusedIntent) -> Wanted | None:
    """Return the pause that a refusal brings about: an instrument that repeats itself stops."""
    if no.broken.code != REPEATED_INTENT:
        return None
    return Wanted(
        scope=Scope.INSTRUMENT, name=no.instrument, level=Level.PAUSED, reason=REPEATED_INTENT
    )


class OwnLevels:
    """The entries of this gate: what it wants, since when nothing wants it any more."""

    def __init__(self, limits: Settings) -> None:
        self._hold_ms = limits.modes.hold_s * 1_000
        self._data_hold_ms = limits.modes.data_hold_ms
        self._wanted_ms: dict[Place, int] = {}
        self._demands: dict[Place, Wanted] = {}

    def demand(self, wanted: Wanted) -> None:
        """Want a level once: until its entry is seen, then the time without cause begins."""
        self._demands[wanted.place] = wanted

    def step(
        self, wanted: Iterable[Wanted], entries: Iterable[LevelEntry], now_ms: int
    ) -> list[SetLevel]:
        """Return what to set, given every *wanted* level and all *entries* there are."""
        mine = {(one.scope, one.name): one for one in entries if one.source == SOURCE}
        by_place = {one.place: one for one in wanted}
        for place, one in list(self._demands.items()):
            if place in mine and mine[place].level.rank >= one.level.rank:
                del self._demands[place]
            elif place not in by_place or by_place[place].level.rank < one.level.rank:
                by_place[place] = one
        for place in mine:
            scope, name = place
            free = Wanted(scope=scope, name=name, level=Level.ACTIVE, reason=OK)
            by_place.setdefault(place, free)
        steps = (self._one(one, mine.get(one.place), now_ms) for one in by_place.values())
        return [one for one in steps if one is not None]

    def _one(self, wanted: Wanted, entry: LevelEntry | None, now_ms: int) -> SetLevel | None:
        has = entry.level if entry else Level.ACTIVE
        if wanted.level.rank >= has.rank:
            self._wanted_ms[wanted.place] = now_ms
            return _set(wanted) if wanted.level.rank > has.rank else None
        hold_ms = self._data_hold_ms if entry and entry.reason == MARKET_DATA else self._hold_ms
        if now_ms - self._wanted_ms.setdefault(wanted.place, now_ms) < hold_ms:
            return None
        return _set(wanted)


def _over_exposed(facts: Facts, limits: Settings) -> bool:
    values = [_exposure(state, facts) for state in facts.states.values()]
    known = [value for value in values if value is not None]
    if sum(known, ZERO) > limits.modes.exposure_max_try:
        return True
    equity = facts.account.equity
    if equity is None or not known:
        return False
    largest = max(_position_value(state, facts) for state in facts.states.values())
    return largest > limits.modes.position_max_ratio * equity


def _exposure(state: InstrumentState, facts: Facts) -> Decimal | None:
    buys = [one for one in state.alive if one.side is Side.BUY]
    return exposure(state, facts, buys=buys)


def _position_value(state: InstrumentState, facts: Facts) -> Decimal:
    return state.position * facts.marks.get(state.instrument, ZERO)


def _desk(level: Level, reason: str) -> Wanted:
    return Wanted(scope=Scope.DESK, name="", level=level, reason=reason)


def _set(wanted: Wanted) -> SetLevel:
    return SetLevel(
        scope=wanted.scope,
        name=wanted.name,
        source=SOURCE,
        level=wanted.level,
        reason=wanted.reason,
    )
