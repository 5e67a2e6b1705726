"""The shapes of the REST answers: from what is known here to the venue's keys and texts.

Texts and numbers are mixed as the venue mixes them: a Decimal becomes a JSON number, the rest is
text. Times are ms UTC, but seconds in candles.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from actors.venues.simulated.accounts import Wallet
from actors.venues.simulated.admission import band
from actors.venues.simulated.book import Book
from actors.venues.simulated.engine import PublicTrade
from actors.venues.simulated.events import Deposited, Filled, Transfer
from actors.venues.simulated.history import Order
from actors.venues.simulated.listing import ASSETS, UNIT_PLACES, Asset, Listing
from actors.venues.simulated.tape import Bar
from messages.money import ZERO, average, text
from messages.orders import Side

Row = dict[str, object]
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """Return *value* as JSON, Decimals as numbers with every digit."""
    return _ENCODER.encode(value)


def answer(data: object, message: str | None = None) -> bytes:
    """Return *data* in the venue's envelope."""
    return encode({"data": data, "success": True, "message": message, "code": 0})


def server_time(now_ms: int) -> Row:
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    return {"serverTime": now_ms, "serverTime2": f"{at:%Y-%m-%dT%H:%M:%S.%f}0+00:00"}


def exchange_info(
    listed: Iterable[Listing], market: dict[str, int], now_ms: int, halted: Sequence[str] = ()
) -> Row:
    return {
        "timeZone": "UTC",
        "serverTime": now_ms,
        "symbols": [
            _symbol(one, one.price(market[one.instrument]), trading=one.instrument not in halted)
            for one in listed
        ],
        "currencies": [_currency(asset) for asset in ASSETS.values()],
        "currencyOperationBlocks": [
            {"currencySymbol": name, "withdrawalDisabled": False, "depositDisabled": False}
            for name in ASSETS
        ],
    }


def _symbol(listing: Listing, market: Decimal, *, trading: bool) -> Row:
    lowest, highest = band(market)
    filters = {
        "filterType": "PRICE_FILTER",
        "minPrice": "0.0000000000001",
        "maxPrice": "10000000",
        "tickSize": listing.tick_size,
        "minExchangeValue": text(listing.notional_min),
        "minAmount": None,
        "maxAmount": None,
    }
    most = listing.quantity_max
    shown = f".{'0' * listing.price_places}" if listing.price_places else ""
    return {
        "id": listing.pair_id,
        "name": listing.symbol,
        "nameNormalized": listing.instrument,
        "status": "TRADING" if trading else "HALT",  # what the venue says then is not known
        "numerator": listing.base,
        "denominator": listing.quote,
        "numeratorScale": listing.base_scale,
        "denominatorScale": listing.price_scale,
        "hasFraction": listing.has_fraction,
        "filters": [filters],
        "orderMethods": ["MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT"],
        "displayFormat": f"#,##0{shown}" if shown else "#,###",
        "commissionFromNumerator": False,
        "order": listing.rank,
        "priceRounding": False,
        "isNew": False,
        "marketPriceWarningThresholdPercentage": Decimal("0.2500000000000000"),
        "maximumOrderAmount": None if most is None else _long(most),
        "maximumLimitOrderPrice": _long(highest),
        "minimumLimitOrderPrice": _long(lowest),
    }


def _currency(asset: Asset) -> Row:
    return {
        "id": asset.asset_id,
        "symbol": asset.symbol,
        "minWithdrawal": Decimal("10.0"),
        "minDeposit": Decimal("10.0"),
        "precision": asset.precision,
        "address": {"minLen": None, "maxLen": None},
        "currencyType": "FIAT" if asset.fiat else "CRYPTO",
        "tag": {"enable": False, "name": None, "minLen": None, "maxLen": None},
        "color": "#000000",
        "name": asset.name,
        "isAddressRenewable": False,
        "getAutoAddressDisabled": False,
        "isPartialWithdrawalEnabled": True,
        "isNew": False,
    }


