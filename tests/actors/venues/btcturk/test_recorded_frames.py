"""Every frame as documented or seen at the venue, read by the adapter to exact events."""

import pytest

from actors.venues.btcturk.feed import Feed
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import BookTop, Candle, FormingCandle, OrderWoken, PublicTrade
from messages.orders import Side
from tests.actors.venues.btcturk.test_recorded import (
    BTC_FILL,
    NOT_READ,
    READS,
    USDT_FILL,
    D,
    top,
)
from tests.actors.venues.btcturk.test_recorded_answers import ACCEPTED, ERRORS
from tests.actors.venues.recorded import NAMES, SYMBOLS, raw


def woken(number, instrument, name):
    return OrderWoken(
        instrument=instrument, client_order_id=name, venue_order_id=30_000_000_000 + number
    )


def trade(at_ms, tid, quantity, price, side, *, listed=True):
    return PublicTrade(
        instrument="BTC_TRY",
        trade_id=f"639098353{tid}",
        side=side,
        price=D(price),
        quantity=D(quantity),
        at_ms=1_774_252_900_000 + at_ms,
        listed=listed,
    )


ETH_TICKER = BookTop(
    instrument="ETH_TRY",
    bid=D(91_213),
    bid_quantity=D("120.5"),
    ask=D(91_262),
    ask_quantity=D("88.1"),
    stamp_ms=None,
    channel="ticker",
)
USDT_TICKER = BookTop(
    instrument="USDT_TRY",
    bid=D("44.121"),
    bid_quantity=D("120.5"),
    ask=D("44.124"),
    ask_quantity=D("88.1"),
    stamp_ms=None,
    channel="ticker",
)
BTC_WOKEN = [woken(1, "BTC_TRY", "sim-0001-btc-buy")]
FRAMES = {
    "s2c_100_result_join": [],
    "s2c_100_result_leave": [],
    "s2c_112_login_result_legacy": [],
    "s2c_114_login_failed": [],
    "s2c_114_login_ok": [],
    "s2c_201_balance_updated": [],
    "s2c_401_ticker_all": [top(channel="ticker"), ETH_TICKER, USDT_TICKER],
    "s2c_402_ticker_pair": [top(channel="ticker")],
    "s2c_421_trade_list": [
        trade(13_438, "134380000", "0.025", "3036700", Side.BUY),
        trade(16_752, "167520000", "0.00033", "3035109", Side.SELL),
        trade(23_317, "233170000", "0.01", "3035109", Side.SELL),
        trade(23_963, "239630000", "0.0005", "3036622", Side.BUY),
        trade(25_783, "257830000", "0.00154321", "3037028", Side.BUY),
    ],
    "s2c_422_trade_single": [
        trade(26_683, "258730000", "0.0002456604", "3037028", Side.BUY, listed=False)
    ],
    "s2c_423_user_trade": [BTC_FILL],
    "s2c_423_user_trade_sell": [USDT_FILL],
    "s2c_428_tradingview": [
        FormingCandle(
            instrument="BTC_TRY",
            resolution="60",
            candle=Candle(
                open_ms=1_774_252_800_000,
                open=D(3_035_400),
                high=D(3_037_028),
                low=D(3_035_260),
                close=D(3_037_028),
                quantity=D("0.5061"),
            ),
        )
    ],
    "s2c_431_obdiff_snapshot": [top()],
    "s2c_431_orderbook_full": [top()],
    "s2c_432_orderbook_difference": [],
    "s2c_441_user_order_match": BTC_WOKEN,
    "s2c_451_order_insert_buy": BTC_WOKEN,
    "s2c_451_order_insert_sell": [woken(2, "SOL_TRY", "sim-0002-sol-sell")],
    "s2c_452_order_delete_partial_fill_then_cancel": [woken(5, "DOGE_TRY", "sim-0005-doge-buy")],
    "s2c_453_order_update": [woken(1, "BTC_TRY", "")],
    "s2c_801_system_message": [],
    "s2c_991_welcome": [],
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_gives_exact_events(name):
    found = Feed(Symbols(SYMBOLS)).read(raw(f"ws/{name}.json"))
    assert found == FRAMES[name]


def test_a_difference_is_read_on_top_of_a_whole_book():
    feed = Feed(Symbols(SYMBOLS))
    feed.read(raw("ws/s2c_431_obdiff_snapshot.json"))
    (found,) = feed.read(raw("ws/s2c_432_orderbook_difference.json"))
    assert (found.bid, found.bid_quantity) == (D(3_035_200), D("0.00042"))
    assert (found.ask, found.ask_quantity) == (D(3_036_622), D("0.00612"))


def test_joins_and_logins_are_known_from_their_answers():
    feed = Feed(Symbols(SYMBOLS))
    feed.read(raw("ws/s2c_114_login_failed.json"))
    assert feed.login == "Unauthorized - Invalid Public key"
    feed.read(raw("ws/s2c_114_login_ok.json"))
    feed.read(raw("ws/s2c_100_result_join.json"))
    assert (feed.login, feed.confirmed) == ("", {("obdiff", "BTCTRY")})


def test_no_body_and_no_frame_is_left_out():
    elsewhere = {"kline_history.json", "kline_history_empty.json"}  # test_candles.py
    covered = NOT_READ | set(READS) | set(ACCEPTED) | {"exchangeinfo.json", "orderbook.json"}
    covered |= elsewhere
    covered |= {f"errors/{name}" for name in ERRORS} | {f"ws/{name}.json" for name in FRAMES}
    sent = {name for name in NAMES if name.startswith(("requests/", "ws/c2s_"))}
    assert set(NAMES) - sent == covered
