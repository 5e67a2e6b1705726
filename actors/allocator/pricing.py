"""At which price is an order worth saying? Prices are quote per base, on the instrument's grid."""

from decimal import Decimal

from actors.allocator.settings import Settings
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import BPS, ONE, ZERO
from messages.orders import Side


def limit_price(
    side: Side, *, wanted: Decimal | None, quote: Quote, rules: Instrument, settings: Settings
) -> Decimal:
    """Return the limit price of an order: *wanted* if the target names one, else by the settings.

    Rounded down for both sides; a sell gives away less than one increment by it. 0 where there is
    no side of the book to price from, or the grid is coarser than the price.
    """
    price = wanted if wanted is not None else _priced(side, quote, settings)
    return rules.price_down(price) if price > 0 else ZERO


def _priced(side: Side, quote: Quote, settings: Settings) -> Decimal:
    offset = settings.offset_bps * BPS
    if settings.pricing == "passive":
        mid = quote.mid or ZERO
        return mid * (ONE - offset) if side is Side.BUY else mid * (ONE + offset)
    if side is Side.BUY:
        return (quote.ask or ZERO) * (ONE + offset)
    return (quote.bid or ZERO) * (ONE - offset)
