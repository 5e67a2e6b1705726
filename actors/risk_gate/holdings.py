"""Is there enough to sell, and enough left after a buy? Base asset for sells, quote for buys."""

from decimal import Decimal

from actors.risk_gate.ask import UNKNOWN, Ask, checked
from messages.money import ONE, ZERO, text
from messages.orders import Check, Side


def sellable(ask: Ask) -> Check:
    """Check 10: what the strategy and the account hold and do not sell already covers it."""
    free = _free_to_sell(ask)
    quantity = ask.intent.quantity
    return checked(
        "NO_POSITION" if free <= 0 else "EXCEEDS_POSITION",
        observed=text(quantity),
        limit=text(max(free, ZERO)),
        passed=ZERO < quantity <= free,
    )


def cash(ask: Ask) -> Check:
    """Check 11: the reserve stays whole, fees included."""
    limits, facts = ask.limits, ask.facts
    cost = ONE + limits.fees.gross_taker
    free = facts.account.free.get(facts.quote_asset)
    coming = sum((one.notional for one in ask.unbooked() if one.side is Side.BUY), ZERO)
    left = None if free is None else free - (coming + ask.intent.notional) * cost
    return checked(
        "CASH_RESERVE",
        observed=UNKNOWN if left is None else text(left),
        limit=text(limits.cash_target_try),
        passed=left is not None and left >= limits.cash_target_try,
    )


def _free_to_sell(ask: Ask) -> Decimal:
    state, name = ask.facts.state, ask.intent.strategy
    selling = sum((one.remaining for one in ask.alive() if one.side is Side.SELL), ZERO)
    coming = [one for one in ask.on_way() if one.side is Side.SELL]
    account = state.position - selling - sum((one.quantity for one in coming), ZERO)
    mine = sum((one.quantity for one in coming if one.strategy == name), ZERO)
    return min(account, ask.own.position - ask.own.selling - mine)
