"""How large may a wish become an order? Caps in order of precedence; nothing is ever rounded up.

Caps and allocations in quote asset at the wish's own limit price, holdings at mark, quantities in
base on the instrument's grid. The budgets are read here and deducted from by whoever sends.
"""

from decimal import Decimal

from msgspec import Struct

from actors.allocator.budget import Budgets
from actors.allocator.places import Place
from actors.allocator.settings import Settings
from actors.allocator.wishes import Wish
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import ZERO
from messages.orders import Cap, QuoteSeen, Side, Sizing

ACCEPTED = "accepted"
SCALED = "scaled"
REJECTED = "rejected"
OK = "OK"

CASH = "CASH_TARGET"
POSITION = "MAX_POSITION_EXPOSURE_CAP"
HOLDINGS = "POSITION_VALUE_CAP"
CYCLE = "CYCLE_CAP"
ORDER = "MAX_INTENT_CAP"


class Sized(Struct, frozen=True, kw_only=True):
    """What became of a wish: how much of it, and why that much. *sizing* None: never computed."""

    status: str
    reason: str
    price: Decimal = ZERO
    quantity: Decimal = ZERO
    sizing: Sizing | None = None


def size(
    wish: Wish,
    place: Place,
    budgets: Budgets,
    settings: Settings,
    *,
    rules: Instrument,
    quote: Quote,
    price: Decimal,
) -> Sized:
    """Return the order that *wish* may become at the limit *price*, or why it may become none."""
    factor = place.size_factor(settings)
    caps = _caps(wish, place, budgets, settings, price=price, mark=quote.mid, factor=factor)
    wanted = wish.quantity * price
    smallest = min(caps, key=_left)
    allocated = max(ZERO, min(wanted, smallest.left))
    quantity = _quantity(wish, rules, allocated=allocated, price=price)
    reason = _rejection(wish, rules, budgets, caps, price=price, quantity=quantity)
    status = REJECTED if reason else ACCEPTED if allocated == wanted else SCALED
    binding = OK if allocated == wanted else smallest.code
    return Sized(
        status=status,
        reason=reason or binding,
        price=price,
        quantity=quantity,
        sizing=Sizing(
            quote=_seen(quote, place.quote_age_ms),
            target_quantity=wish.target.quantity,
            target_price=wish.target.price,
            reason=wish.target.reason,
            targets_seq=wish.targets_seq,
            position=wish.held.position,
            buying=wish.held.buying,
            selling=wish.held.selling,
            wish=wish.signed,
            limit_price=price,
            cash=budgets.available.cash,
            investable=budgets.available.invested(factor),
            deploy=budgets.available.deploy(factor),
            size_factor=factor,
            caps=caps,
            binding=binding,
            status=status,
            allocated=allocated,
            quantity=quantity,
        ),
    )


def _caps(
    wish: Wish,
    place: Place,
    budgets: Budgets,
    settings: Settings,
    *,
    price: Decimal,
    mark: Decimal | None,
    factor: Decimal,
) -> tuple[Cap, ...]:
    both = (
        Cap(code=CYCLE, left=max(ZERO, budgets.pass_left)),
        Cap(code=ORDER, left=settings.order_max_try),
    )
    if wish.side is Side.SELL:
        return (Cap(code=HOLDINGS, left=_sellable(wish, place, budgets) * price), *both)
    used = place.position * (mark or ZERO) + place.buying_value + budgets.bought(wish.instrument)
    return (
        Cap(code=CASH, left=budgets.deploy_left(factor)),
        Cap(code=POSITION, left=max(ZERO, settings.position_max_try - used)),
        *both,
    )


def _sellable(wish: Wish, place: Place, budgets: Budgets) -> Decimal:
    own = wish.held.position - wish.held.selling
    own -= budgets.sold_by(wish.strategy, wish.instrument)
    account = place.position - place.remaining(Side.SELL) - budgets.sold(wish.instrument)
    return max(ZERO, min(own, account))


def _quantity(wish: Wish, rules: Instrument, *, allocated: Decimal, price: Decimal) -> Decimal:
    return min(rules.quantity_down(wish.quantity), rules.quantity_for(allocated, price))


def _rejection(
    wish: Wish,
    rules: Instrument,
    budgets: Budgets,
    caps: tuple[Cap, ...],
    *,
    price: Decimal,
    quantity: Decimal,
) -> str | None:
    first = caps[0]
    if price <= 0:
        return "PRICE_ZERO"
    if first.code == HOLDINGS and first.left <= 0:
        return "NO_POSITION"
    if price * quantity < rules.notional_min:
        starved = first.code == CASH and first.left < rules.notional_min
        return CASH if starved else "MIN_NOTIONAL"
    if budgets.orders_left <= 0:
        return "MAX_ORDERS"
    return rules.invalid(price, quantity)


def _left(cap: Cap) -> Decimal:
    return cap.left  # of equal ones `min` keeps the first, which is the higher in precedence


def _seen(quote: Quote, age_ms: int) -> QuoteSeen:
    return QuoteSeen(
        bid=quote.bid or ZERO,
        ask=quote.ask or ZERO,
        channel=quote.channel,
        venue_ms=quote.venue_ms,
        age_ms=age_ms,
        seq=quote.seq,
    )
