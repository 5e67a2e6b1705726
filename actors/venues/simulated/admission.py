"""May this order stand at the simulated exchange? The venue's checks, its words and its codes.

Answers with a `Wish`, or with the first refusal in the order checked here. Funds are
the engine's business: they need the ledger.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from actors.venues.settings import ExchangePolicies
from actors.venues.simulated.events import Method
from actors.venues.simulated.listing import LISTINGS, NUMBER_PATTERN, Listing, places
from messages.money import BPS
from messages.orders import Side

CLIENT_ORDER_ID_MAX = 50
EXPONENT_MAX = 40  # of a JSON number; the pattern takes 12 digits before the dot and 16 behind it
BAND_FACTOR = (
    10  # a limit price is at most ten times, at least a tenth of the market (broker-api-docs #490)
)
METHODS = {"stop_limit": "stoplimit", "stop_market": "stopmarket"}  # other ways to write them
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
STOP_PRICE_SCALE = Refused("FAILED_INVALID_STOP_PRICE_SCALE", 1128)
STOP_NOT_ABOVE = Refused("FAILED_STOP_PRICE_GREATER_THAN_BEST_ASK", 1124)
STOP_NOT_BELOW = Refused("FAILED_STOP_PRICE_LESS_THAN_BEST_BID", 1125)
BAND_ABOVE = Refused("ORDER_MAX_PRICE_EXCEEDED", 9001)  # its number is not known
BAND_BELOW = Refused("ORDER_MIN_PRICE_EXCEEDED", 9002)  # its number is not known
QUANTITY_ABOVE_MAX = Refused("MAXIMUM_ORDER_AMOUNT_EXCEEDED", 9003)  # its number is not known
PRICE_ABOVE_MAX = Refused("PRICE_MUST_BE_LESS_THAN_MAXPRICE", 1226)
PRICE_BELOW_MIN = Refused("PRICE_MUST_BE_LESS_THAN_MINPRICE", 1227)
TOTAL_TOO_SMALL = Refused("FAILED_MIN_TOTAL_AMOUNT", 1123)
MARKET_FAILED = Refused("FAILED_MARKET_ORDER", 1118)
LIMIT_FAILED = Refused("FAILED_LIMIT_ORDER", 1120)
FUNDS_LIMIT = Refused("FAILED_ORDER_WITH_OPEN_ORDERS", 1122)
FUNDS_MARKET = Refused("BALANCE_NOT_ENOUGH", 1055)
NOT_CANCELLABLE = Refused("ORDER_COULD_NOT_BE_CANCELED", 1051)
NO_SUCH_ORDER = Refused("NO_ORDER_MATCHES_YOUR_REQUEST", 1052)
CANCEL_BLOCKED = Refused("ORDER_CANCEL_BLOCKED", 9004)  # its number is not known


class Wish(Struct, frozen=True, kw_only=True):
    """An order that may stand, funds aside. *price* is None where the market makes it."""

    listing: Listing
    side: Side
    method: Method
    quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    client_order_id: str

    @property
    def spends_quote(self) -> bool:
        return not self.method.priced and self.side is Side.BUY


class Conditions(Struct, frozen=True):
    """What holds for a while only: who does not trade, and a narrower band of prices (0: none)."""

    halted: frozenset[str] = frozenset()
    band_percent: int = 0


ORDINARY = Conditions()


class _Numbers(Struct, frozen=True):
    quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None


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
    body: Mapping[str, object],
    listed: Mapping[str, Listing],
    market: Mapping[str, Decimal],
    policies: ExchangePolicies,
    conditions: Conditions = ORDINARY,
) -> Wish | Refused:
    """Return what *body* asks for, or why it cannot be had. *market*: price by instrument."""
    fields = {key.lower(): value for key, value in body.items()}
    listing = listing_of(fields.get("pairsymbol"), listed)
    name = fields.get("neworderclientid") or ""
    if listing is None or not isinstance(name, str) or len(name) > CLIENT_ORDER_ID_MAX:
        return PARAMETER
    side, said = _word(fields.get("ordertype")), _word(fields.get("ordermethod"))
    method = METHODS.get(said, said)
    if side not in ("buy", "sell"):
        return TYPE_NOT_SUPPORTED
    if method not in tuple(Method):
        return METHOD_NOT_SUPPORTED
    if (side, method) == ("buy", Method.STOP_MARKET) and not policies.stop_market_buys:
        return METHOD_NOT_SUPPORTED
    numbers = _numbers(fields, listing, Side(side), Method(method))
    if isinstance(numbers, Refused):
        return numbers
    wish = Wish(
        listing=listing,
        side=Side(side),
        method=Method(method),
        quantity=numbers.quantity,
        price=numbers.price,
        stop_price=numbers.stop_price,
        client_order_id=name,
    )
    if listing.instrument in conditions.halted:
        return LIMIT_FAILED if wish.method.priced else MARKET_FAILED
    return _sizes(wish, market[listing.instrument], conditions) or wish


def _numbers(
    fields: Mapping[str, object], listing: Listing, side: Side, method: Method
) -> _Numbers | Refused:
    """Return quantity, price and stop price as asked for: on the scale, above zero."""
    quantity = _number(fields.get("quantity"))
    price = _number(fields.get("price")) if method.priced else None
    stop = _number(fields.get("stopprice")) if method.stops else None
    if quantity is None or (method.priced and price is None) or (method.stops and stop is None):
        return PARAMETER
    spends_quote = not method.priced and side is Side.BUY
    if price is not None and places(price) > listing.price_places:
        return PRICE_SCALE
    if stop is not None and places(stop) > listing.price_places:
        return STOP_PRICE_SCALE
    if places(quantity) > (listing.price_places if spends_quote else listing.base_scale):
        return QUANTITY_SCALE
    read = _Numbers(Decimal(quantity), _decimal(price), _decimal(stop))
    stated = (read.quantity, read.price, read.stop_price)
    return PARAMETER if any(one is not None and one <= 0 for one in stated) else read


def _decimal(plain: str | None) -> Decimal | None:
    return None if plain is None else Decimal(plain)


def _word(raw: object) -> str:
    return raw.lower() if isinstance(raw, str) else ""


def _number(raw: object) -> str | None:
    """Return the text of a number the venue takes: a string or a JSON number (#371)."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None
    if not isinstance(raw, str):
        size = Decimal(raw)
        # Written out, a number with an exponent may have a thousand million digits.
        if max(abs(size.adjusted()), abs(int(size.as_tuple().exponent))) > EXPONENT_MAX:
            return None
        raw = f"{size:f}"
    return raw if raw.strip(".") and NUMBER_PATTERN.fullmatch(raw) else None


def _sizes(wish: Wish, market: Decimal, conditions: Conditions) -> Refused | None:
    if wish.price is not None and conditions.band_percent:
        away = market * conditions.band_percent / 100
        if abs(wish.price - market) > away:
            return BAND_ABOVE if wish.price > market else BAND_BELOW
    lowest, highest = band(market)
    if wish.price is not None and wish.price > highest:
        return PRICE_ABOVE_MAX
    if wish.price is not None and wish.price < lowest:
        return PRICE_BELOW_MIN
    most = wish.listing.quantity_max
    if most is not None and not wish.spends_quote and wish.quantity > most:
        return QUANTITY_ABOVE_MAX
    at = wish.price or wish.stop_price or market
    worth = wish.quantity if wish.spends_quote else wish.quantity * at
    return TOTAL_TOO_SMALL if worth < wish.listing.notional_min else None


def protected(best: int, *, buying: bool) -> int:
    """Return the worst price in ticks that a market order may trade at."""
    distance = int(Decimal(best) * PROTECTION_BPS * BPS)
    return best + distance if buying else best - distance
