"""What the venue's words say about orders, and whose they are."""

import pytest

from actors.executor import evidence
from actors.executor.evidence import FOREIGN_ORDER, UNKNOWN_ORDER
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, NoAnswer
from actors.venues.port import (
    Ack,
    HttpCall,
    Lost,
    NotSent,
    Reject,
    RejectKind,
    VenueOrder,
    VenueStatus,
)
from messages.money import Amount
from messages.orders import OrderState, Side
from tests.actors.executor.ledgers import answer, books, fill
from tests.actors.executor.wishes import batch, intent


def order(status=VenueStatus.OPEN, name="t-1", venue_order_id=7):
    return VenueOrder(
        venue_order_id=venue_order_id,
        client_order_id=name,
        instrument="BTC_TRY",
        side=Side.BUY,
        price=Amount(1),
        quantity=Amount(2),
        filled_quantity=Amount(1),
        status=status,
    )


@pytest.mark.parametrize(
    ("outcome", "fact", "code"),
    [
        (NotSent(reason="KILLED"), Fact.NOT_SENT, "KILLED"),
        (Ack(venue_order_id=7), Fact.ACK, "ACCEPTED"),
        (Reject(kind=RejectKind.ORDER, code="NO"), Fact.REJECT, "NO"),
        (Lost(reason="ReadTimeout"), Fact.LOST, "ReadTimeout"),
    ],
)
def test_an_outcome_is_one_fact(outcome, fact, code):
    seen = evidence.of_outcome(outcome, None)

    assert (seen.fact, seen.code) == (fact, code)


@pytest.mark.parametrize(
    ("status", "fact", "ended"),
    [
        (VenueStatus.OPEN, Fact.OPEN, None),
        (VenueStatus.FILLED, Fact.DONE, OrderState.FILLED),
        (VenueStatus.CANCELLED, Fact.DONE, OrderState.CANCELLED),
    ],
)
def test_a_listed_order_is_open_or_over(status, fact, ended):
    seen = evidence.of_order(order(status))

    assert (seen.fact, seen.ended, seen.filled) == (fact, ended, 1)


def test_a_status_that_nobody_knows_is_no_information():
    assert evidence.of_order(order(VenueStatus.UNREADABLE)) is None


def test_a_strangers_order_is_told_from_one_with_our_prefix():
    on = books(TRY=10_000)
    mine = answer(batch(intent()), on).sends[0].client_order_id

    found = evidence.strangers(
        [
            order(name=mine),
            order(name="t-lost", venue_order_id=8),
            order(name="x", venue_order_id=9),
        ],
        on,
        prefix="t",
    )

    assert [(one.code, one.venue_order_id) for one in found] == [
        (UNKNOWN_ORDER, 8),
        (FOREIGN_ORDER, 9),
    ]


def test_a_twin_of_price_and_size_is_not_ours():
    on = books(TRY=10_000)
    mine = on.orders.get(answer(batch(intent()), on).sends[0].client_order_id)
    twin = VenueOrder(
        venue_order_id=9,
        client_order_id="somebody",
        instrument=mine.instrument,
        side=mine.side,
        price=mine.price,
        quantity=mine.quantity,
        filled_quantity=Amount(0),
        status=VenueStatus.OPEN,
    )

    assert [one.code for one in evidence.strangers([twin], on, prefix="t")] == [FOREIGN_ORDER]


def test_what_memory_does_not_hold_is_named():
    on = books(TRY=10_000)
    on.recall_trades({"1": "t-a"})
    rows = [fill("1", client_order_id="t-a"), fill("2", client_order_id="t-a"), order(name="t-b")]

    assert evidence.trades(Answer(value=rows), on) == ["2"]
    assert evidence.orders(Answer(value=rows), on) == ["t-a", "t-b"]


def test_the_order_of_a_fill_that_is_booked_is_not_needed():
    on = books(TRY=10_000)
    on.recall_trades({"1": "t-a"})

    assert evidence.orders(Answer(value=[fill("1", client_order_id="t-a")]), on) == []


def test_a_booked_fill_that_comes_back_under_another_name_is_looked_up_as_one_of_a_stranger():
    on = books(TRY=10_000)
    on.recall_trades({"1": "t-a"})
    row = fill("1", client_order_id="t-z")

    assert not evidence.is_old(row, on)
    assert evidence.orders(Answer(value=[row]), on) == ["t-z"]


@pytest.mark.parametrize(
    "result", [NoAnswer(code="UNAVAILABLE", reason="x"), NotSent(reason="x"), Answer(value=3)]
)
def test_an_answer_about_nothing_names_nothing(result):
    assert evidence.trades(result, books()) == evidence.orders(result, books()) == []


def test_one_fill_of_a_stream_is_named_like_a_page():
    assert evidence.trades(fill("9", client_order_id="t-z"), books()) == ["9"]


def test_fills_are_taken_oldest_first_and_by_id_within_a_moment():
    rows = [fill("10", at_ms=5), fill("9", at_ms=5), fill("1", at_ms=6), fill("2", at_ms=4)]

    assert [row.trade_id for row in evidence.in_time_order(rows)] == ["2", "9", "10", "1"]


def test_an_exchange_is_kept_as_it_happened():
    call = HttpCall(
        method="POST", path="/api/v1/order", sent_ms=1, answered_ms=3, status=200, answer="{}"
    )

    row = evidence.http_row("t-1", call, "Ack")

    assert (row.what, row.at_ms, row.answered_ms, row.meaning) == ("POST", 1, 3, "Ack")
    assert evidence.http_row("t-1", None, "NotSent") is None


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (NoAnswer(code="Order not found", reason="x"), "Order not found"),
        (Answer(value="SUCCESS"), "SUCCESS"),
        (Answer(value=order(VenueStatus.FILLED)), "FILLED"),
    ],
)
def test_a_call_is_told_in_a_word(result, word):
    assert evidence.meaning(result) == word
