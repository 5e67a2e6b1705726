"""A minute that the venue saw more of than we did."""

import pytest

from actors.market_data.candles import Candle
from actors.market_data.gaps import MINUTES_KEPT_MAX, SETTLE_MS, Gaps, shown
from messages.money import amount
from tests.actors.market_data.markets import BTC, ETH, WALL_MS, told

MINUTE_MS = 60_000
SETTLED_MS = WALL_MS + MINUTE_MS + SETTLE_MS


def ours(quantity="2", *, minute=0, instrument=BTC):
    return Candle(
        instrument=instrument,
        opened_ms=WALL_MS + minute * MINUTE_MS,
        open=amount(10),
        high=amount(12),
        low=amount(9),
        close=amount(11),
        quantity=amount(quantity),
        trades=2,
    )


def gaps(*, since_ms=0):
    return Gaps(since_ms=WALL_MS + since_ms)


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        (told("1.9"), False),  # not its last word
        (told("2"), False),
        (told("2.1"), True),
        (told("2", high="12.01"), True),
        (told("2", low="8.99"), True),
    ],
)
def test_a_minute_of_which_the_venue_shows_more_lost_trades(said, lost):
    minutes = gaps()
    minutes.told(said)
    minutes.heard([ours()])

    assert bool(minutes.found(SETTLED_MS)) is lost


@pytest.mark.parametrize(
    ("heard", "lost"), [("0.50605", False), ("0.50604", True), ("0.50615", False)]
)
def test_a_quantity_that_the_venue_rounded_is_no_loss(heard, lost):
    minutes = gaps()
    minutes.told(told("0.5061"))
    minutes.heard([ours(heard)])

    assert bool(minutes.found(SETTLED_MS)) is lost


def test_a_minute_of_which_we_heard_nothing_is_lost_as_a_whole():
    minutes = gaps()
    minutes.told(told("2"))
    minutes.heard([ours(instrument=ETH), ours(minute=1)])

    (found,) = minutes.found(SETTLED_MS)

    assert shown(found) == {
        "instrument": BTC,
        "opened_ms": WALL_MS,
        "venue_quantity": "2",
        "heard_quantity": "0",
    }


def test_a_minute_without_trades_is_no_loss():
    minutes = gaps()
    minutes.told(told("0"))

    assert minutes.found(SETTLED_MS) == []


def test_a_minute_is_compared_once_when_ours_is_surely_closed():
    minutes = gaps()
    minutes.told(told("3"))
    minutes.heard([ours()])

    assert minutes.found(SETTLED_MS - 1) == []
    assert len(minutes.found(SETTLED_MS)) == 1
    assert minutes.found(SETTLED_MS + 1) == []


def test_the_last_word_on_a_minute_counts():
    minutes = gaps()
    minutes.told(told("1"))
    minutes.told(told("3"))
    minutes.heard([ours()])

    assert len(minutes.found(SETTLED_MS)) == 1


@pytest.mark.parametrize(("since_ms", "lost"), [(0, 1), (1, 0)])
def test_the_minute_we_came_into_is_not_compared(since_ms, lost):
    minutes = gaps(since_ms=since_ms)
    minutes.told(told("3"))

    assert len(minutes.found(SETTLED_MS)) == lost


def test_a_candle_of_another_length_is_not_compared():
    minutes = gaps()
    minutes.told(told("9", resolution="60"))

    assert minutes.found(SETTLED_MS) == []


def test_of_each_instrument_the_newest_minutes_are_kept():
    minutes = gaps()
    for minute in range(MINUTES_KEPT_MAX + 2):
        minutes.told(told("3", minute=minute))
    late_ms = SETTLED_MS + 100 * MINUTE_MS

    assert [one.told.open_ms for one in minutes.found(late_ms)] == [
        WALL_MS + minute * MINUTE_MS for minute in (2, 3, 4)
    ]
