"""How the executor ends, in order and alone."""

import pytest

from actors.executor import ending
from actors.executor.facts import Seen
from actors.executor.reconcile import Checked
from actors.executor.session import Phase
from actors.executor.states import Fact
from actors.runtime.effects import After, Tick, Write
from messages.orders import OrderState
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)
OVER = Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, venue_order_id=VENUE_ID)


def advanced(one):
    """Return what the end needs next, in words."""
    found = ending.advance(one.session, one.now)
    words = {After: "leave", Write: "write"}
    return [words[type(effect)] for effect in found]


def compared(one):
    checked = Checked(
        differences=(), unclear=(), balances=(), asked_ms=one.mono_ms, heard_ms=one.mono_ms
    )
    one.session.reconciler.judge(checked)


def stopping(**own):
    one = Standing(settings(**own))
    ending.stop(one.session, "ORDERED", one.now)
    return one


def resting(one):
    name = one.order()
    tell(one.books, name, ACK)
    return name


def test_a_stop_sends_no_more():
    assert stopping().session.gate().stopping


def test_a_stop_ends_with_a_last_comparison_in_the_journal():
    one = stopping()

    assert advanced(one) == []
    compared(one.after(5))

    assert advanced(one) == ["write", "leave"]
    assert advanced(one) == []


def test_a_comparison_from_before_the_stop_is_not_the_last():
    one = Standing()
    compared(one)
    ending.stop(one.session, "ORDERED", one.after(5).now)

    assert advanced(one) == []


def test_a_stop_leaves_without_a_comparison_that_does_not_come():
    one = stopping()
    advanced(one)

    assert advanced(one.after(2_999)) == []
    assert advanced(one.after(1)) == ["leave"]


def test_a_desk_that_was_never_reconciled_just_leaves():
    one = Standing(running=False)
    ending.stop(one.session, "ORDERED", one.now)

    assert advanced(one) == ["leave"]


def test_a_desk_whose_venue_never_answered_does_not_wait_for_it_to_show_nothing():
    one = Standing(settings(on_stop="cancel"), running=False)
    ending.stop(one.session, "ORDERED", one.now)

    assert advanced(one) == ["leave"]


def test_a_desk_that_was_never_reconciled_waits_for_what_rests():
    one = Standing(settings(on_stop="cancel"))
    one.session.reconciled = False
    resting(one)
    ending.stop(one.session, "ORDERED", one.now)

    assert advanced(one) == []


def test_a_desk_that_was_never_reconciled_waits_for_strays_to_be_taken_back():
    one = Standing(settings(on_stop="cancel"))
    one.session.reconciled = False
    one.session.strays[VENUE_ID] = "t-stray"
    ending.stop(one.session, "ORDERED", one.now)

    assert advanced(one) == []


@pytest.mark.parametrize(
    ("waited_ms", "state"), [(19_999, Phase.STOPPING), (20_000, Phase.STOPPING)]
)
def test_a_stop_waits_for_lost_orders_but_not_for_ever(waited_ms, state):
    one = stopping(stop_resolve_s=20)
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.LOST))

    advanced(one.after(waited_ms))

    assert (one.session.final_ms is not None) is (waited_ms == 20_000)
    assert one.session.phase is state


def test_a_stop_waits_for_what_is_in_flight():
    one = stopping()
    one.session.in_flight["t-1"] = None

    advanced(one)

    assert one.session.final_ms is None


def test_a_stop_may_leave_what_rests():
    one = stopping(on_stop="leave")
    resting(one)

    advanced(one)

    assert one.session.final_ms is not None


def test_a_stop_that_cancels_waits_for_the_venues_word():
    one = stopping(on_stop="cancel")
    name = resting(one)
    one.do()

    advanced(one)

    assert one.books.orders[name].cancel_wanted
    assert one.session.final_ms is None


def test_an_orphan_leaves_as_soon_as_nothing_rests():
    one = Standing()
    name = resting(one)
    ending.orphan(one.session, "PARENT_GONE", one.now)
    one.do()

    waits = advanced(one)
    tell(one.books, name, OVER)

    assert (waits, one.books.orders[name].cancel_reason) == ([], "SILENCE")
    assert advanced(one) == ["leave"]


@pytest.mark.parametrize(("waited_ms", "said"), [(9_999, []), (10_000, ["leave"])])
def test_an_orphan_leaves_after_ten_seconds_whatever_rests(waited_ms, said):
    one = Standing()
    resting(one)
    ending.orphan(one.session, "PARENT_GONE", one.now)

    assert advanced(one.after(waited_ms)) == said


def test_an_orphan_may_be_told_to_leave_what_rests():
    one = Standing(settings(on_silence="leave"))
    resting(one)
    ending.orphan(one.session, "PARENT_GONE", one.now)

    assert advanced(one) == ["leave"]


def test_once_it_is_over_nothing_is_heard_but_to_leave():
    one = stopping()
    advanced(one)
    before = ending.is_over(one.session, Tick("work"))
    advanced(one.after(3_000))

    assert (before, ending.is_over(one.session, Tick("work"))) == (False, True)
    assert not ending.is_over(one.session, Tick(ending.LEAVE))


def test_the_parents_death_cuts_an_orderly_stop_short():
    one = stopping()
    ending.orphan(one.session, "PARENT_GONE", one.now)
    ending.stop(one.session, "ORDERED", one.now)

    assert one.session.phase is Phase.ORPHANED
