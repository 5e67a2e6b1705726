"""What must be right before `live` begins, and what the same means once it has begun."""

import re

import pytest

from actors.executor import commands, fitness
from actors.executor.clock_offset import Belief, Measured
from actors.executor.comparing import reconciled
from actors.executor.reconcile import Checked
from actors.executor.venue_calls import (
    Answer,
    AskRights,
    NoAnswer,
    ReadBalances,
    ReadServerTime,
)
from actors.runtime.settings import DeskSettings
from actors.venues.port import HttpCall, RejectKind
from messages.state import Level
from tests.actors.executor.driving import settings
from tests.actors.executor.sessions import Standing

RUN = "1a-2"


def standing(mode="live", **own):
    desk = DeskSettings(mode=mode, prefix="t", instruments=("BTC_TRY",), strategies=("one",))
    one = Standing(settings(clock_off_max_ms=4_000, **own), desk=desk)
    one.session.run_id = RUN
    return one


def hear_time(one, off_ms, round_trip_ms=0):
    """Hear the venue's time: ours is *off_ms* ahead of it."""
    server_ms = one.wall_ms - off_ms - round_trip_ms // 2
    asked_ms = one.mono_ms - round_trip_ms
    measured = Measured(server_ms=server_ms, asked_ms=asked_ms, heard_ms=one.mono_ms)
    one.session.belief = Belief()
    one.hear(ReadServerTime(), Answer(value=measured))


def refuse(one, said="Unauthorized - Invalid Signature"):
    return one.hear(
        ReadBalances(number=1), NoAnswer(code=said, reason=said, refused=RejectKind.AUTH)
    )


def agree(one):
    """Have books and venue agree in this run."""
    checked = Checked(
        differences=(), unclear=(), balances=(), asked_ms=one.mono_ms, heard_ms=one.mono_ms
    )
    one.told.append(reconciled(one.session, checked, one.now).entry)


@pytest.mark.parametrize("off_ms", [4_001, -4_001, 10_000, -10_000])
def test_live_does_not_start_with_a_clock_that_is_off(off_ms):
    with pytest.raises(fitness.NotFit, match=re.escape(f"{off_ms:+} ms")) as caught:
        hear_time(standing(), off_ms)

    assert caught.value.exit_code == 78


@pytest.mark.parametrize(("off_ms", "trip_ms"), [(4_000, 0), (-4_000, 0), (5_000, 2_000)])
def test_live_starts_with_a_clock_that_may_be_right_enough(off_ms, trip_ms):
    hear_time(standing(), off_ms, trip_ms)


def test_live_does_not_start_with_a_key_that_is_refused():
    with pytest.raises(fitness.NotFit, match="Invalid Signature") as caught:
        refuse(standing())

    assert caught.value.exit_code == 78


def test_a_desk_that_traded_in_this_run_halts_where_a_start_would_end():
    one = standing()
    agree(one)

    hear_time(one, 10_000)
    refuse(one)

    assert {row.level for row in one.books.levels.values()} == {Level.HALTED}


def test_the_next_run_of_the_desk_is_asked_anew():
    one = standing()
    agree(one)
    one.session.run_id = "3b-4"

    with pytest.raises(fitness.NotFit):
        refuse(one)


@pytest.mark.parametrize("mode", ["sim", "paper"])
def test_a_double_on_this_host_is_not_asked(mode):
    one = standing(mode)

    hear_time(one, 10_000)
    refuse(one)

    assert one.books.levels


# may the key trade?


def forbidden(one):
    http = HttpCall(
        method="GET", path="/", sent_ms=0, answered_ms=1, status=403, answer="<html></html>"
    )
    return one.hear(
        ReadBalances(number=1), NoAnswer(code="UNAVAILABLE", reason="HTTP 403", http=http)
    )


def beginning(*, listed=True, **own):
    one = standing(**own)
    one.session.reconciled = False
    if listed:
        one.session.watching.listed("BTC_TRY", one.mono_ms, {})
    return one


def rights(one, result):
    one.hear(AskRights(), result, lane="cancels")


def test_live_asks_whether_the_key_may_trade_before_it_is_ready():
    one = beginning()

    assert one.asks(AskRights) == [AskRights()]
    assert "may trade" in one.session.waiting_for()
    assert one.after(60_000).asks(AskRights) == []  # one at a time


def test_the_key_is_asked_about_only_after_it_was_good_for_a_read():
    assert beginning(listed=False).asks(AskRights) == []


def test_once_the_venue_answered_it_is_asked_no_more():
    one = beginning()
    one.do()

    rights(one, Answer(value="NO_ORDER_MATCHES_YOUR_REQUEST"))

    assert one.after(60_000).asks(AskRights) == []
    assert "may trade" not in one.session.waiting_for()


def test_an_answer_that_does_not_come_is_asked_for_again_a_second_after_the_question():
    one = beginning()
    one.do()
    rights(one, NoAnswer(code="UNAVAILABLE", reason="HTTP 503"))

    assert one.after(999).asks(AskRights) == []
    assert one.after(1).asks(AskRights) == [AskRights()]


def test_live_does_not_start_with_a_key_that_may_only_read():
    one = beginning()
    one.do()
    said = "Unauthorized - Invalid Request"

    with pytest.raises(fitness.NotFit, match="read and not trade: Unauthorized") as caught:
        rights(one, NoAnswer(code=said, reason=said, refused=RejectKind.AUTH))

    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    ("mode", "own"),
    [
        ("live", {"dry_run": True}),
        ("live", {"not_armed": "LIVE_TRADING"}),
        ("sim", {}),
        ("paper", {}),
    ],
)
def test_where_nothing_is_sent_nobody_asks(mode, own):
    assert beginning(mode=mode, **own).asks(AskRights) == []


def test_a_killed_desk_asks_nothing():
    one = beginning()
    commands.kill(one.session, "test", one.now)

    assert one.asks(AskRights) == []


def writes_forbidden(one):
    http = HttpCall(method="DELETE", path="/", sent_ms=0, answered_ms=1, status=403, answer="")
    rights(one, NoAnswer(code="UNAVAILABLE", reason="HTTP 403", http=http))


def test_live_does_not_start_where_all_answers_are_forbidden_for_three_seconds():
    one = standing()
    forbidden(one)
    forbidden(one.after(2_999))

    with pytest.raises(fitness.NotFit, match="nothing else for 3,000 ms") as caught:
        forbidden(one.after(1))

    assert caught.value.exit_code == 78


def test_answers_to_reads_do_not_help_a_key_whose_writes_are_forbidden_for_as_long():
    one = beginning()
    writes_forbidden(one)
    hear_time(one.after(1_000), 0)
    writes_forbidden(one.after(1_999))

    with pytest.raises(fitness.NotFit, match="read and not trade: HTTP 403 to a cancel") as caught:
        writes_forbidden(one.after(1))

    assert caught.value.exit_code == 78


@pytest.mark.parametrize("forbid", [forbidden, writes_forbidden])
def test_another_answer_between_begins_the_count_anew(forbid):
    one = beginning()
    forbid(one)
    hear_time(one.after(1_000), 0)
    rights(one, NoAnswer(code="UNAVAILABLE", reason="HTTP 503"))
    forbid(one.after(2_000))
    forbid(one.after(2_999))


def test_a_desk_that_traded_in_this_run_waits_where_it_is_forbidden():
    one = standing()
    agree(one)
    forbidden(one)

    assert forbidden(one.after(60_000)) == []
