"""The venue wants no call for a while: what waits then, for how long, and what goes first after."""

import pytest

from actors.executor.facts import Seen
from actors.executor.gate import may_send
from actors.executor.hear import CANCELS_REST_MAX_MS
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, CancelOrder, NoAnswer, ReadOpenOrders
from actors.venues.port import Reject, RejectKind
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing
from tests.actors.executor.wishes import submit


def leaving(count=1):
    """Return a session whose *count* resting orders must all go."""
    one = Standing()
    for number in range(count):
        name = one.order()
        key = VENUE_ID + number
        tell(one.books, name, Seen(fact=Fact.ACK, venue_order_id=key))
        tell(one.books, name, Seen(fact=Fact.CANCEL, code="HALTED"))
        one.session.accepted_ms.pop(name)
    return one


def throttled(retry_after_ms=5_000):
    return NoAnswer(code="UNAVAILABLE", reason="THROTTLED", retry_after_ms=retry_after_ms)


def throttle(one):
    """Have the venue throttle the cancel of its order and answer every list that was asked."""
    asked = one.do()
    for request in asked:
        if isinstance(request, ReadOpenOrders):
            one.hear(request, NoAnswer(code="RAISED", reason="test"))
    one.hear(asked[0], throttled(), lane="cancels")


@pytest.mark.parametrize(("waited_ms", "count"), [(4_999, 0), (5_000, 2), (5_001, 2)])
def test_no_cancel_is_sent_before_the_venue_wants_one_again(waited_ms, count):
    one = leaving(2)
    first, second = one.asks(CancelOrder)
    one.hear(first, throttled(), lane="cancels")
    one.hear(second, throttled(), lane="cancels")

    assert len(one.after(waited_ms).asks(CancelOrder)) == count


@pytest.mark.parametrize(
    ("waited_ms", "count"), [(CANCELS_REST_MAX_MS - 1, 0), (CANCELS_REST_MAX_MS, 1)]
)
def test_however_long_the_venue_says_what_must_go_is_tried_each_minute(waited_ms, count):
    one = leaving()
    (request,) = one.asks(CancelOrder)
    one.hear(request, throttled(3_600_000), lane="cancels")

    assert len(one.after(waited_ms).asks(CancelOrder)) == count


def test_cancels_go_before_the_reads_that_waited_as_long():
    one = leaving()
    throttle(one)
    one.session.reads_shut_ms = one.mono_ms + 5_000

    asked = one.after(5_000).do()

    assert isinstance(asked[0], CancelOrder)
    assert any(isinstance(later, ReadOpenOrders) for later in asked)


def test_a_throttled_cancel_holds_up_no_read():
    one = leaving()
    throttle(one)

    assert one.after(1_000).asks(ReadOpenOrders) != []


@pytest.mark.parametrize(("waited_ms", "said"), [(1_999, "THROTTLED"), (2_000, None)])
def test_an_order_in_the_lane_does_not_leave_while_the_venue_wants_none(waited_ms, said):
    one = Standing()
    for instrument in one.session.desk.instruments:
        one.session.watching.listed(instrument, one.mono_ms, {})
    name = one.order()
    no = Reject(kind=RejectKind.THROTTLED, code="TOO_MANY_REQUESTS", retry_after_ms=2_000)
    one.hear(submit(client_order_id=name), Answer(value=no), lane="orders")
    one.after(waited_ms).permit()

    order = submit(expires_ms=one.mono_ms + 1_000)

    assert may_send(one.session.gate(), order, one.mono_ms, kill_file=False) == said