class Day:
    """The last 24 hours of one instrument, as the tickers of REST and stream tell them."""

    def __init__(self, listing: Listing, day: Bar | None, book: Book, market: int) -> None:
        self.listing = listing
        now = Bar(open_s=0, open=market, high=market, low=market, close=market)
        bar = day or now
        self.last = listing.price(bar.close)
        self.high, self.low = listing.price(bar.high), listing.price(bar.low)
        self.open = listing.price(bar.open)
        self.volume = Decimal(listing.quantity_text(listing.quantity(bar.units)))
        mean = average(Decimal(bar.value), Decimal(bar.units)) if bar.units else Decimal(market)
        self.average = _cut(mean.scaleb(-listing.price_places), 6)
        self.change = self.last - self.open
        self.percent = _cut(average(self.change * 100, self.open), 2)
        bids, asks = book.depth(1)
        self.bid, self.bid_quantity = _best(listing, bids)
        self.ask, self.ask_quantity = _best(listing, asks)

    def row(self, now_ms: int) -> Row:
        return {
            "pair": self.listing.symbol,
            "pairNormalized": self.listing.instrument,
            "timestamp": now_ms,
            "last": self.last,
            "high": self.high,
            "low": self.low,
            "bid": self.bid,
            "ask": self.ask,
            "open": self.open,
            "volume": self.volume,
            "average": self.average,
            "daily": self.change,
            "dailyPercent": self.percent,
            "denominatorSymbol": self.listing.quote,
            "numeratorSymbol": self.listing.base,
            "order": self.listing.rank,
        }


def _best(listing: Listing, levels: list[tuple[int, int]]) -> tuple[Decimal, Decimal]:
    """Return price and quantity of the best level; an empty side reads 0."""
    if not levels:
        return ZERO, ZERO
    return listing.price(levels[0][0]), listing.quantity(levels[0][1])


def order_book(listing: Listing, book: Book, levels: int, now_ms: int) -> Row:
    bids, asks = book.depth(levels)
    return {
        "timestamp": Decimal(f"{now_ms}.0"),
        "bids": [_level(listing, level) for level in bids],
        "asks": [_level(listing, level) for level in asks],
    }


def _level(listing: Listing, level: tuple[int, int]) -> list[str]:
    ticks, amount = level
    price, quantity = listing.price(ticks), listing.quantity(amount)
    return [listing.price_text(price), listing.quantity_text(quantity)]


def trade(one: PublicTrade) -> Row:
    listing = one.listing
    return {
        "pair": listing.symbol,
        "pairNormalized": listing.instrument,
        "numerator": listing.base,
        "denominator": listing.quote,
        "date": one.at_ms,
        "tid": str(one.tid),
        "price": listing.price_text(listing.price(one.ticks)),
        "amount": listing.quantity_text(listing.quantity(one.units)),
        "side": "buy" if one.buying else "sell",
    }


def klines(listing: Listing, bars: Sequence[Bar]) -> Row:
    return {
        "s": "ok" if bars else None,
        "t": [bar.open_s for bar in bars],
        "h": [_float(listing.price(bar.high)) for bar in bars],
        "o": [_float(listing.price(bar.open)) for bar in bars],
        "l": [_float(listing.price(bar.low)) for bar in bars],
        "c": [_float(listing.price(bar.close)) for bar in bars],
        "v": [_float(listing.quantity(bar.units)) for bar in bars],
    }


def ohlc(listing: Listing, bar: Bar) -> Row:
    total = listing.price(bar.value).scaleb(-UNIT_PLACES)
    change = listing.price(bar.close - bar.open)
    return {
        "pair": listing.symbol,
        "time": bar.open_s,
        "open": _float(listing.price(bar.open)),
        "high": _float(listing.price(bar.high)),
        "low": _float(listing.price(bar.low)),
        "close": _float(listing.price(bar.close)),
        "volume": _float(listing.quantity(bar.units)),
        "total": _cut(total, 5),
        "average": _cut(average(total, listing.quantity(bar.units)), 2),
        "dailyChangeAmount": _float(change),
        "dailyChangePercentage": _cut(average(change * 100, listing.price(bar.open)), 2),
    }


def ohlc_old(listing: Listing, bar: Bar) -> Row:
    change = listing.price(bar.close - bar.open)
    mean = average(Decimal(bar.value), Decimal(bar.units)) if bar.units else Decimal(bar.close)
    return {
        "pairSymbol": listing.symbol,
        "pairSymbolNormalized": listing.instrument,
        "time": bar.open_s * 1000,
        "open": text(listing.price(bar.open)),
        "high": text(listing.price(bar.high)),
        "low": text(listing.price(bar.low)),
        "close": text(listing.price(bar.close)),
        "volume": text(listing.quantity(bar.units)),
        "average": f"{mean.scaleb(-listing.price_places):.2f}",
        "dailyChangeAmount": text(change),
        "dailyChangePercentage": f"{average(change * 100, listing.price(bar.open)):.2f}",
    }


