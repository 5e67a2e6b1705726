"""What a person may command, and what it is answered."""

import pytest

from actors.executor import commands
from actors.executor.books import Books
from actors.executor.facts import Seen
from actors.executor.reconcile import Checked, Difference
from actors.executor.states import Fact
from actors.runtime.effects import Route
from messages.control import SetLevel
from messages.money import Amount
from messages.state import Level, Scope
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing

HERE = Route(socket="executor.control", peer=b"a")
THERE = Route(socket="executor.control", peer=b"b")
DIFFERENT = Difference(asset="TRY", account="total", books=Amount(1), venue=Amount(2))


def compared(one, *differences, unclear=(), asked_ms=None, from_seq=None):
    asked_ms = one.mono_ms if asked_ms is None else asked_ms
    checked = Checked(
        differences=differences,
        unclear=unclear,
        balances=(),
        asked_ms=asked_ms,
        from_seq=one.books.seq if from_seq is None else from_seq,
        heard_ms=one.mono_ms,
    )
    one.session.reconciler.judge(checked)
    return one


def killed(one):
    commands.kill(one.session, "enough", one.now)
    return one


def test_a_kill_latches_the_desk_once():
    one = Standing()

    written = [commands.kill(one.session, "enough", one.now) for _ in range(2)]

    assert [len(writes) for writes in written] == [1, 0]
    assert one.session.gate().latched


def test_the_answer_to_a_kill_tells_what_is_left():
    one = Standing()
    alive, lost = one.order(), one.order()
    tell(one.books, alive, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    tell(one.books, lost, Seen(fact=Fact.LOST))
    one.session.in_flight["t-x"] = None

    report = commands.killed(killed(one).session).report

    assert (report["alive"], report["unknown"]) == ([alive, lost], [lost])
    assert (report["in_flight"], report["clear"]) == (["t-x"], False)
    assert report["seq"] == one.books.seq


def test_the_file_is_a_kill_and_no_file_is_none():
    one = Standing()

    assert commands.kill_seen(one.session, False, one.now) == []
    assert len(commands.kill_seen(one.session, True, one.now)) == 1


def test_nothing_is_resumed_that_was_not_killed():
    assert commands.resume_report(Standing().session, "c", Standing().now).code == "NOT_LATCHED"


@pytest.mark.parametrize("state", [{}, {"differences": (DIFFERENT,)}, {"unclear": ("TRY",)}])
def test_nothing_is_resumed_before_books_and_venue_agree(state):
    one = killed(Standing())
    if state:
        compared(one, *state.get("differences", ()), unclear=state.get("unclear", ()))

    assert commands.resume_report(one.session, "c", one.now).code == "NOT_RECONCILED"
    assert commands.may_resume(one.session, "c", one.now).code == "NOT_RECONCILED"


def test_a_comparison_from_before_the_kill_lifts_nothing_and_another_is_asked_for():
    one = compared(Standing())
    before_seq = one.books.seq
    killed(one.after(50_000))

    (refused, due) = commands.resume_report(one.session, "c", one.now), one.session.reconciler
    assert (refused.code, due.is_due(one.mono_ms)) == ("NOT_RECONCILED", True)
    assert "compared anew" in refused.message
    compared(one.after(10), from_seq=before_seq)  # its reads began before the kill
    assert commands.resume_report(one.session, "c", one.now).code == "NOT_RECONCILED"
    compared(one)
    assert commands.resume_report(one.session, "c", one.now).code == "CONFIRM"
    assert commands.may_resume(one.session, "c", one.now) is None


def test_an_order_that_was_lost_since_the_comparison_is_named_and_holds_the_latch():
    one = compared(killed(Standing()))
    commands.resume_report(one.session, "c", one.now)
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.LOST))

    for refused in (
        commands.resume_report(one.session, "c", one.now),
        commands.may_resume(one.session, "c", one.now),
    ):
        assert (refused.code, name in refused.message) == ("NOT_RECONCILED", True)


