"""What one lane's hands make of a request, against a client that remembers what it was asked."""

import pytest

from actors.executor.clock_offset import Measured
from actors.executor.venue_calls import (
    Answer,
    CancelOrder,
    Handler,
    NoAnswer,
    ReadAllOrders,
    ReadBalances,
    ReadFills,
    ReadOpenOrders,
    ReadOrder,
    ReadServerTime,
    outcome_of,
)
from actors.runtime.effects import Raised
from actors.runtime.lanes import LaneFull
from actors.venues.port import (
    Ack,
    Lost,
    NotSent,
    RejectKind,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from messages.money import Amount
from tests.actors.executor.wishes import submit

SUBMIT = submit(price=Amount(3), quantity=Amount(2), stamp_ms=77)


class Client:
    """Answers with its own name and keeps what it was asked."""

    last_call, counts = None, {}

    def __init__(self, error=None):
        self.asked, self._error = [], error

    def __getattr__(self, name):
        def call(*args, **given):
            if self._error is not None:
                raise self._error
            self.asked.append((name, args, given))
            return 5 if name == "server_time_ms" else name

        return call


def handled(request, client=None):
    client = client or Client()
    times = iter(range(100, 200))
    handler = Handler(client, next_stamp=lambda: 500, mono_ms=lambda: next(times))
    return handler(request), client


def test_an_order_is_signed_with_the_stamp_that_is_in_the_store():
    _, client = handled(SUBMIT)

    ((name, (order, stamp), _),) = client.asked
    assert (name, stamp) == ("submit", 77)
    assert (order.client_order_id, order.price, order.quantity) == ("t-1", 3, 2)


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (CancelOrder(client_order_id="t-1", venue_order_id=7), ("cancel", (7, 500), {})),
        (ReadOrder(client_order_id="t-1", venue_order_id=7), ("order", (7, 500), {})),
        (ReadOpenOrders(instrument="X_Y", asked_ms=1), ("open_orders", ("X_Y", 500), {})),
        (
            ReadAllOrders(instrument="X_Y", since_ms=3, page=2),
            ("all_orders", ("X_Y",), {"since_ms": 3, "page": 2, "stamp_ms": 500}),
        ),
        (
            ReadFills(instrument="X_Y", since_ms=3, until_ms=9),
            ("fills", ("X_Y",), {"since_ms": 3, "until_ms": 9, "stamp_ms": 500}),
        ),
        (ReadBalances(number=1), ("balances", (500,), {})),
    ],
    ids=lambda one: type(one).__name__,
)
def test_everything_else_is_signed_when_it_leaves(request_, asked):
    _, client = handled(request_)

    assert client.asked == [asked]


def test_the_clock_is_read_before_and_after_the_question():
    answer, _ = handled(ReadServerTime())

    assert answer.value == Measured(server_ms=5, asked_ms=100, heard_ms=101)


@pytest.mark.parametrize(
    ("error", "code", "refused", "retry_after_ms"),
    [
        (VenueUnavailable("busy", 900), "UNAVAILABLE", None, 900),
        (VenueUnreadable("not JSON"), "UNREADABLE", None, None),
        (VenueRefused("Order not found"), "Order not found", RejectKind.ORDER, None),
        (VenueRefused("no", RejectKind.AUTH), "no", RejectKind.AUTH, None),
    ],
)
def test_what_a_venue_can_fail_with_is_a_value(error, code, refused, retry_after_ms):
    found, _ = handled(ReadBalances(number=1), Client(error))

    assert isinstance(found, NoAnswer)
    assert (found.code, found.refused, found.retry_after_ms) == (code, refused, retry_after_ms)


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        handled(ReadBalances(number=1), Client(ZeroDivisionError()))


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (Answer(value=Ack(venue_order_id=7)), Ack),
        (Answer(value=Lost(reason="x")), Lost),
        (NotSent(reason="KILLED"), NotSent),
        (Raised(LaneFull()), NotSent),
        (Raised(ValueError()), Lost),
        (NoAnswer(code="UNREADABLE", reason="x"), Lost),
        (Answer(value="odd"), Lost),
        (None, Lost),
    ],
)
def test_whatever_is_not_clear_is_a_lost_answer(result, outcome):
    assert type(outcome_of(result)) is outcome
