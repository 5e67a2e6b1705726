"""How old a topic may get, and when it is joined anew."""

import pytest

from actors.venues.btcturk.watch import Watch, topics
from actors.venues.settings import MirrorSettings, StreamSettings

BOOK, WHOLE, TRADE, TICKER = (
    (channel, "BTCTRY") for channel in ("obdiff", "orderbook", "trade", "ticker")
)
CANDLE, TICKERS = ("tradeview", "BTCTRY_1"), ("ticker", "all")
OWN = StreamSettings(
    channels=("obdiff", "orderbook", "trade", "ticker"),
    book_silence_max_ms=1_000,
    resnapshot_ms=400,
    ticker_silence_max_ms=2_000,
    trade_silence_max_ms=9_000,
    trade_rejoin_ms=3_000,
)
START_MS = 1_000_000


def watch(*topics):
    return Watch(topics, OWN, START_MS)


@pytest.mark.parametrize(
    ("topic", "most_ms"),
    [
        (BOOK, 1_000),
        (WHOLE, 1_000),
        (TICKER, 2_000),
        (TICKERS, 2_000),
        (TRADE, 9_000),
        (CANDLE, 9_000),
    ],
)
def test_every_topic_has_an_age_of_its_own(topic, most_ms):
    one = watch(topic)

    assert one.silent(START_MS + most_ms) is None
    assert one.silent(START_MS + most_ms + 1) == topic
    one.heard(topic, START_MS + 5)
    assert one.silent(START_MS + most_ms + 5) is None
    assert one.silent(START_MS + most_ms + 6) == topic


def test_a_topic_that_talks_does_not_speak_for_another():
    one = watch(BOOK, TRADE)
    one.heard(BOOK, START_MS + 9_001)

    assert one.silent(START_MS + 9_001) == TRADE


def test_what_nobody_asked_for_has_no_age():
    one = watch(BOOK)
    one.heard(("obdiff", "ETHTRY"), START_MS)

    assert one.silent(START_MS + 1_001) == BOOK


@pytest.mark.parametrize(("ms", "due"), [(399, []), (400, [BOOK]), (401, [BOOK])])
def test_a_whole_book_is_due_whatever_is_said_between(ms, due):
    one = watch(BOOK, WHOLE, TICKER)
    one.heard(BOOK, START_MS + 398)

    assert one.due(START_MS + ms) == due
    assert one.due(START_MS + ms + 1) == ([] if due or ms < 399 else [BOOK])


@pytest.mark.parametrize("topic", [TRADE, CANDLE])
@pytest.mark.parametrize(("ms", "is_due"), [(2_999, False), (3_000, True), (3_001, True)])
def test_trades_and_candles_are_joined_anew_after_as_long_a_silence_and_again(topic, ms, is_due):
    one = watch(topic)
    one.heard(topic, START_MS + 2_000)

    assert one.due(START_MS + 2_000 + ms) == ([topic] if is_due else [])
    if is_due:
        assert one.due(START_MS + 2_000 + ms + 2_999) == []
        assert one.due(START_MS + 2_000 + ms + 3_000) == [topic]


def test_every_channel_is_joined_for_every_instrument_and_all_tickers_once():
    channels = ("obdiff", "ticker:all", "tradeview")

    assert list(topics(channels, ("BTCTRY", "ETHTRY"))) == [
        TICKERS,
        BOOK,
        CANDLE,
        ("obdiff", "ETHTRY"),
        ("tradeview", "ETHTRY_1"),
    ]


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (("obdif", "trade"), "channels must be of .*, not 'obdif'"),
        (("trade",), "channels must have one of obdiff, orderbook, ticker, ticker:all, not trade"),
        ((), "channels must have one of obdiff, orderbook, ticker, ticker:all, not none"),
    ],
)
def test_channels_that_tell_no_price_or_that_nobody_knows_are_a_fault(channels, said):
    with pytest.raises(ValueError, match=said):
        StreamSettings(channels=channels)


def test_a_mirror_of_tickers_alone_would_show_no_book():
    with pytest.raises(ValueError, match=r"stream.channels must have one of obdiff, orderbook"):
        MirrorSettings(stream=StreamSettings(channels=("ticker",), resnapshot_ms=2_000))


@pytest.mark.parametrize("rejoin_ms", [299_999, 300_000])
def test_trades_are_asked_for_anew_before_their_silence_counts_as_death(rejoin_ms):
    if rejoin_ms < 300_000:
        assert StreamSettings(trade_rejoin_ms=rejoin_ms).trade_rejoin_ms == rejoin_ms
        return
    with pytest.raises(ValueError, match="trade_rejoin_ms must be less than trade_silence_max_ms"):
        StreamSettings(trade_rejoin_ms=rejoin_ms)