def test_a_difference_that_holds_the_latch_is_named():
    one = compared(killed(Standing()), DIFFERENT, unclear=("BTC",))

    refused = commands.resume_report(one.session, "c", one.now)

    assert "TRY total differs by 1" in refused.message
    assert "an order that touches BTC is incomplete" in refused.message


def test_asking_again_gives_the_same_code():
    one = compared(killed(Standing()))

    reports = [commands.resume_report(one.session, code, one.now) for code in ("first", "second")]

    assert [reply.report["confirm"] for reply in reports] == ["first", "first"]


@pytest.mark.parametrize(
    ("code", "waited_ms", "refused"),
    [("right", 59_999, None), ("right", 60_000, "WRONG_CODE"), ("wrong", 0, "WRONG_CODE")],
)
def test_a_code_counts_once_it_was_given_for_a_minute(code, waited_ms, refused):
    one = compared(killed(Standing()))
    commands.resume_report(one.session, "right", one.now)

    no = commands.may_resume(one.session, code, one.after(waited_ms).now)

    assert (no and no.code) == refused


def test_a_code_that_nobody_was_given_lifts_nothing():
    one = compared(killed(Standing()))

    assert commands.may_resume(one.session, "c", one.now).code == "WRONG_CODE"


def test_a_resume_lifts_the_latch_and_makes_older_permits_worthless():
    one = compared(killed(Standing()))
    one.permit()

    commands.resume(one.session, one.now)

    assert not one.session.gate().latched
    assert one.session.kill_epoch == 1
    assert one.session.permits.until_ms(2_000) < one.mono_ms


def test_a_new_kill_forgets_the_code():
    one = compared(killed(Standing()))
    commands.resume_report(one.session, "c", one.now)

    killed(one)

    assert commands.may_resume(one.session, "c", one.now).code == "WRONG_CODE"


def test_a_level_is_answered_with_what_holds_now():
    one = Standing()
    wish = SetLevel(
        scope=Scope.DESK, name="", source="operator", level=Level.PAUSED, reason="lunch"
    )

    writes, reply = commands.set_level(one.session, wish, one.now)

    assert (len(writes), reply.report["level"], reply.report["reason"]) == (1, "PAUSED", "lunch")


def level_of(one, scope, name, level=Level.HALTED, source="operator"):
    wish = SetLevel(scope=scope, name=name, source=source, level=level, reason="r")
    return commands.set_level(one.session, wish, one.now)


@pytest.mark.parametrize(
    ("scope", "name", "code"),
    [
        (Scope.INSTRUMENT, "BTCTRY", "UNKNOWN_INSTRUMENT"),
        (Scope.STRATEGY, "onne", "UNKNOWN_STRATEGY"),
    ],
)
def test_a_person_who_mistypes_a_name_is_not_told_that_it_is_halted(scope, name, code):
    writes, reply = level_of(Standing(), scope, name)

    assert (writes, reply.ok, reply.code) == ([], False, code)
    assert name in reply.message


@pytest.mark.parametrize(
    ("scope", "name"), [(Scope.INSTRUMENT, "BTC_TRY"), (Scope.STRATEGY, "one"), (Scope.DESK, "")]
)
def test_a_name_of_the_configuration_is_halted(scope, name):
    writes, reply = level_of(Standing(), scope, name)

    assert (len(writes), reply.ok, reply.report["level"]) == (1, True, "HALTED")


def test_a_level_of_what_is_traded_no_more_can_be_taken_back():
    one = Standing()
    level_of(one, Scope.INSTRUMENT, "XRP_TRY", source="risk_gate")

    writes, reply = level_of(one, Scope.INSTRUMENT, "XRP_TRY", Level.ACTIVE)

    assert (len(writes), reply.ok) == (1, True)


