"""May this order stand at the simulated exchange? The venue's checks, its words and its codes.

Answers with a `Wish`, or with the first refusal in the order checked here. Funds are
the engine's business: they need the ledger.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from actors.venues.simulated.events import Method
from actors.venues.simulated.listing import LISTINGS, NUMBER_PATTERN, Listing, places
from messages.money import BPS
from messages.orders import Side

CLIENT_ORDER_ID_MAX = 50
BAND_FACTOR = (
    10  # a limit price is at most ten times, at least a tenth of the market (broker-api-docs #490)
)
STOP_METHODS = ("stoplimit", "stopmarket", "stop_limit", "stop_market")
PROTECTION_BPS = 500  # a market order trades at most 5 % away from the best price (BtcTurk docs)
BY_SYMBOL = {listing.symbol: listing for listing in LISTINGS.values()}


class Refused(Struct, frozen=True):
    """The venue's no: its word and its number (BtcTurk docs, errors and recent changes)."""

    message: str
    code: int


PARAMETER = Refused("FAILED_ORDER_PARAMETER", 1121)
TYPE_NOT_SUPPORTED = Refused("ORDER_TYPE_NOT_SUPPORTED", 1193)
METHOD_NOT_SUPPORTED = Refused("ORDER_METHOD_NOT_SUPPORTED", 1134)
PRICE_SCALE = Refused("FAILED_INVALID_PRICE_SCALE", 1126)
QUANTITY_SCALE = Refused("FAILED_INVALID_QUANTITY_SCALE", 1127)
PRICE_ABOVE_MAX = Refused("PRICE_MUST_BE_LESS_THAN_MAXPRICE", 1226)
PRICE_BELOW_MIN = Refused("PRICE_MUST_BE_LESS_THAN_MINPRICE", 1227)
TOTAL_TOO_SMALL = Refused("FAILED_MIN_TOTAL_AMOUNT", 1123)
MARKET_FAILED = Refused("FAILED_MARKET_ORDER", 1118)
FUNDS_LIMIT = Refused("FAILED_ORDER_WITH_OPEN_ORDERS", 1122)
FUNDS_MARKET = Refused("BALANCE_NOT_ENOUGH", 1055)
NOT_CANCELLABLE = Refused("ORDER_COULD_NOT_BE_CANCELED", 1051)
NO_SUCH_ORDER = Refused("NO_ORDER_MATCHES_YOUR_REQUEST", 1052)


class Wish(Struct, frozen=True, kw_only=True):
    """An order that may stand, funds aside. *price* is None for a market order."""

    listing: Listing
    side: Side
    method: Method
    quantity: Decimal
    price: Decimal | None
    client_order_id: str


def listing_of(symbol: object, listed: Mapping[str, Listing]) -> Listing | None:
    """Return the listing that `BTCTRY` or `BTC_TRY` names, in any case."""
    if not isinstance(symbol, str):
        return None
    found = BY_SYMBOL.get(symbol.upper().replace("_", ""))
    return found if found is not None and found.instrument in listed else None


def band(market: Decimal) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest limit price while the market is at *market*."""
    return market.scaleb(-1), market * BAND_FACTOR


def admit(
    body: Mapping[str, object], listed: Mapping[str, Listing], market: Mapping[str, Decimal]
) -> Wish | Refused:
    """Return what *body* asks for, or why it cannot be had. *market*: price by instrument."""
    fields = {key.lower(): value for key, value in body.items()}
    listing = listing_of(fields.get("pairsymbol"), listed)
    name = fields.get("neworderclientid") or ""
    if listing is None or not isinstance(name, str) or len(name) > CLIENT_ORDER_ID_MAX:
        return PARAMETER
    side = str(fields.get("ordertype", "")).lower()
    method = str(fields.get("ordermethod", "")).lower()
    if side not in ("buy", "sell"):
        return TYPE_NOT_SUPPORTED
    if method not in ("limit", "market"):
        return METHOD_NOT_SUPPORTED
    numbers = _numbers(fields, listing, Side(side), Method(method))
    if isinstance(numbers, Refused):
        return numbers
    quantity, price = numbers
    wish = Wish(
        listing=listing,
        side=Side(side),
        method=Method(method),
        quantity=quantity,
        price=price,
        client_order_id=name,
    )
    return _sizes(wish, market[listing.instrument]) or wish


def _numbers(
    fields: Mapping[str, object], listing: Listing, side: Side, method: Method
) -> tuple[Decimal, Decimal | None] | Refused:
    """Return quantity and price as asked for: on the scale, above zero."""
    quantity = _number(fields.get("quantity"))
    price = _number(fields.get("price")) if method is Method.LIMIT else None
    if quantity is None or (method is Method.LIMIT and price is None):
        return PARAMETER
    spends_quote = method is Method.MARKET and side is Side.BUY
    quantity_scale = listing.price_places if spends_quote else listing.base_scale
    if price is not None and places(price) > listing.price_places:
        return PRICE_SCALE
    if places(quantity) > quantity_scale:
        return QUANTITY_SCALE
    read = Decimal(quantity), None if price is None else Decimal(price)
    return PARAMETER if read[0] <= 0 or (read[1] is not None and read[1] <= 0) else read


def _number(raw: object) -> str | None:
    """Return the text of a number the venue takes: a string or a JSON number (#371)."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None
    plain = raw if isinstance(raw, str) else f"{raw:f}" if isinstance(raw, Decimal) else str(raw)
    return plain if plain.strip(".") and NUMBER_PATTERN.fullmatch(plain) else None


def _sizes(wish: Wish, market: Decimal) -> Refused | None:
    lowest, highest = band(market)
    if wish.price is not None and wish.price > highest:
        return PRICE_ABOVE_MAX
    if wish.price is not None and wish.price < lowest:
        return PRICE_BELOW_MIN
    spends_quote = wish.method is Method.MARKET and wish.side is Side.BUY
    worth = wish.quantity if spends_quote else wish.quantity * (wish.price or market)
    return TOTAL_TOO_SMALL if worth < wish.listing.notional_min else None


def protected(best: int, *, buying: bool) -> int:
    """Return the worst price in ticks that a market order may trade at."""
    distance = int(Decimal(best) * PROTECTION_BPS * BPS)
    return best + distance if buying else best - distance
