"""Every body as documented or seen at the venue, read by the adapter to exact values."""

from decimal import Decimal

import pytest

from actors.venues.btcturk.rest import BtcturkPrivate, BtcturkPublic
from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import (
    BookTop,
    TransferKind,
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenueStatus,
    VenueTransfer,
)
from messages.orders import Side
from tests.actors.venues.clocks import StandingClock
from tests.actors.venues.recorded import SYMBOLS, raw
from tests.actors.venues.scripted import Scripted, answer
from tests.actors.venues.served import venue

KEYS = credentials("public", "c2VjcmV0")
STAMP = 1_774_252_925_783
D = Decimal
# What the desk has no use for: the exchange's own test sees that they are served in this shape.
NOT_READ = {
    "ohlc_v2_legacy.json",
    "ohlcs.json",
    "server_ping.json",
    "ticker.json",
    "ticker_single_pair.json",
    "trades.json",
}


def order(number, instrument, side, price, quantity, filled, state, name):
    return VenueOrder(
        venue_order_id=30_000_000_000 + number,
        client_order_id=name,
        instrument=instrument,
        side=side,
        price=D(price),
        quantity=D(quantity),
        filled_quantity=D(filled),
        status=state,
    )


BTC_BUY = order(
    1,
    "BTC_TRY",
    Side.BUY,
    "3000000",
    "0.001",
    "0.0004",
    VenueStatus.OPEN,
    "sim-0001-btc-buy",
)
SOL_SELL = order(2, "SOL_TRY", Side.SELL, "6500", "2.5", "0", VenueStatus.OPEN, "sim-0002-sol-sell")
BTC_MARKET = order(
    3,
    "BTC_TRY",
    Side.BUY,
    "3036622",
    "0.0003287215972809",
    "0.0003287215972809",
    VenueStatus.FILLED,
    "sim-0003-btc-mkt",
)
DOGE_BUY = order(
    5,
    "DOGE_TRY",
    Side.BUY,
    "4.2",
    "1000",
    "250",
    VenueStatus.CANCELLED,
    "sim-0005-doge-buy",
)
ETH_STOP = order(
    6, "ETH_TRY", Side.SELL, "88000", "0.05", "0", VenueStatus.OPEN, "sim-0006-eth-stop"
)


def fill(trade, number, instrument, side, price, quantity, fee, tax, name, at_ms):
    return VenueFill(
        trade_id=f"11811637989246{trade}",
        venue_order_id=30_000_000_000 + number,
        client_order_id=name,
        instrument=instrument,
        side=side,
        price=D(price),
        quantity=D(quantity),
        fee=D(fee),
        tax=D(tax),
        fee_asset="TRY",
        at_ms=1_774_252_000_000 + at_ms,
    )


BTC_FILL = fill(
    50019,
    1,
    "BTC_TRY",
    Side.BUY,
    "3000000",
    "0.0004",
    "1.2",
    "0.24",
    "sim-0001-btc-buy",
    330_763,
)
USDT_FILL = fill(
    50073,
    4,
    "USDT_TRY",
    Side.SELL,
    "44.121",
    "150",
    "9.927225",
    "1.985445",
    "sim-0004-usdt-mkt",
    505_893,
)
FILLS = [
    fill(
        50104,
        5,
        "DOGE_TRY",
        Side.BUY,
        "4.2",
        "250",
        "1.05",
        "0.21",
        "sim-0005-doge-buy",
        573_783,
    ),
    USDT_FILL,
    fill(
        50041,
        3,
        "BTC_TRY",
        Side.BUY,
        "3036622",
        "0.0003287215972809",
        "1.49730485",
        "0.29946097",
        "sim-0003-btc-mkt",
        445_913,
    ),
    BTC_FILL,
]


def held(asset, free, locked="0"):
    return VenueBalance(asset=asset, free=D(free), held=D(locked), withdrawing=D(0), at_ms=STAMP)


BALANCES = [
    held("TRY", "26550.29733", "1803.24"),
    held("BTC", "0.0007287215972809"),
    held("ETH", "0.15", "0.05"),
    held("USDT", "350"),
    held("SOL", "1.5", "2.5"),
    held("DOGE", "250"),
    held("XRP", "0"),
]


def top(stamp_ms=None, channel="book"):
    return BookTop(
        instrument="BTC_TRY",
        bid=D(3_035_109),
        bid_quantity=D("0.01422"),
        ask=D(3_036_622),
        ask_quantity=D("0.00812"),
        stamp_ms=stamp_ms,
        channel=channel,
    )


def deposit(kind, number, asset, amount, at_ms):
    return VenueTransfer(
        transfer_id=f"{kind}:{number}", asset=asset, amount=D(amount), settled=True, at_ms=at_ms
    )


