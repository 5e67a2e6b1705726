"""What others do with our account, where `foreign_orders = "external"` lets them.

Their orders are listed, counted as funds that are locked and as exposure, and never cancelled. What
they trade is booked as money that comes and goes, each execution once; it is no strategy's.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from actors.executor import postings
from actors.executor.postings import Leg, assets, hold
from actors.venues.port import VenueFill, VenueOrder
from messages.money import ZERO, text
from messages.orders import Side
from store.rows import EXTERNAL, FEES, MARKET, TAXES

NOBODY_ELSES = (MARKET, FEES, TAXES)


class ForeignOrder(Struct, frozen=True, kw_only=True):
    """One order of somebody else that rests; *left* is what it may still trade."""

    venue_order_id: int
    client_order_id: str
    instrument: str
    side: Side
    price: Decimal
    left: Decimal

    def plain(self) -> dict[str, str | int]:
        return {
            "venue_order_id": self.venue_order_id,
            "client_order_id": self.client_order_id,
            "instrument": self.instrument,
            "side": self.side.value,
            "price": text(self.price),
            "left": text(self.left),
        }


class Foreign:
    """What of others the newest list of each instrument shows; empty where they are not let."""

    def __init__(self, policy: str, gross: Decimal) -> None:
        self.is_let = policy == "external"
        self._gross = gross
        self._shown: dict[str, tuple[ForeignOrder, ...]] = {}

    def listed(self, instrument: str, rows: Iterable[VenueOrder]) -> None:
        """Take *rows*, all that others have resting on *instrument*."""
        self._shown[instrument] = tuple(_resting(row) for row in rows) if self.is_let else ()

    def orders(self) -> list[ForeignOrder]:
        return [one for shown in self._shown.values() for one in shown]

    def locked(self) -> dict[str, Decimal]:
        """Return what their orders set aside, by asset: as the venue does for ours."""
        found: dict[str, Decimal] = {}
        for one in self.orders():
            leg = hold(one.instrument, one.side, one.left, one.price, self._gross)
            found[leg.asset] = found.get(leg.asset, ZERO) + leg.amount
        return found

    def buying(self, quote: str) -> Decimal:
        """Return what their buys may still cost at their limits, in *quote*."""
        buys = (one for one in self.orders() if one.side is Side.BUY)
        return sum(
            (one.left * one.price for one in buys if assets(one.instrument)[1] == quote), ZERO
        )


def moved(row: VenueFill) -> list[Leg]:
    """Return the legs of an execution that is not ours: the money comes from elsewhere."""
    base, quote = assets(row.instrument)
    cost = postings.Cost(
        side=row.side,
        base=base,
        quote=quote,
        quantity=row.quantity,
        price=row.price,
        fee=row.fee,
        tax=row.tax,
        fee_asset=row.fee_asset,
    )
    outside = dict.fromkeys(NOBODY_ELSES, EXTERNAL)
    return postings.legs(
        Leg(outside.get(one.account, one.account), one.asset, one.amount)
        for one in postings.execution(cost, part=ZERO)
    )


def worth(
    legs: Iterable[Leg], prices: Mapping[str, Decimal | None], *, quote: str
) -> Decimal | None:
    """Return what *legs* bring the account, in *quote*; None where a traded asset has no price."""
    total = ZERO
    for leg in legs:
        if leg.account == EXTERNAL:
            continue
        if leg.asset == quote:
            total += leg.amount
        elif leg.asset in prices:
            price = prices[leg.asset]
            if price is None:
                return None
            total += leg.amount * price
    return total


def _resting(row: VenueOrder) -> ForeignOrder:
    return ForeignOrder(
        venue_order_id=row.venue_order_id,
        client_order_id=row.client_order_id,
        instrument=row.instrument,
        side=row.side,
        price=row.price or ZERO,  # a stop at market has none
        left=row.quantity - row.filled_quantity,
    )
