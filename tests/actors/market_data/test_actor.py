"""What market_data says and asks, message by message."""

from contextlib import nullcontext

import pytest

from actors.market_data.asking import NoAnswer, ReadBook, ReadRules, Streamed
from actors.market_data.newest import Newest
from actors.runtime.effects import Exit, Raised
from actors.runtime.lanes import LaneFull
from actors.venues.port import Connected, Disconnected, UnreadableFrame
from messages.instrument import Instrument
from messages.life import Stop
from messages.market import FeedStatus, FeedVerdict, Trade
from messages.records import Record, RecordsAck
from tests.actors.market_data.markets import BTC, ETH, WALL_MS, top, trade
from tests.actors.market_data.stage import Stage, calls, quotes, timers
from tests.builders import executor_status

UP, DOWN = Connected(private=False), Disconnected(reason="reset", retry_ms=500)


def status(effects):
    return [one for one in effects if isinstance(one, FeedStatus)][-1]


def test_it_opens_the_stream_and_asks_for_the_rules_at_the_same_time():
    stage = Stage()

    assert stage.stream.started
    assert stage.stream.spelled == {BTC: "BTCTRY", ETH: "ETHTRY"}
    assert calls(stage.began) == [ReadRules((BTC, ETH))]
    assert timers(stage.began) == {"look": 250, "status": 0}


def test_a_book_becomes_a_quote_at_once():
    stage = Stage().ready()

    said = quotes(stage.says(top("100", "102")))

    assert (said[BTC].bid, said[BTC].problem, said[BTC].at_ms) == (100, None, WALL_MS)


def test_changes_in_quick_succession_become_one_quote_when_the_timer_rings():
    stage = Stage().ready()
    stage.says(top("100", "102"))
    stage.clock.pass_ms(10)

    first, second = stage.says(top("101", "102")), stage.says(top("101", "103"))

    assert (quotes(first), timers(first)) == ({}, {"flush": 40})
    assert (quotes(second), timers(second)) == ({}, {})
    stage.clock.pass_ms(40)
    assert quotes(stage.tick("flush"))[BTC].ask == 103


def test_the_timer_is_set_again_for_what_may_not_be_said_yet():
    stage = Stage().ready()
    stage.says(top("100", "102"))
    stage.clock.pass_ms(30)
    stage.says(top("200", "202", ETH))
    stage.clock.pass_ms(10)
    stage.says(top("101", "102"))
    stage.says(top("201", "202", ETH))
    stage.clock.pass_ms(10)

    rung = stage.tick("flush")

    assert list(quotes(rung)) == [BTC]
    assert timers(rung) == {"flush": 30}


def test_after_everything_was_said_no_timer_runs():
    stage = Stage().ready()
    stage.says(top("100", "102"))
    stage.clock.pass_ms(10)
    stage.says(top("101", "102"))
    stage.clock.pass_ms(40)

    assert timers(stage.tick("flush")) == {}
    stage.clock.pass_ms(10)
    assert timers(stage.says(top("99", "102"))) == {"flush": 40}


def test_a_book_of_somebody_elses_instrument_is_nothing():
    assert Stage().ready().says(top(instrument="DOGE_TRY")) == []


def test_silence_is_said_as_soon_as_it_is_too_long():
    stage = Stage(rest_per_min_max=0).ready()
    stage.says(top())
    stage.clock.pass_ms(5_000)
    assert quotes(stage.tick("look"))[BTC].problem is None
    stage.clock.pass_ms(1)

    assert quotes(stage.tick("look"))[BTC].problem == "STALE"
    assert (BTC, "STALE") in [
        (it["instrument"], it["problem"]) for it in stage.lines("quote_stale")
    ]


def test_an_unchanged_quote_is_said_again_every_second_with_its_age():
    stage = Stage().ready()
    stage.says(top())
    stage.clock.pass_ms(999)
    assert BTC not in quotes(stage.tick("look"))
    stage.clock.pass_ms(1)

    assert quotes(stage.tick("look"))[BTC].age_ms == 1_000


def test_a_book_the_stream_is_silent_about_is_asked_for_and_stands_in_as_rest():
    stage = Stage().ready()
    stage.says(top())
    stage.says(top(instrument=ETH))
    stage.clock.pass_ms(2_500)
    assert calls(stage.tick("look")) == [ReadBook(BTC), ReadBook(ETH)]
    stage.clock.pass_ms(2_000)

    stage.book(BTC, top("99", "103", stamp_ms=WALL_MS + 4_400))
    stage.clock.pass_ms(501)
    said = quotes(stage.tick("look"))

    assert (said[BTC].channel, said[BTC].bid, said[BTC].problem) == ("rest", 99, None)
    assert (said[BTC].age_ms, said[BTC].venue_ms) == (601, WALL_MS + 4_400)
    assert (said[ETH].channel, said[ETH].problem) == ("book", "STALE")


