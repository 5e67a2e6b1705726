"""The verdict is said when it turns, not when the next second comes: a gate waits for it."""

from actors.venues.port import Connected, Disconnected
from messages.market import FeedStatus, FeedVerdict
from tests.actors.market_data.markets import BTC, ETH, top, trade
from tests.actors.market_data.stage import Stage


def verdicts(effects):
    return [one.verdict for one in effects if isinstance(one, FeedStatus)]


def test_the_first_book_of_a_new_process_turns_the_verdict_at_once():
    stage = Stage(BTC).ready()

    assert verdicts(stage.says(top())) == [FeedVerdict.DEGRADED]


def test_the_first_trade_turns_it_again_and_later_ones_do_not():
    stage = Stage(BTC).ready()
    stage.says(top())

    assert verdicts(stage.says(trade(name="1"))) == [FeedVerdict.NORMAL]
    assert verdicts(stage.says(trade(name="2"))) == []


def test_a_book_that_turns_nothing_says_no_verdict():
    stage = Stage(BTC).ready()
    stage.says(top())
    stage.clock.pass_ms(60)

    assert verdicts(stage.says(top("99", "102"))) == []


def test_of_two_instruments_the_first_book_is_half_and_turns_it():
    stage = Stage(BTC, ETH).ready()

    assert verdicts(stage.says(top(instrument=ETH))) == [FeedVerdict.DEGRADED]
    assert verdicts(stage.says(top(instrument=BTC))) == []


def test_silence_turns_it_when_it_is_noticed():
    stage = Stage(BTC).ready()
    stage.says(top())
    stage.clock.pass_ms(5_001)

    assert verdicts(stage.tick("look")) == [FeedVerdict.OBSERVE]
    assert verdicts(stage.tick("look")) == []


def test_a_stream_that_comes_back_turns_it_when_its_book_has_recovered():
    stage = Stage(BTC).ready()
    stage.says(top())
    assert verdicts(stage.says(Disconnected(reason="reset", retry_ms=500))) == [FeedVerdict.OBSERVE]
    stage.says(Connected(private=False))
    stage.says(top())
    stage.clock.pass_ms(3_000)

    assert verdicts(stage.tick("look")) == [FeedVerdict.DEGRADED]
