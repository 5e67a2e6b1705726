"""What each strategy may see right now: fresh quotes beside its own positions.

An instrument it no longer lists but still holds is seen too, to be left: exit only.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from actors.strategy.interface import Seen
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import ZERO
from messages.state import InstrumentState, StrategyPosition

NOTHING = StrategyPosition(position=ZERO, cost=None, buying=ZERO, selling=ZERO)


class Known(Struct, frozen=True, kw_only=True):
    """The newest of one instrument, each None when not heard or too old to act on."""

    rules: Instrument | None
    quote: Quote | None
    state: InstrumentState | None


def universe(
    listed: Iterable[str], strategy: str, states: Iterable[InstrumentState]
) -> dict[str, bool]:
    """Return the instruments *strategy* is asked about, with whether it may enter there."""
    chosen = dict.fromkeys(listed, True)
    for state in states:
        mine = state.by_strategy.get(strategy, NOTHING)
        if mine.position or mine.buying or mine.selling:
            chosen.setdefault(state.instrument, False)
    return chosen


def seen(known: Known, strategy: str) -> Seen | None:
    """Return what *strategy* may know of one instrument, None when that is not enough."""
    rules, quote, state = known.rules, known.quote, known.state
    if rules is None or quote is None or state is None or rules.not_tradable is not None:
        return None
    if quote.problem is not None or quote.bid is None or quote.ask is None:
        return None
    mine = state.by_strategy.get(strategy, NOTHING)
    return Seen(
        rules=rules,
        bid=quote.bid,
        ask=quote.ask,
        position=mine.position,
        buying=mine.buying,
        selling=mine.selling,
        cost=mine.cost,
    )


def has_order_alive(state: InstrumentState | None, strategy: str) -> bool:
    """Return whether an order of *strategy* is alive on the instrument of *state*."""
    return state is not None and any(order.strategy == strategy for order in state.alive)


def replayed(rules: Instrument, mid: Decimal) -> Seen:
    """Return a quote of the past as a strategy sees it while it warms up."""
    return Seen(rules=rules, bid=mid, ask=mid, position=ZERO, buying=ZERO, selling=ZERO, cost=None)