def balance(asset: Asset, wallet: Wallet, now_ms: int) -> Row:
    name = asset.symbol
    free, held, requested = wallet.free[name], wallet.locked[name], wallet.requested[name]
    return {
        "asset": name,
        "assetname": asset.name,
        "balance": text(free + held + requested),
        "locked": text(held + requested),
        "free": text(free),
        "orderFund": text(held),
        "requestFund": text(requested),
        "precision": asset.precision,
        "timestamp": now_ms,
    }


def order(one: Order, listing: Listing, *, in_open_orders: bool) -> Row:
    """Return an order as queries list it; `time` is 0 among the open ones (broker-api-docs #559).

    An order without a price shows the price of its first fill, a market buy the base it got (#429).
    """
    asked = one.accepted
    first = one.fills[0].price if one.fills else ZERO
    price = first if asked.price is None else asked.price
    plain = listing.quantity_text(one.amount)
    left = listing.quantity_text(one.left) if in_open_orders else _sixteen(one.left)
    return {
        "id": asked.order_id,
        "price": listing.price_text(price),
        "amount": _sixteen(one.amount) if one.spends_quote else plain,
        "quantity": "0.0000000000000001" if one.spends_quote else plain,
        "stopPrice": listing.price_text(asked.stop_price or ZERO),
        "pairSymbol": listing.symbol,
        "pairSymbolNormalized": listing.instrument,
        "type": asked.side.value,
        "method": asked.method.value,
        "orderClientId": asked.client_order_id,
        "time": 0 if in_open_orders else asked.at_ms,
        "updateTime": one.updated_ms,
        "status": one.status.value,
        "leftAmount": left,
    }


def submitted(one: Order, listing: Listing) -> Row:
    """Return the answer to a new order: other keys than queries have, and no fills."""
    asked = one.accepted
    quantity, stop = asked.quantity, asked.stop_price
    return {
        "id": asked.order_id,
        "quantity": text(quantity) if one.spends_quote else listing.quantity_text(quantity),
        "price": None if asked.price is None else listing.price_text(asked.price),
        "stopPrice": None if stop is None else listing.price_text(stop),
        "newOrderClientId": asked.client_order_id,
        "type": asked.side.value,
        "method": asked.method.value,
        "pairSymbol": listing.symbol,
        "pairSymbolNormalized": listing.instrument,
        "datetime": asked.at_ms,
    }


def fill(one: Order, filled: Filled, listing: Listing) -> Row:
    """Return a fill: negative amounts for sells, fee and tax always negative, in quote."""
    asked = one.accepted
    signed = filled.quantity if asked.side is Side.BUY else -filled.quantity
    return {
        "id": filled.trade_id,
        "timestamp": filled.at_ms,
        "amount": listing.quantity_text(signed),
        "preciseAmount": _long(signed),
        "fee": f"{-filled.fee:.8f}",
        "tax": f"{-filled.tax:.8f}",
        "price": listing.price_text(filled.price),
        "numeratorSymbol": listing.base,
        "denominatorSymbol": listing.quote,
        "orderType": asked.side.value,
        "orderId": asked.order_id,
        "orderClientId": asked.client_order_id,
    }


def transfer(one: Transfer) -> Row:
    """Return what came in or left; the signs of what left are not documented: none."""
    came = isinstance(one, Deposited)
    number = one.deposit_id if isinstance(one, Deposited) else one.withdrawal_id
    crypto: Row = {
        "address": "simulated",
        "tag": None,
        "txHash": f"simulated-{number}",
        "confirmationCount": 20,
        "isConfirmed": True,
    }
    row: Row = {
        "id": number,
        "balanceType": "deposit" if came else "withdrawal",
        "currencySymbol": one.asset,
        "timestamp": one.at_ms,
        "amount": f"{one.amount:.2f}",
        "preciseAmount": _long(one.amount),
        "fee": "0",
        "tax": "0",
    }
    return row if ASSETS[one.asset].fiat else row | crypto


def _sixteen(value: Decimal) -> str:
    """Return *value* with 16 decimals as the venue writes them: a zero reads 0E-16."""
    return f"{value:.16f}" if value else "0E-16"


def _long(value: Decimal) -> Decimal:
    return Decimal(f"{value:.16f}")


def _float(value: Decimal) -> Decimal:
    """Return *value* as the candle host writes numbers: always with a decimal."""
    plain = text(value)
    return Decimal(plain if "." in plain else f"{plain}.0")


def _cut(value: Decimal, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")
