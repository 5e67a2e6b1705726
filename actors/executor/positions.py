"""What one fill does to the position of its strategy: quantity, cost, profit, round trips.

Quantities base, everything else quote. Costs are kept as a total, so that an average is never
rounded twice; only a sale of a part divides, half to even at 18 decimals (decision-rules 14).
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from messages.money import ZERO, Amount, average
from messages.orders import Side
from store.rows import PositionRow


class Booked(Struct, frozen=True, kw_only=True):
    """The position after one fill, the fill's own profit (None: cost unknown), and what ended."""

    row: PositionRow
    realised: Decimal | None
    trip_realised: Decimal | None = None  # of the round trip that this fill ended


class Execution(Struct, frozen=True, kw_only=True):
    """One fill as a position sees it; *charges* are fee and tax, in quote."""

    side: Side
    quantity: Decimal
    price: Decimal
    charges: Decimal

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


def book(row: PositionRow, done: Execution, *, dust_max: Decimal = ZERO) -> Booked:
    """Return what *done* makes of *row*. A rest worth less than *dust_max* counts as flat.

    What was sold without having been bought here has no cost: for that part no profit is computed,
    and a later purchase fills the gap without profit either.
    """
    if done.side is Side.BUY:
        return _bought(row, done)
    return _sold(row, done, dust_max)


def _bought(row: PositionRow, done: Execution) -> Booked:
    position = row.position + done.quantity
    paid = done.notional + done.charges
    if row.position < 0:
        covered = max(position, ZERO)
        paid = _share(paid, covered, done.quantity)
    cost = None if row.cost is None else Amount(row.cost + paid)
    return Booked(row=replace(row, position=Amount(position), cost=cost), realised=ZERO)


def _sold(row: PositionRow, done: Execution, dust_max: Decimal) -> Booked:
    position = row.position - done.quantity
    realised, cost = _profit(row, done)
    trip = row.trip_realised + (realised or ZERO)
    after = replace(
        row,
        position=Amount(position),
        cost=None if cost is None else Amount(cost),
        realised=Amount(row.realised + (realised or ZERO)),
        trip_realised=Amount(trip),
    )
    if realised is None or (position > 0 and position * done.price >= dust_max):
        return Booked(row=after, realised=realised)
    lost = row.lost_in_a_row + 1 if trip < 0 else 0
    ended = replace(after, lost_in_a_row=lost, trip_realised=Amount(0))
    return Booked(row=ended, realised=realised, trip_realised=trip)


def _profit(row: PositionRow, done: Execution) -> tuple[Decimal | None, Decimal | None]:
    """Return the profit of a sale and the cost of what is left, None where unknown."""
    owned = max(row.position, ZERO)
    if owned == 0:
        return None, ZERO
    if row.cost is None:
        return None, None if owned > done.quantity else ZERO
    if owned >= done.quantity:
        whole = owned == done.quantity
        removed = row.cost if whole else _share(row.cost, done.quantity, owned)
        return done.notional - done.charges - removed, row.cost - removed
    got = owned * done.price - _share(done.charges, owned, done.quantity)
    return got - row.cost, ZERO


def _share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return total if part == whole else average(total * part, whole)
