"""The venue's minutes, read to exact values; what cannot be a candle is refused."""

from decimal import Decimal

import pytest

from actors.venues.btcturk import candles, outcome
from actors.venues.btcturk.reader import Reader
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import VenueUnreadable
from tests.actors.venues.recorded import raw

D = Decimal
MINUTES = raw("kline_history.json")


def read(answered):
    return candles.read(answered, Reader(Symbols()).number)


def test_recorded_minutes_are_read_to_exact_values():
    found = read(outcome.decode(MINUTES))

    assert [one.open_ms for one in found] == [
        1_774_252_440_000,
        1_774_252_500_000,
        1_774_252_560_000,
        1_774_252_680_000,  # the minute before had no trade
        1_774_252_740_000,
        1_774_252_800_000,
    ]
    last = found[-1]
    assert (last.open, last.high, last.low, last.close) == (
        D("3036622"),
        D("3037178"),
        D("3036482"),
        D("3037028"),
    )
    assert found[-2].quantity == D("0.01208")


def test_an_answer_without_candles_is_none():
    assert read(outcome.decode(raw("kline_history_empty.json"))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"s": "ok"},
        {"s": "ok", "t": [60, 120], "o": [1], "h": [1], "l": [1], "c": [1], "v": [1]},
        {"s": "ok", "t": [60.5], "o": [1], "h": [1], "l": [1], "c": [1], "v": [1]},
        {"s": "ok", "t": [60], "o": [3], "h": [2], "l": [1], "c": [1], "v": [1]},
        {"s": "ok", "t": [60], "o": [1], "h": [1], "l": [0], "c": [1], "v": [1]},
        {"s": "ok", "t": [60], "o": [1], "h": [1], "l": [1], "c": [1], "v": [-1]},
        {"s": "ok", "t": [60], "o": ["x"], "h": [1], "l": [1], "c": [1], "v": [1]},
        {"s": "ok", "t": [60, 60], **{name: [1, 1] for name in "ohlcv"}},
    ],
)
def test_candles_that_cannot_be_are_refused(wrong):
    with pytest.raises(VenueUnreadable):
        read(wrong)
