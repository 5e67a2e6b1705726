"""What an instrument's rules are, and how a wish is brought onto its grid.

Prices are quote per base, quantities base, notionals quote. Sizes are only ever rounded down.
"""

from decimal import Decimal

from msgspec import Struct

from messages.money import Amount, floor_to


class Instrument(Struct, frozen=True, kw_only=True):
    """The venue's rules for one instrument, whole. A bound it does not state is None."""

    instrument: str
    base: str
    quote: str
    price_increment: Amount
    quantity_step: Amount
    notional_min: Amount
    notional_max: Amount | None = None
    price_min: Amount | None = None
    price_max: Amount | None = None
    quantity_min: Amount | None = None
    quantity_max: Amount | None = None
    not_tradable: str | None = None  # the code that says why, None: tradable

    def price_down(self, price: Decimal) -> Decimal:
        """Return *price* on the grid, not above it."""
        return floor_to(price, self.price_increment)

    def quantity_down(self, quantity: Decimal) -> Decimal:
        """Return *quantity* on the grid, not above it."""
        return floor_to(quantity, self.quantity_step)

    def quantity_for(self, notional: Decimal, price: Decimal) -> Decimal:
        """Return the largest quantity on the grid that costs at most *notional* at *price*."""
        if price <= 0:
            return Decimal(0)
        return floor_to(notional, price * self.quantity_step) / price

    def invalid(self, price: Decimal, quantity: Decimal) -> str | None:
        """Return the code of the first rule that an order breaks, None when it is valid."""
        return next((code for code, broken in self._checks(price, quantity) if broken), None)

    def _checks(self, price: Decimal, quantity: Decimal) -> tuple[tuple[str, bool], ...]:
        notional = price * quantity
        return (
            ("PRICE_NOT_POSITIVE", price <= 0),
            ("QUANTITY_NOT_POSITIVE", quantity <= 0),
            ("PRICE_OFF_GRID", self.price_down(price) != price),
            ("QUANTITY_OFF_GRID", self.quantity_down(quantity) != quantity),
            ("PRICE_BELOW_MIN", _below(price, self.price_min)),
            ("PRICE_ABOVE_MAX", _above(price, self.price_max)),
            ("QUANTITY_BELOW_MIN", _below(quantity, self.quantity_min)),
            ("QUANTITY_ABOVE_MAX", _above(quantity, self.quantity_max)),
            ("MIN_NOTIONAL", notional < self.notional_min),
            ("NOTIONAL_ABOVE_MAX", _above(notional, self.notional_max)),
        )


def _below(value: Decimal, bound: Decimal | None) -> bool:
    return bound is not None and value < bound


def _above(value: Decimal, bound: Decimal | None) -> bool:
    return bound is not None and value > bound