def test_what_the_machine_halted_is_taken_back_after_a_comparison_that_began_later():
    one = compared(Standing())
    level_of(one, Scope.INSTRUMENT, "BTC_TRY", source="supervisor")
    level_of(one, Scope.INSTRUMENT, "ETH_TRY")  # nothing that a comparison must follow

    writes, refused = level_of(one, Scope.INSTRUMENT, "BTC_TRY", Level.ACTIVE)
    asked_for = one.session.reconciler.is_due(one.mono_ms)
    compared(one)
    _, reply = level_of(one, Scope.INSTRUMENT, "BTC_TRY", Level.ACTIVE)

    assert (writes, refused.code, asked_for) == ([], "NOT_RECONCILED", True)
    assert reply.ok


def test_what_was_halted_before_the_start_waits_for_the_first_comparison_of_this_process():
    one = Standing()
    level_of(one, Scope.DESK, "", source="supervisor")
    again = Books(one.books.levels.values(), seq=one.books.seq)

    assert (again.raised, again.levels) == ({}, one.books.levels)


def asked(one, route=HERE):
    commands.ask_to_reconcile(one.session, route, one.now)
    return one


def answers(one):
    return [(back.route, back.message) for back in commands.answers(one.session, one.now)]


def test_a_question_waits_for_a_comparison_that_began_after_it():
    one = compared(Standing())
    asked(one.after(10))
    assert one.session.reconciler.is_due(one.mono_ms)

    early = answers(one)
    compared(one.after(10))

    assert early == []
    ((route, reply),) = answers(one)
    assert (route, reply.ok, reply.code) == (HERE, True, "OK")
    assert answers(one) == []


def test_everybody_who_asks_is_answered_and_nobody_twice():
    one = asked(asked(asked(Standing()), THERE), HERE)
    compared(one.after(10))

    assert [route for route, _ in answers(one)] == [HERE, THERE]


def test_more_than_can_wait_are_sent_away():
    one = Standing()
    for number in range(commands.QUESTIONS_MAX):
        asked(one, Route(socket="executor.control", peer=f"{number}".encode()))

    (back,) = commands.ask_to_reconcile(one.session, HERE, one.now)

    assert (back.route, back.message.code) == (HERE, "BUSY")


def test_a_difference_is_told_when_it_is_certain():
    one = asked(Standing())
    compared(one.after(10), DIFFERENT)
    doubtful = answers(one)
    compared(one.after(2_000), DIFFERENT)

    ((_, reply),) = answers(one)

    assert doubtful == []
    assert (reply.ok, reply.code) == (False, "BOOKS_DIFFER")
    assert reply.report["differences"][0]["difference"] == "1"


@pytest.mark.parametrize(("waited_ms", "told"), [(29_999, False), (30_000, True)])
def test_a_venue_that_is_never_quiet_is_told_after_half_a_minute(waited_ms, told):
    one = asked(Standing()).after(waited_ms)

    found = answers(one)

    assert bool(found) is told
    if told:
        assert (found[0][1].ok, found[0][1].code) == (False, "NOT_QUIET")


def test_an_unknown_order_is_listed_when_patience_ends():
    one = asked(Standing())
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.LOST))
    compared(one.after(10), unclear=("TRY",))

    ((_, reply),) = answers(one.after(30_000))

    assert (reply.ok, reply.code) == (False, "UNKNOWN_ORDERS")
    assert [lost["client_order_id"] for lost in reply.report["unknown"]] == [name]


@pytest.mark.parametrize(("waited_ms", "quiet"), [(2_999, False), (3_000, True), (3_001, True)])
def test_who_waits_long_for_a_comparison_has_entries_make_way(waited_ms, quiet):
    one = Standing()
    commands.ask_to_reconcile(one.session, HERE, one.now)

    assert commands.wants_quiet(one.session, one.after(waited_ms).now) is quiet


def test_entries_go_on_once_the_question_is_answered():
    one = Standing()
    commands.ask_to_reconcile(one.session, HERE, one.now)
    compared(one.after(5_000))

    assert commands.answers(one.session, one.now)
    assert not commands.wants_quiet(one.session, one.now)
