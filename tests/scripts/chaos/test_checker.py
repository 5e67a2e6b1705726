"""Each way in which books and exchange may disagree is found, and agreement is silent."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from scripts.chaos.checker import (
    TOLD_MAX,
    Booked,
    Books,
    Execution,
    Sent,
    Silence,
    Venue,
    differences,
    violations,
)


def sent(name="a", **said):
    given = {"client_order_id": name, "venue_order_id": 1, "at_ms": 100, "is_open": False}
    return Sent(**given | said)


def fill(trade="t1", name="a", **said):
    given = {"price": 100, "quantity": 1, "fee": 1, "tax": 0} | said
    amounts = {key: Decimal(value) for key, value in given.items()}
    return Execution(trade_id=trade, client_order_id=name, **amounts)


def venue(*orders, fills=(), amounts=None):
    return Venue(orders=orders or (sent(),), fills=tuple(fills), amounts=amounts or {})


def books(*, fills=(), amounts=None, **states):
    orders = {name: Booked(state=state, created_ms=99) for name, state in states.items()}
    return Books(
        orders=orders or {"a": Booked(state="FILLED", created_ms=99)},
        fills=tuple(fills),
        amounts=amounts or {},
    )


def test_one_story_told_twice_is_no_violation():
    amounts = {("TRY", "free"): Decimal("1.00")}
    there = venue(sent(), sent("b", is_open=True), fills=[fill()], amounts=amounts)
    here = books(a="FILLED", b="LIVE", fills=[fill()], amounts={("TRY", "free"): Decimal(1)})

    assert violations(there, here, [Silence(from_ms=100, until_ms=200)]) == []
    assert differences(there, here) == {"TRY": 0}


def test_order_sent_twice_under_one_name():
    [line] = violations(venue(sent(), sent(venue_order_id=2)), books(), [])

    assert line == "I1 order a was sent 2 times"


def test_order_that_nobody_wrote_down():
    [line] = violations(venue(sent("stray")), books(a="NOT_SENT"), [])

    assert line.startswith("I2 order stray")


@pytest.mark.parametrize(
    ("there", "here", "lines"),
    [
        ([fill()], [], 1),
        ([], [fill()], 1),
        ([fill()], [fill(), fill()], 1),
        ([fill()], [fill(fee="1.00000001")], 2),
        ([fill()], [fill(name="b")], 2),
    ],
    ids=["lost", "invented", "twice", "other fee", "other order"],
)
def test_fills_are_the_same_set(there, here, lines):
    found = violations(venue(fills=there), books(fills=here), [])

    assert len(found) == lines
    assert all(line.startswith("I15 fill t1") for line in found)


@pytest.mark.parametrize("state", ["SENDING", "UNKNOWN", "CLOSING"])
def test_at_rest_every_order_is_known(state):
    [line] = violations(venue(), books(a=state), [])

    assert line == f"I17 order a is {state} at rest"


@pytest.mark.parametrize(
    ("is_open", "state", "wrong"),
    [(True, "LIVE", 0), (False, "LIVE", 1), (True, "CANCELLED", 1), (False, "CANCELLED", 0)],
)
def test_order_is_open_at_both_or_at_neither(is_open, state, wrong):
    assert len(violations(venue(sent(is_open=is_open)), books(a=state), [])) == wrong


@pytest.mark.parametrize(("at_ms", "wrong"), [(99, 0), (100, 0), (101, 1), (199, 1), (200, 0)])
def test_between_kill_and_resume_nothing_arrives(at_ms, wrong):
    silence = Silence(from_ms=100, until_ms=200)

    assert len(violations(venue(sent(at_ms=at_ms)), books(), [silence])) == wrong


def test_what_was_past_the_gate_at_the_kill_may_still_arrive():
    silence = Silence(from_ms=100, until_ms=200, on_its_way=frozenset({"a"}))

    assert violations(venue(sent(at_ms=101)), books(), [silence]) == []


def test_difference_of_the_last_digit_is_one():
    there = venue(amounts={("TRY", "free"): Decimal("0.3"), ("TRY", "held"): Decimal(1)})
    here = books(amounts={("TRY", "free"): Decimal("0.30000001"), ("TRY", "held"): Decimal(1)})

    [line] = violations(there, here, [])

    assert line == "I16 TRY free: books 0.30000001, exchange 0.3"
    assert differences(there, here) == {"TRY": Decimal("0.00000001")}


def test_asset_that_only_one_side_knows_is_a_difference():
    one = replace(venue(), amounts={("BTC", "held"): Decimal(1)})

    assert differences(one, books()) == {"BTC": -1}
    assert len(violations(one, books(), [])) == 1


def test_lines_of_one_kind_are_bounded_and_counted():
    many = [fill(f"t{number}") for number in range(TOLD_MAX + 3)]

    found = violations(venue(fills=many), books(), [])

    assert len(found) == TOLD_MAX + 1
    assert found[-1] == "… and 3 more like it"
