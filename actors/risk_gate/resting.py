"""How does this order go with those that are alive? An order is alive until evidence ends it."""

from decimal import Decimal

from actors.risk_gate.ask import Ask, checked
from messages.money import text
from messages.orders import Check, OrderState, Side, alike


def unknown(ask: Ask) -> Check:
    """Check 9: no order of unknown outcome on the instrument."""
    found = sum(1 for one in ask.alive() if one.state is OrderState.UNKNOWN)
    most = ask.limits.unknown_max
    return checked("UNKNOWN_OPEN", observed=str(found), limit=str(most), passed=found <= most)


def open_orders(ask: Ask) -> Check:
    """Check 15: not too many orders alive. What this very batch cancels does not count here."""
    facts, limits = ask.facts, ask.limits
    alive = [one for state in facts.states.values() for one in state.alive]
    desk = sum(1 for one in alive if not ask.cancels(one)) + len(ask.all_on_way()) + 1
    here = sum(1 for one in ask.alive() if not ask.cancels(one)) + len(ask.on_way()) + 1
    return checked(
        "MAX_OPEN_ORDERS",
        observed=f"{desk} on the desk, {here} here",
        limit=f"{limits.orders_max} on the desk, {limits.instrument_orders_max} here",
        passed=desk <= limits.orders_max and here <= limits.instrument_orders_max,
    )


def duplicate(ask: Ask) -> Check:
    """Check 19: no like order is alive, unless it is on its way out."""
    like = [name for name, price, left in _same_side(ask) if _alike(ask, price, left)]
    return checked(
        "DUPLICATE_ORDER", observed=like[0] if like else "none", limit="none", passed=not like
    )


def self_cross(ask: Ask) -> Check:
    """Check 20: the order cannot trade with one of ours."""
    intent = ask.intent
    prices = [one.price for one in ask.alive() if one.side is intent.side.opposite]
    prices += [one.price for one in ask.on_way() if one.side is intent.side.opposite]
    if not prices:
        return checked("SELF_CROSS", observed=text(intent.price), limit="none", passed=True)
    if intent.side is Side.BUY:
        against = min(prices)
        passed, word = intent.price < against, "below"
    else:
        against = max(prices)
        passed, word = intent.price > against, "above"
    limit = f"{word} {text(against)}"
    return checked("SELF_CROSS", observed=text(intent.price), limit=limit, passed=passed)


def _same_side(ask: Ask) -> list[tuple[str, Decimal, Decimal]]:
    """Return id, price and what is left of each order on the intent's side that stays."""
    side = ask.intent.side
    stays = [
        (one.client_order_id, one.price, one.remaining)
        for one in ask.alive()
        if one.side is side and not ask.leaves(one)
    ]
    coming = [(one.intent_id, one.price, one.quantity) for one in ask.on_way() if one.side is side]
    return stays + coming


def _alike(ask: Ask, price: Decimal, left: Decimal) -> bool:
    intent = ask.intent
    return alike(
        price=intent.price, quantity=intent.quantity, other_price=price, other_quantity=left
    )
