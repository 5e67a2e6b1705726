"""What one trade costs: a commission on the notional and a tax on the commission, in quote.

Both are cut to 8 decimals, so that the parts of an order never cost more than what was set aside
for the whole of it. The hold itself is exact.
"""

from decimal import Decimal

from msgspec import Struct

from actors.venues.settings import ExchangeFees
from messages.money import BPS, ONE, divide_down, round_down

FEE_PLACES = 8
SPEND_PLACES = 16  # a market buy is cut to this many decimals of base (broker-api-docs #429)


class Charge(Struct, frozen=True):
    fee: Decimal
    tax: Decimal


def charge(notional: Decimal, fees: ExchangeFees, *, maker: bool) -> Charge:
    """Return fee and tax on *notional*."""
    rate = (fees.maker_bps if maker else fees.taker_bps) * BPS
    fee = round_down(notional * rate, FEE_PLACES)
    return Charge(fee, round_down(fee * fees.vat_ratio, FEE_PLACES))


def gross_taker(fees: ExchangeFees) -> Decimal:
    """Return the taker fee with its tax as a ratio of the notional."""
    return fees.taker_bps * BPS * (ONE + fees.vat_ratio)


def affordable(budget: Decimal, price: Decimal, gross: Decimal) -> Decimal:
    """Return the base that *budget* of quote buys at *price*, commission and tax included."""
    return divide_down(budget, price * (ONE + gross), SPEND_PLACES)