READS = {
    "server_time.json": (lambda one: one.server_time_ms(), STAMP),
    "balances.json": (lambda one: one.balances(STAMP), BALANCES),
    "openorders.json": (
        lambda one: one.open_orders("BTC_TRY", STAMP),
        [SOL_SELL, ETH_STOP, BTC_BUY],
    ),
    "openorders_empty.json": (lambda one: one.open_orders("BTC_TRY", STAMP), []),
    "allorders.json": (
        lambda one: one.all_orders("BTC_TRY", since_ms=0, page=1, stamp_ms=STAMP),
        [BTC_MARKET, BTC_BUY],
    ),
    "allorders_doge_try.json": (
        lambda one: one.all_orders("DOGE_TRY", since_ms=0, page=1, stamp_ms=STAMP),
        [DOGE_BUY],
    ),
    "order_single.json": (lambda one: one.order(30_000_000_001, STAMP), BTC_BUY),
    "order_single_canceled.json": (lambda one: one.order(30_000_000_005, STAMP), DOGE_BUY),
    "order_single_market_buy_closed.json": (
        lambda one: one.order(30_000_000_003, STAMP),
        BTC_MARKET,
    ),
    "user_trades.json": (
        lambda one: one.fills("BTC_TRY", since_ms=0, stamp_ms=STAMP),
        FILLS,
    ),
    "user_trades_empty.json": (
        lambda one: one.fills("BTC_TRY", since_ms=0, stamp_ms=STAMP),
        [],
    ),
    "transactions_crypto.json": (
        lambda one: one.transfers(TransferKind.CRYPTO, since_ms=0, stamp_ms=STAMP),
        [deposit("crypto", 700_001, "USDT", "500", 1_774_166_525_783)],
    ),
    "transactions_fiat.json": (
        lambda one: one.transfers(TransferKind.FIAT, since_ms=0, stamp_ms=STAMP),
        [deposit("fiat", 800_001, "TRY", "25000", 1_774_080_125_783)],
    ),
    "cancel_response.json": (lambda one: one.cancel(30_000_000_001, STAMP), "SUCCESS"),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_gives_exact_values(name):
    ask, expected = READS[name]
    with Scripted(answer(raw(name))) as server:
        clock = StandingClock(STAMP)
        client = BtcturkPrivate(venue(server.url), clock, KEYS, Symbols(SYMBOLS))
        found = ask(client)
        client.close()
    assert found == expected
    assert client.counts == {}


def test_the_order_book_gives_its_best_levels():
    with Scripted(answer(raw("orderbook.json"))) as server:
        client = BtcturkPublic(venue(server.url), StandingClock(STAMP))
        found = client.quote("BTC_TRY")
        client.close()
    assert found == top(STAMP)


RULES = {  # price increment by the screen's step and by scale, quantity step, minimum, maximum
    "BTC_TRY": ("10", "1", "0.00000001", "99.91", None),
    "ETH_TRY": ("1", "1", "0.00000001", "99.91", None),
    "USDT_TRY": ("0.001", "0.001", "0.01", "99.91", None),
    "SOL_TRY": ("0.01", "0.01", "0.0001", "99.91", None),
    "XRP_TRY": ("0.001", "0.001", "0.0001", "99.91", None),
    "DOGE_TRY": ("0.0001", "0.0001", "0.0001", "99.91", None),
    "SHIB_TRY": ("0.00000001", "0.00000001", "1", "99.91", "750000000"),
    "AVAX_TRY": ("0.01", "0.01", "0.0001", "99.91", None),
    "BTC_USDT": ("1", "1", "0.00000001", "10", None),
    "ETH_USDT": ("0.1", "0.1", "0.00000001", "10", None),
    "SHIB_USDT": ("0.000000001", "0.000000001", "1", "10", None),
}


@pytest.mark.parametrize(("way", "column"), [("tick_size", 0), ("scale", 1)])
def test_the_rules_of_every_instrument_are_exact(way, column):
    with Scripted(answer(raw("exchangeinfo.json"))) as server:
        settings = venue(server.url, price_increment=way)
        client = BtcturkPublic(settings, StandingClock(STAMP))
        found = {one.instrument: one for one in client.instruments()}
        client.close()
    assert client.problems == {}
    assert set(found) == set(RULES)
    for name, rule in RULES.items():
        one = found[name]
        expected = [None if part is None else D(part) for part in (rule[column], *rule[2:])]
        assert [
            one.price_increment,
            one.quantity_step,
            one.notional_min,
            one.quantity_max,
        ] == expected
        assert one.not_tradable is None
    btc, shib = found["BTC_TRY"], found["SHIB_TRY"]  # by the band, not by the filter's placeholder
    assert (btc.price_min, btc.price_max) == (D("303702.8"), D(30_370_280))
    assert (shib.price_min, shib.price_max) == (D("0.000027415"), D("0.0027415"))