@pytest.mark.parametrize("nothing", [NoAnswer(reason="timeout"), Raised(LaneFull())])
def test_a_book_that_does_not_come_is_asked_for_again(nothing):
    stage = Stage(BTC).ready()
    stage.clock.pass_ms(2_500)
    stage.tick("look")

    assert stage.book(BTC, nothing) == []

    stage.clock.pass_ms(2_000)
    assert calls(stage.tick("look")) == [ReadBook(BTC)]


def test_a_throttled_answer_is_obeyed():
    stage = Stage(BTC).ready()
    stage.clock.pass_ms(2_500)
    stage.tick("look")
    stage.book(BTC, NoAnswer(reason="THROTTLED", retry_after_ms=10_000))
    stage.clock.pass_ms(9_999)
    assert calls(stage.tick("look")) == []
    stage.clock.pass_ms(1)

    assert calls(stage.tick("look")) == [ReadBook(BTC)]


def test_what_a_lane_raises_and_nobody_named_ends_the_process():
    stage = Stage()

    with pytest.raises(ZeroDivisionError):
        stage.table(result=Raised(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        stage.book(BTC, Raised(ZeroDivisionError()))


def test_rules_are_said_and_recorded_when_they_come():
    stage = Stage()

    effects = stage.table()

    assert [one.instrument for one in effects if isinstance(one, Instrument)] == [BTC, ETH]
    kept = [one for one in effects if isinstance(one, Record)]
    assert [(one.kind, one.instrument) for one in kept] == [("feed", BTC), ("feed", ETH)]
    assert kept[0].body["rules"]["before"] is None
    assert timers(effects) == {"read": 300_000}


def test_unchanged_rules_are_not_recorded_again():
    stage = Stage()
    stage.table()

    assert not [one for one in stage.table() if isinstance(one, Record)]


def test_a_record_is_said_again_until_it_was_kept():
    stage = Stage(BTC)
    kept = [one for one in stage.table(BTC) if isinstance(one, Record)]
    stage.clock.pass_ms(1_000)
    assert [one for one in stage.tick("status") if isinstance(one, Record)] == kept

    stage.hear(RecordsAck(upto=kept[-1].seq))
    stage.clock.pass_ms(1_000)

    assert not [one for one in stage.tick("status") if isinstance(one, Record)]


@pytest.mark.parametrize(("asked_ms", "wait_ms"), [(249, 250), (250, 250), (42_000, 42_000)])
def test_rules_that_are_throttled_are_not_asked_for_before_the_venue_says(asked_ms, wait_ms):
    stage = Stage()

    effects = stage.table(result=NoAnswer(reason="THROTTLED", retry_after_ms=asked_ms))

    assert timers(effects)["read"] == wait_ms


def test_rules_that_could_not_be_read_are_asked_for_again_ever_later():
    stage = Stage()
    failed = NoAnswer(reason="ConnectError")

    assert [timers(stage.table(result=failed))["read"] for _ in range(3)] == [250, 500, 1_000]
    assert calls(stage.tick("read")) == [ReadRules((BTC, ETH))]


def test_a_name_the_venue_does_not_list_is_dropped_with_close_ones_named():
    stage = Stage(BTC, "BTC_TYR")

    stage.table(BTC)

    assert stage.stream.spelled == {BTC: "BTCTRY"}
    assert stage.venue.streams[0].stopped
    assert stage.lines("instrument_unknown")[0]["close_names"] == [BTC]


def test_a_stream_that_fits_what_the_venue_lists_is_left_alone():
    stage = Stage()
    stage.table()

    assert len(stage.venue.streams) == 1


def test_another_spelling_than_was_guessed_opens_the_stream_anew():
    stage = Stage()

    stage.table(spelled={BTC: "XBTTRY"})

    assert stage.stream.spelled == {BTC: "XBTTRY", ETH: "ETHTRY"}
    assert stage.stream.started


def test_what_an_older_stream_still_says_is_not_heard():
    stage = Stage()
    older = stage.stream
    stage.table(spelled={BTC: "XBTTRY"})
    older.sink(UP)

    assert stage.hear(stage.posted.pop()) == []
    assert stage.actor.waiting_for() == "the venue's stream"


def test_when_the_venue_lists_nothing_of_ours_nothing_is_streamed_and_it_is_not_ready():
    stage = Stage("FOO_TRY")
    stage.table(BTC)

    assert stage.venue.streams[0].stopped
    assert len(stage.venue.streams) == 1
    assert status(stage.tick("status")).reason == "NOT_CONNECTED"
    assert stage.actor.waiting_for() == "the venue's stream"


def test_it_is_ready_when_connected_and_every_instrument_was_heard():
    stage = Stage()
    assert stage.actor.waiting_for() == "the venue's stream"
    stage.says(UP)
    assert stage.actor.waiting_for() == "the book of BTC_TRY ETH_TRY"
    stage.says(top())
    assert stage.actor.waiting_for() == "the book of ETH_TRY"

    stage.says(top(instrument=ETH))

    assert stage.actor.waiting_for() == ""


def test_it_is_ready_without_an_instrument_that_stays_silent():
    stage = Stage()
    stage.says(UP)
    stage.says(top())
    stage.clock.pass_ms(5_000)
    assert stage.actor.waiting_for() == "the book of ETH_TRY"
    stage.clock.pass_ms(1)

    assert stage.actor.waiting_for() == ""
    assert quotes(stage.tick("look"))[ETH].problem == "STALE"
    assert ETH in [line["instrument"] for line in stage.lines("quote_stale")]


def test_a_lost_stream_is_said_with_its_verdict_at_once():
    stage = Stage().ready()
    stage.says(top())

    effects = stage.says(DOWN)

    assert quotes(effects)[BTC].problem == "STALE"
    told = status(effects)
    assert (told.verdict, told.reason, told.reconnects) == (
        FeedVerdict.OBSERVE,
        "NOT_CONNECTED",
        1,
    )
    assert stage.actor.waiting_for() == "the venue's stream"


def test_attempts_that_never_connected_are_no_reconnects():
    stage = Stage()

    assert status(stage.says(DOWN)).reconnects == 0


def test_the_verdict_stands_beside_the_tradable_instruments():
    stage = Stage().ready()
    stage.says(top())

    told = status(stage.tick("status"))

    assert (told.verdict, told.reason) == (FeedVerdict.DEGRADED, "TRADE_UNSEEN")
    assert told.instruments[BTC].tradable
    assert (told.instruments[ETH].tradable, told.instruments[ETH].problem) == (False, "UNHEARD")


def test_a_verdict_is_logged_when_it_changes():
    stage = Stage().ready()
    stage.tick("status")
    stage.tick("status")

    assert len(stage.lines("verdict_changed")) == 1


def test_a_trade_is_said_once():
    stage = Stage().ready()

    first, again = stage.says(trade(name="7")), stage.says(trade(name="7"))

    assert [type(one) for one in first] == [Trade]
    assert again == []
    assert status(stage.tick("status")).instruments[BTC].trade_age_ms == 0


def test_frames_that_cannot_be_read_are_counted_and_told_once_a_second():
    stage = Stage().ready()
    for _ in range(3):
        stage.says(UnreadableFrame(reason="not JSON", raw=b"x"))

    assert status(stage.tick("status")).unreadable == 3
    stage.tick("status")
    [line] = stage.lines("frames_unreadable")
    assert (line["reason"], line["raw"], line["unreadable"]) == ("not JSON", "x", 3)


def test_stamps_are_read_by_the_venues_clock_as_the_executor_measured_it():
    stage = Stage(BTC).ready()
    stage.hear(executor_status(clock_offset_ms=-10_000))

    stage.clock.pass_ms(2_500)
    stage.tick("look")
    effects = stage.book(BTC, top(stamp_ms=WALL_MS - 10_000 + 2_500))

    assert quotes(effects)[BTC].problem is None


def test_a_message_it_does_not_know_ends_it():
    with pytest.raises(TypeError, match="does not know Exit"):
        Stage().hear(Exit(0, "no message"))


def test_a_stop_ends_the_stream_and_then_the_process():
    stage = Stage()

    effects = stage.actor.stopping(Stop(reason="ORDERED").reason)

    assert stage.stream.stopped
    assert list(effects) == [Exit(0, "ORDERED")]


def test_an_event_of_nobodys_stream_is_nothing():
    assert Stage().hear(Streamed(source=Newest(nullcontext()), event=UP)) == []
