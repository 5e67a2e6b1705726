"""What the simulated exchange lists, and how prices and quantities become whole numbers and text.

A price is counted in *ticks* of the instrument's increment, a quantity in *units* of 10^-16 base:
a market buy ends between the decimals of its instrument (broker-api-docs #429). Text on REST has
the decimals of the instrument; prices of one without fraction have none.
"""

import re
from decimal import ROUND_DOWN, Decimal

from msgspec import Struct

from messages.money import Amount

UNIT_PLACES = 16
UNITS_PER_ONE = 10**UNIT_PLACES
NUMBER_PATTERN = re.compile(r"[0-9]{0,12}(\.[0-9]{1,16})?")  # the venue's own pattern


class Asset(Struct, frozen=True, kw_only=True):
    """One currency: *precision* is for display only."""

    asset_id: int
    symbol: str
    name: str
    precision: int
    fiat: bool = False


class Listing(Struct, frozen=True, kw_only=True):
    """One instrument with its rules. *opening* is where its seeded walk begins."""

    pair_id: int
    base: str
    quote: str
    base_scale: int
    price_scale: int
    has_fraction: bool
    tick_size: str  # a step of the screen, not the increment (broker-api-docs #205)
    notional_min: Amount
    opening: Amount
    rank: int
    quantity_max: Amount | None = None  # the largest order, in base

    @property
    def instrument(self) -> str:
        return f"{self.base}_{self.quote}"

    @property
    def symbol(self) -> str:
        return f"{self.base}{self.quote}"

    @property
    def price_places(self) -> int:
        return self.price_scale if self.has_fraction else 0

    @property
    def step_units(self) -> int:
        return int(10 ** (UNIT_PLACES - self.base_scale))

    def price(self, ticks: int) -> Decimal:
        return Decimal(ticks).scaleb(-self.price_places)

    def ticks(self, price: Decimal) -> int:
        """Return *price* in whole ticks, rounded down."""
        return int(price.scaleb(self.price_places).to_integral_value(ROUND_DOWN))

    def quantity(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-UNIT_PLACES)

    def price_text(self, price: Decimal) -> str:
        return f"{price:.{self.price_places}f}"

    def quantity_text(self, quantity: Decimal) -> str:
        """Return *quantity* rounded to the decimals of its instrument, as `amount` of a fill is."""
        return f"{quantity:.{self.base_scale}f}"


def units(quantity: Decimal) -> int:
    """Return *quantity* in whole units; it has at most 16 decimals."""
    return int(quantity.scaleb(UNIT_PLACES))


def places(number: str) -> int:
    """Return how many decimals *number* has; the venue counts zeros too (broker-api-docs #449)."""
    return len(number.partition(".")[2])


ASSETS: dict[str, Asset] = {
    asset.symbol: asset
    for asset in (
        Asset(asset_id=1, symbol="TRY", name="Türk Lirası", precision=2, fiat=True),
        Asset(asset_id=2, symbol="BTC", name="Bitcoin", precision=8),
        Asset(asset_id=3, symbol="ETH", name="Ethereum", precision=8),
        Asset(asset_id=7, symbol="USDT", name="Tether", precision=2),
        Asset(asset_id=61, symbol="SOL", name="Solana", precision=4),
        Asset(asset_id=43, symbol="DOGE", name="Dogecoin", precision=4),
        Asset(asset_id=5, symbol="XRP", name="Ripple", precision=4),
    )
}

LISTINGS: dict[str, Listing] = {
    listing.instrument: listing
    for listing in (
        Listing(
            pair_id=1,
            base="BTC",
            quote="TRY",
            base_scale=8,
            price_scale=2,
            has_fraction=False,
            tick_size="10",
            notional_min=Amount("99.91"),
            opening=Amount(3_040_000),
            rank=1000,
        ),
        Listing(
            pair_id=2,
            base="ETH",
            quote="TRY",
            base_scale=8,
            price_scale=2,
            has_fraction=False,
            tick_size="1",
            notional_min=Amount("99.91"),
            opening=Amount(91_300),
            rank=1001,
        ),
        Listing(
            pair_id=4,
            base="USDT",
            quote="TRY",
            base_scale=2,
            price_scale=3,
            has_fraction=True,
            tick_size="0.001",
            notional_min=Amount("99.91"),
            opening=Amount("44.12"),
            rank=1002,
        ),
        Listing(
            pair_id=260,
            base="SOL",
            quote="TRY",
            base_scale=4,
            price_scale=2,
            has_fraction=True,
            tick_size="0.01",
            notional_min=Amount("99.91"),
            opening=Amount(6_420),
            rank=1003,
        ),
        Listing(
            pair_id=140,
            base="DOGE",
            quote="TRY",
            base_scale=4,
            price_scale=4,
            has_fraction=True,
            tick_size="0.0001",
            notional_min=Amount("99.91"),
            opening=Amount("4.19"),
            rank=1005,
            quantity_max=Amount(750_000),
        ),
        Listing(
            pair_id=17,
            base="BTC",
            quote="USDT",
            base_scale=8,
            price_scale=2,
            has_fraction=False,
            tick_size="1",
            notional_min=Amount(10),
            opening=Amount(68_900),
            rank=2000,
        ),
        Listing(
            pair_id=20,
            base="ETH",
            quote="USDT",
            base_scale=8,
            price_scale=1,
            has_fraction=True,
            tick_size="0.1",
            notional_min=Amount(10),
            opening=Amount("2068.4"),
            rank=2001,
        ),
    )
}
