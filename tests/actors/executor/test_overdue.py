"""Calls that never come back: they are asked again, and a late answer is one more fact."""

import pytest

from actors.executor import commands
from actors.executor.facts import Seen
from actors.executor.settings import Asking
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, CancelOrder, ReadOpenOrders
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing

OVERDUE_MS = 5_000


@pytest.fixture
def one():
    return Standing(settings(asking=Asking(overdue_ms=OVERDUE_MS, cancel_first_ms=100)))


def leaving(one):
    """Return the DELETE of an order that rests and must go, as it is made."""
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="HALTED"))
    one.session.accepted_ms.pop(name)
    (request,) = one.asks(CancelOrder)
    return request


@pytest.mark.parametrize(("waited_ms", "count"), [(4_999, 0), (5_000, 1), (5_001, 1)])
def test_a_cancel_without_an_answer_is_made_again_once_it_is_overdue(one, waited_ms, count):
    request = leaving(one)

    assert one.after(waited_ms).asks(CancelOrder) == [request] * count


def test_lists_that_never_come_are_asked_again_and_told(one):
    first = one.asks(ReadOpenOrders)

    one.after(OVERDUE_MS).do()

    assert [again.instrument for again in one.after(1_000).asks(ReadOpenOrders)] == [
        lost.instrument for lost in first
    ]
    told = commands.status(one.session, one.now)["reads_failing"]
    assert ("open_orders", "none within 5,000 ms") in [(row["read"], row["reason"]) for row in told]


def test_an_answer_that_comes_after_all_counts(one):
    asked = one.asks(ReadOpenOrders)
    one.after(OVERDUE_MS).do()

    for request in asked:
        one.hear(request, Answer(value=[]))

    assert one.session.watching.all_listed_since(asked[0].asked_ms)


def test_both_answers_to_a_call_that_was_made_twice_leave_room_for_the_next(one):
    request = leaving(one)
    one.after(OVERDUE_MS).do()

    for _ in range(2):
        one.hear(request, Answer(value="SUCCESS"), lane="cancels")

    assert one.session.ahead("cancels") == 0
    assert one.after(10_000).asks(CancelOrder) == [request]
