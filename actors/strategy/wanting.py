"""The two sentences every strategy here says: hold so much more, hold so much less.

Money in the quote asset. A change that is worth less than the smallest order is no change.
"""

from decimal import Decimal

from actors.strategy.interface import Seen, Target
from messages.money import ZERO


def more(seen: Seen, notional: Decimal, reason: str) -> Target | None:
    """Return the wish to hold *notional* more at the mark, None when that is no change."""
    return _changed(seen, seen.rules.quantity_for(max(ZERO, notional), seen.mark), reason)


def less(seen: Seen, notional: Decimal, reason: str) -> Target | None:
    """Return the wish to hold *notional* less at the mark, None when that is no change."""
    quantity = seen.rules.quantity_for(max(ZERO, notional), seen.mark)
    return _changed(seen, -min(quantity, seen.position), reason)


def _changed(seen: Seen, quantity: Decimal, reason: str) -> Target | None:
    if abs(quantity) * seen.mark < seen.rules.notional_min:
        return None
    return Target(quantity=seen.position + quantity, reason=reason)
