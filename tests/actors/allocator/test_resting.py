"""What becomes of orders that rest, and whether another may join them."""

import pytest

from actors.allocator import resting
from actors.allocator.resting import Leaving
from messages.orders import OrderState, Side
from tests.actors.allocator.builders import (
    WALL_MS,
    amount,
    order,
    place,
    quote,
    settings,
    state,
)

AGE_MS = 120_000


def stale(rests, *, at_ms=WALL_MS, book=None, **own):
    here = place(state(alive=[rests], at_ms=at_ms), book or quote())
    return bool(resting.stale(here, settings(**own)))


@pytest.mark.parametrize(("age_ms", "expected"), [(119_999, False), (120_000, True)])
def test_an_order_is_stale_by_its_age_since_the_venue_confirmed_it(age_ms, expected):
    assert stale(order(confirmed_ms=WALL_MS), at_ms=WALL_MS + age_ms) is expected


def test_time_since_the_state_was_heard_counts_as_age():
    young = state(alive=[order()], at_ms=WALL_MS + AGE_MS - 10)
    here = place(young, now_ms=5_000_010)

    assert resting.stale(here, settings())


def test_an_order_the_venue_never_confirmed_has_no_age():
    assert not stale(order(confirmed_ms=None), at_ms=WALL_MS + 10 * AGE_MS)


def test_a_partial_fill_makes_no_order_young():
    assert stale(order(filled=amount("0.5")), at_ms=WALL_MS + AGE_MS)


@pytest.mark.parametrize(
    ("price", "expected"),
    [("997.51", False), ("997.5", True), ("1002.49", False), ("1002.5", True)],
)
def test_an_order_is_stale_when_it_is_as_far_from_the_mid_as_drift_allows(price, expected):
    assert stale(order(price=price)) is expected  # 25 bps of 1,000 are 2.5


def test_without_a_fresh_mid_only_age_counts():
    far = order(price=500)

    assert not stale(far, book=quote(problem="STALE"))
    assert not stale(far, book=quote(age_ms=5_001))
    assert stale(far, book=quote(age_ms=5_000))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (OrderState.SENDING, False),
        (OrderState.LIVE, True),
        (OrderState.CLOSING, False),
        (OrderState.UNKNOWN, True),
    ],
)
def test_only_an_order_that_rests_can_be_stale(found, expected):
    assert stale(order(state=found), at_ms=WALL_MS + AGE_MS) is expected


def test_an_order_on_its_way_out_is_not_cancelled_again():
    assert not stale(order(cancel_wanted=True), at_ms=WALL_MS + AGE_MS)


def joins(*rests, side=Side.BUY, price=1000, quantity=1, stale=(), unconfirmed=()):
    return resting.joins(
        place(state(alive=rests)),
        side=side,
        price=amount(price),
        quantity=amount(quantity),
        stale=stale,
        unconfirmed=unconfirmed,
    )


def test_an_order_may_join_what_is_not_like_it():
    assert joins() == "NEW_INTENT"
    assert joins(order(quantity=2)) == "NEW_INTENT"
    assert joins(order(side=Side.SELL)) == "NEW_INTENT"


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [
        ("1000.5", "1", "DUPLICATE_ORDER"),  # 5 bps of the new price
        ("1000.51", "1", "NEW_INTENT"),
        ("999.5", "1", "DUPLICATE_ORDER"),
        ("1000", "1.01", "DUPLICATE_ORDER"),  # 1 % of the new quantity
        ("1000", "1.0101", "NEW_INTENT"),
        ("1000", "0.99", "DUPLICATE_ORDER"),
    ],
)
def test_the_same_wish_keeps_the_order_that_rests(price, quantity, expected):
    assert joins(order(price=price, quantity=quantity)) == expected


def test_what_is_left_of_an_order_is_what_it_is_compared_by():
    assert joins(order(quantity=3, filled=2)) == "DUPLICATE_ORDER"


def test_nothing_joins_a_stale_order_before_it_is_over():
    old = order(quantity=5)

    assert joins(old, stale=[old]) == "REPLACE_CANCEL"
    assert joins(old, side=Side.SELL, stale=[old]) == "NEW_INTENT"


def test_nothing_joins_an_order_that_is_being_cancelled():
    leaving = order(cancel_wanted=True)

    assert joins(leaving) == "REPLACE_CANCEL"
    assert joins(leaving, unconfirmed=[leaving]) == "CANCEL_UNCONFIRMED"


@pytest.mark.parametrize(("after_ms", "expected"), [(30_000, False), (30_001, True)])
def test_a_cancel_is_unconfirmed_when_it_takes_too_long(after_ms, expected):
    leaving, seen = order(cancel_wanted=True), Leaving()
    seen.look([leaving], 1_000)
    seen.look([leaving], 9_000)

    assert seen.unconfirmed(leaving, now_ms=1_000 + after_ms, after_s=30) is expected


def test_an_order_that_is_over_is_forgotten():
    leaving, seen = order(cancel_wanted=True), Leaving()
    seen.look([leaving], 1_000)
    seen.look([], 2_000)
    seen.look([leaving], 50_000)

    assert not seen.unconfirmed(leaving, now_ms=50_001, after_s=30)
