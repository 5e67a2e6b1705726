"""What may a strategy see now? Only what is fresh: an old quote, state or account is not shown.

Ages are counted from when something was heard, monotonic ms; a quote brings the age it had.
"""

from collections.abc import Iterable
from decimal import Decimal

from actors.runtime.newest import Newest
from actors.strategy.interface import Seen
from actors.strategy.settings import Settings
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import ZERO
from messages.state import AccountState, InstrumentState, StrategyPosition

NOTHING_HELD = StrategyPosition(position=ZERO, cost=None, buying=ZERO, selling=ZERO)


def seen(
    names: Iterable[str], newest: Newest, settings: Settings, *, strategy: str, now_ms: int
) -> dict[str, Seen]:
    """Return what *strategy* may see of each of *names*; the others are not fresh."""
    found = {name: _seen(name, newest, settings, strategy, now_ms) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def cash(newest: Newest, settings: Settings, *, quote: str, now_ms: int) -> Decimal | None:
    """Return the free money of the account, None when it is not known well enough."""
    account = newest.get(AccountState)
    age_ms = newest.age_ms(AccountState, now_ms=now_ms)
    if account is None or age_ms is None or age_ms > settings.state_age_max_ms:
        return None
    return account.free.get(quote, ZERO)


def _seen(name: str, newest: Newest, settings: Settings, strategy: str, now_ms: int) -> Seen | None:
    rules, quote = newest.get(Instrument, name), newest.get(Quote, name)
    state = newest.get(InstrumentState, name)
    if rules is None or rules.not_tradable is not None or quote is None or state is None:
        return None
    if not _fresh(quote, newest, settings, now_ms):
        return None
    if quote.problem is not None or quote.bid is None or quote.ask is None:
        return None
    own = state.by_strategy.get(strategy, NOTHING_HELD)
    return Seen(
        rules=rules,
        bid=quote.bid,
        ask=quote.ask,
        position=own.position,
        buying=own.buying,
        selling=own.selling,
        cost=own.cost,
    )


def _fresh(quote: Quote, newest: Newest, settings: Settings, now_ms: int) -> bool:
    heard_ms = newest.age_ms(Quote, quote.instrument, now_ms=now_ms) or 0
    state_ms = newest.age_ms(InstrumentState, quote.instrument, now_ms=now_ms) or 0
    return (
        quote.age_ms + heard_ms <= settings.quote_age_max_ms
        and state_ms <= settings.state_age_max_ms
    )
