"""What a minute looked like."""

from actors.market_data.candles import Candles, told
from actors.market_data.trades import Trades
from messages.money import amount
from tests.actors.market_data.markets import BTC, ETH, WALL_MS, at, trade

MINUTE_MS = 60_000


def candles(since_ms=0):
    return Candles(since_ms=WALL_MS + since_ms)


def take(into, *trades):
    """Return the candles that *trades* close, in order."""
    known = Trades()
    closed = [into.take(known.take(one, at())) for one in trades]
    return [one for one in closed if one]


def test_a_minute_has_first_highest_lowest_and_last_price_and_what_was_traded():
    forming = candles()

    closed = take(
        forming,
        trade("10", "1", name="a", ms=0),
        trade("12", "2", name="b", ms=10),
        trade("9", "3", name="c", ms=20),
        trade("11", "4", name="d", ms=59_999),
        trade("50", "1", name="e", ms=60_000),
    )

    one = closed[0]
    prices = [one.open, one.high, one.low, one.close]
    assert prices == [amount(10), amount(12), amount(9), amount(11)]
    assert (one.quantity, one.trades, one.opened_ms) == (amount(10), 4, WALL_MS)
    assert len(closed) == 1


def test_the_minute_we_came_into_is_left_out():
    forming = candles(since_ms=1)

    assert take(forming, trade(name="a", ms=30_000), trade(name="b", ms=60_000)) == []


def test_a_minute_that_began_as_we_came_is_whole():
    assert len(take(candles(), trade(name="a", ms=0), trade(name="b", ms=60_000))) == 1


def test_a_minute_without_another_trade_is_closed_by_time():
    forming = candles()
    take(forming, trade(ms=0))

    assert forming.close(WALL_MS + MINUTE_MS + 1_999) == []
    assert [one.opened_ms for one in forming.close(WALL_MS + MINUTE_MS + 2_000)] == [WALL_MS]
    assert forming.close(WALL_MS + MINUTE_MS + 2_001) == []


def test_a_trade_that_comes_after_its_minute_was_closed_is_left_out():
    forming = candles()
    take(forming, trade(ms=0))
    forming.close(WALL_MS + MINUTE_MS + 2_000)

    late = take(forming, trade(name="late", ms=59_000), trade(name="next", ms=2 * MINUTE_MS))

    assert late == []


def test_an_older_trade_does_not_reopen_a_minute_that_a_newer_one_closed():
    forming = candles()

    closed = take(
        forming,
        trade("10", name="a", ms=0),
        trade("20", name="b", ms=60_000),
        trade("99", name="old", ms=1),
        trade("30", name="c", ms=120_000),
    )

    assert [one.high for one in closed] == [amount(10), amount(20)]


def test_instruments_do_not_mix():
    forming = candles()

    take(forming, trade("10", instrument=BTC, name="a"), trade("99", instrument=ETH, name="b"))

    closed = forming.close(WALL_MS + 2 * MINUTE_MS)
    assert {one.instrument: one.high for one in closed} == {BTC: amount(10), ETH: amount(99)}


def test_a_candle_is_told_in_text():
    forming = candles()
    take(forming, trade("10", "0.10", ms=0))

    line = told(forming.close(WALL_MS + 2 * MINUTE_MS)[0])

    assert (line["open"], line["quantity"], line["trades"]) == ("10", "0.1", 1)
