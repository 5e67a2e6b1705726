"""What strategies see, with ordinary numbers: BTC_TRY at 100, steps of 0.01, orders from 10."""

from decimal import Decimal

from actors.strategy.interface import Seen
from messages.money import amount
from tests.builders import rules

BTC, ETH = "BTC_TRY", "ETH_TRY"
RULES = rules(quantity_step="0.01", notional_min="10")


def seen(mark="100", position="0", *, buying="0", selling="0", cost=None, spread="0"):
    """One instrument with its mid at *mark*."""
    half = Decimal(spread) / 2
    return Seen(
        rules=RULES,
        bid=amount(Decimal(mark) - half),
        ask=amount(Decimal(mark) + half),
        position=amount(position),
        buying=amount(buying),
        selling=amount(selling),
        cost=None if cost is None else amount(cost),
    )


def decide(strategy, mark="100", *, now_ms=0, cash="1000", **given):
    """Return the target for BTC_TRY, None for no opinion."""
    return strategy.decide(now_ms, Decimal(cash), {BTC: seen(mark, **given)}).get(BTC)
