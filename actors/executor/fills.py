"""What one fill books: postings, the order, the position of its strategy, the day.

A fill is booked once, whole: the caller has made sure that its trade id is new.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from actors.executor import day, positions
from actors.executor.draft import Draft
from actors.executor.postings import Cost, assets, execution, hold
from actors.venues.port import VenueFill
from messages.money import ZERO, Amount
from store.rows import FREE, FillRow, MetaRow, OrderRow


class Booking(Struct, frozen=True, kw_only=True):
    """An order after one of its fills, and what a person should know about that, as codes."""

    order: OrderRow
    flags: tuple[str, ...]


class Terms(Struct, frozen=True, kw_only=True):
    """What booking needs beside the books: the taker rate with tax, what is dust, which day."""

    gross: Decimal
    dust_max: Decimal  # in quote; less is flat
    today: str
    now_ms: int


def contradiction(order: OrderRow, fill: VenueFill) -> str | None:
    """Return why *fill* cannot be one of *order*, None when it can."""
    if fill.side is not order.side:
        return "FILL_OTHER_SIDE"
    if fill.instrument != order.instrument:
        return "FILL_OTHER_INSTRUMENT"
    if fill.quantity <= 0 or fill.price <= 0:
        return "FILL_NOT_POSITIVE"
    if fill.fee < 0 or fill.tax < 0:
        return "FILL_NEGATIVE_FEE"
    return None


def book(draft: Draft, order: OrderRow, fill: VenueFill, terms: Terms, *, late: bool) -> Booking:
    """Add everything *fill* leads to to *draft*; return *order* after it.

    What is left of the order's hold pays first, what is free the rest: for a *late* fill all.
    """
    cost = _cost(order, fill)
    part = hold_part(order, fill.quantity, terms.gross)
    draft.transfer(f"fill:{fill.trade_id}", execution(cost, part=part))
    in_quote = cost.fee_asset == cost.quote
    charges = cost.fee + cost.tax if in_quote else ZERO
    done = positions.Execution(
        side=order.side, quantity=fill.quantity, price=fill.price, charges=charges
    )
    before = draft.books.position(order.strategy, order.instrument)
    booked = positions.book(before, done, dust_max=terms.dust_max)
    today = day.current(draft.books.day, terms.today)
    draft.put(
        booked.row,
        day.with_fill(today, realised=booked.realised or ZERO, charges=charges),
        _row(order, fill, booked.realised, terms, late=late),
    )
    if booked.trip_realised is not None:
        remembered = draft.books.meta(day.STREAK)
        value = day.streak_after(remembered, terms.today, booked.trip_realised)
        draft.put(MetaRow(key=day.STREAK, value=value))
    after = replace(
        order,
        booked_quantity=Amount(order.booked_quantity + fill.quantity),
        hold_left=Amount(order.hold_left - part),
    )
    return Booking(order=after, flags=_flags(in_quote=in_quote, realised=booked.realised))


def hold_part(order: OrderRow, quantity: Decimal, gross: Decimal) -> Decimal:
    """Return the part of the order's hold that a fill of *quantity* uses up.

    The last fill takes all that is left, so that no rest stays whatever the rate was meanwhile.
    """
    if quantity >= order.quantity - order.booked_quantity:
        return order.hold_left
    share = hold(order.instrument, order.side, quantity, order.price, gross).amount
    return min(share, order.hold_left)


def overdrawn(draft: Draft, order: OrderRow) -> str | None:
    """Return the asset of *order* of which less than nothing would be free, None for none."""
    for asset in assets(order.instrument):
        if draft.balance(FREE, asset) < 0:
            return asset
    return None


def _flags(*, in_quote: bool, realised: Decimal | None) -> tuple[str, ...]:
    found = () if in_quote else ("FEE_UNCONVERTED",)
    return found if realised is not None else (*found, "COST_UNKNOWN")


def _cost(order: OrderRow, fill: VenueFill) -> Cost:
    base, quote = assets(order.instrument)
    return Cost(
        side=order.side,
        base=base,
        quote=quote,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        tax=fill.tax,
        fee_asset=fill.fee_asset,
    )


def _row(
    order: OrderRow, fill: VenueFill, realised: Decimal | None, terms: Terms, *, late: bool
) -> FillRow:
    return FillRow(
        trade_id=fill.trade_id,
        client_order_id=order.client_order_id,
        venue_order_id=fill.venue_order_id,
        instrument=order.instrument,
        strategy=order.strategy,
        side=order.side,
        price=Amount(fill.price),
        quantity=Amount(fill.quantity),
        fee=Amount(fill.fee),
        tax=Amount(fill.tax),
        fee_asset=fill.fee_asset,
        realised=None if realised is None else Amount(realised),
        late=late,
        at_ms=fill.at_ms,
        booked_ms=terms.now_ms,
    )
