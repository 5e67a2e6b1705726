"""A withdrawal that is asked for: the venue sets it aside, and so do the books."""

import pytest

from actors.executor import postings
from actors.executor.draft import Draft
from actors.executor.facts import Seen
from actors.executor.reconcile import set_aside
from actors.executor.states import Fact
from actors.venues.port import VenueBalance
from messages.money import Amount
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, answer, books, tell
from tests.actors.executor.test_transfers import look
from tests.actors.executor.wishes import batch, intent


def row(free, held=0, withdrawing=0):
    return VenueBalance(
        asset="TRY", free=Amount(free), held=Amount(held), withdrawing=Amount(withdrawing)
    )


def on(free=100, withdrawing=0):
    """Return books that have *withdrawing* set aside."""
    made = books(TRY=free + withdrawing)
    draft = Draft(made, at_ms=NOW_MS)
    draft.transfer("asked", postings.asked_for("TRY", Amount(withdrawing)))
    draft.write("Asked", "desk", {})
    return made


@pytest.mark.parametrize(
    ("venue", "more"),
    [
        (row(100), {}),
        (row(94, withdrawing=6), {"TRY": 6}),
        (row(0, withdrawing=100), {"TRY": 100}),
        (row("99.99999999", withdrawing="0.00000001"), {"TRY": Amount("0.00000001")}),
        (row(94, withdrawing="6.1"), {}),  # the totals do not agree
        (row(94, held=6), {}),  # somebody's order, no withdrawal
        (row(90, held=4, withdrawing=6), {"TRY": 6}),  # and an order of somebody beside it
    ],
)
def test_what_the_venue_sets_aside_is_set_aside_where_totals_agree(venue, more):
    assert set_aside(on(), [venue]) == more


@pytest.mark.parametrize(
    ("venue", "more"),
    [
        (row(94, withdrawing=6), {}),
        (row(90, withdrawing=10), {"TRY": 4}),
        (row(97, withdrawing=3), {"TRY": -3}),
        (row(100), {"TRY": -6}),
        (row(94, held=6), {}),  # opened with what an order of others held
    ],
)
def test_what_was_asked_for_before_counts(venue, more):
    assert set_aside(on(free=94, withdrawing=6), [venue]) == more


def test_while_an_order_pays_with_it_what_is_held_must_agree_to_give_back():
    asked = on(free=9_994, withdrawing=6)
    name = answer(batch(intent()), asked).sends[0].client_order_id
    tell(asked, name, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    held, free = asked.balance("held", "TRY"), asked.balance("free", "TRY")
    more = row(free - 1, held=held, withdrawing=7)
    less = row(free + 1, held=held, withdrawing=5)
    not_held_yet = row(free + held + 1, withdrawing=5)
    too_much = row(-1, held=held, withdrawing=free + 7)

    assert set_aside(asked, [more]) == {"TRY": 1}
    assert set_aside(asked, [less]) == {"TRY": -1}
    assert set_aside(asked, [not_held_yet]) == {}
    assert set_aside(asked, [not_held_yet], totals_only=True) == {"TRY": -1}
    assert set_aside(asked, [too_much]) == {}


def test_a_request_is_no_difference_no_profit_and_not_ours_to_spend(place):
    driver = place.opened()
    before = driver.books.balance("free", "TRY")

    place.served.withdraw("TRY", "1000.25", requested=True)
    look(driver)

    assert before - driver.books.balance("free", "TRY") == Amount("1000.25")
    assert driver.books.balance("withdrawing", "TRY") == Amount("1000.25")
    assert driver.books.day.flows == Amount("-1000.25")
    assert place.differences() == {}
    assert not driver.books.levels


def test_what_was_asked_for_and_leaves_is_a_flow_once(place):
    driver = place.opened()
    place.served.withdraw("TRY", 1_000, requested=True)
    look(driver)

    place.served.withdraw("TRY", 1_500)  # the request, and 500 more
    driver.session.reconciler.want(0)
    driver.until(lambda: len(driver.session.transfers.booked) == 2)
    look(driver)

    assert driver.books.balance("withdrawing", "TRY") == 0
    assert driver.books.day.flows == Amount(-1_500)
    assert place.differences() == {}
    assert not driver.books.levels


def test_a_request_while_the_desk_was_down_is_booked_before_it_is_ready_and_only_once(place):
    place.opened()
    place.driver.close()
    place.served.withdraw("TRY", 500, requested=True)
    for _ in range(2):
        driver = place.opened()
        look(driver)
        assert (place.differences(), driver.books.day.flows) == ({}, -500)
        assert not driver.books.levels
        driver.close()
