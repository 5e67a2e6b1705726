"""What was traded, in bars."""

from actors.venues.simulated.engine import PublicTrade
from actors.venues.simulated.listing import LISTINGS
from actors.venues.simulated.tape import Tape

BTC = LISTINGS["BTC_TRY"]
DAY_S = 86_400
START_S = 20_000 * DAY_S


def tape(*trades):
    found = Tape()
    for tid, (at_s, ticks, units) in enumerate(trades):
        found.add(PublicTrade(BTC, tid, ticks, units, True, (START_S + at_s) * 1000))
    return found


def bars(found, every_s, until_s=DAY_S):
    listed = found.bars(from_s=START_S, to_s=START_S + until_s, every_s=every_s)
    return [(b.open_s - START_S, b.open, b.high, b.low, b.close, b.units) for b in listed]


def test_trades_of_one_minute_are_one_bar_and_empty_minutes_are_missing():
    found = tape((0, 10, 1), (30, 12, 1), (59, 9, 1), (180, 11, 5))

    assert bars(found, 60) == [(0, 10, 12, 9, 9, 3), (180, 11, 11, 11, 11, 5)]


def test_longer_bars_are_made_of_minutes():
    found = tape((0, 10, 1), (240, 12, 1), (300, 8, 2))

    assert bars(found, 300) == [(0, 10, 12, 10, 12, 2), (300, 8, 8, 8, 8, 2)]


def test_the_day_is_the_last_24_hours():
    found = tape((0, 10, 1), (60, 20, 2), (DAY_S + 60, 30, 4))

    day = found.day((START_S + DAY_S + 61) * 1000)

    assert (day.open, day.high, day.low, day.close, day.units) == (30, 30, 30, 30, 4)
    day = found.day((START_S + DAY_S + 60) * 1000)
    assert (day.open, day.high, day.low, day.close, day.units) == (20, 30, 20, 30, 6)


def test_a_tape_without_trades_has_no_day():
    assert Tape().day(START_S * 1000) is None


def test_the_newest_fifty_prints_are_kept_newest_first():
    found = tape(*((n, 10, 1) for n in range(60)))

    assert [trade.tid for trade in found.prints] == list(range(59, 9, -1))
