"""How much is at risk once this order is out? Quote asset; what cannot be known counts as too much.

A buy that is being cancelled still counts in full: it may fill before it is gone.
"""

from decimal import Decimal

from actors.risk_gate.ask import UNKNOWN, Ask, checked
from messages.money import text
from messages.orders import Check


def order_size(ask: Ask) -> Check:
    """Check 8: the notional of this order."""
    return at_most("MAX_ORDER_NOTIONAL", ask.intent.notional, ask.limits.order_notional_max_try)


def position(ask: Ask) -> Check:
    """Check 12: the exposure of the instrument, without what is on its way out."""
    found = ask.exposure(without_leaving=True)
    return at_most("MAX_POSITION_NOTIONAL", found, ask.limits.position_max_try)


def gross(ask: Ask) -> Check:
    """Check 13: the exposure of all instruments, without what is on its way out."""
    found = ask.gross(without_leaving=True)
    return at_most("MAX_GROSS_EXPOSURE", found, ask.limits.gross_max_try)


def replace_worst_case(ask: Ask) -> Check:
    """Check 14: both limits hold even if all that is being cancelled fills."""
    code, limits = "REPLACE_WORST_CASE", ask.limits
    one = at_most(code, ask.exposure(), limits.position_max_try)
    return at_most(code, ask.gross(), limits.gross_max_try) if one.passed else one


def at_most(code: str, found: Decimal | None, limit: Decimal) -> Check:
    """Return the check that *found* is known and not above *limit*."""
    return checked(
        code,
        observed=UNKNOWN if found is None else text(found),
        limit=text(limit),
        passed=found is not None and found <= limit,
    )
