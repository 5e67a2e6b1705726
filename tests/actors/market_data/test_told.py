"""What market_data tells its log, for who asks later."""

from actors.market_data.asking import Table
from tests.actors.market_data.markets import BTC, told, trade
from tests.actors.market_data.stage import Stage
from tests.builders import rules


def test_what_is_odd_in_the_venues_table_is_told_when_it_changes():
    stage = Stage()
    odd = Table(instruments=(rules(BTC),), spelled={BTC: "B"}, problems={"RULES_CONFLICT": 1})

    for result in (None, odd, odd, None):
        stage.table(result=result)

    told = [line["rows"] for line in stage.lines("rules_odd")]
    assert told == [{"RULES_CONFLICT": 1}, {}]


def test_a_minute_that_is_over_is_told_to_the_log():
    stage = Stage().ready()
    stage.says(trade("10", ms=60_000, name="a"))
    stage.clock.pass_ms(122_000)

    stage.tick("status")

    closed = stage.lines("candle_closed")
    assert (closed[0]["close"], closed[0]["trades"]) == ("10", 1)


def test_trades_that_passed_us_by_are_told_when_the_minute_is_settled():
    stage = Stage().ready()
    stage.says(trade("10", "1", ms=60_000, name="a"))
    stage.says(told("1.5", minute=1))
    stage.says(told("9", minute=1, instrument="SOL_TRY"))  # not ours
    stage.clock.pass_ms(123_000)

    stage.tick("status")
    stage.tick("status")

    (lost,) = stage.lines("trades_missed")
    assert (lost["venue_quantity"], lost["heard_quantity"]) == ("1.5", "1")
