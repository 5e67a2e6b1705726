"""What a start asks of the venue, which is how long it takes, and what it takes from the store."""

from collections import Counter

import pytest
from msgspec.structs import replace

from actors.executor.venue_calls import (
    ReadBalances,
    ReadFills,
    ReadOpenOrders,
    ReadServerTime,
)
from messages.money import Amount
from messages.orders import OrderState, Side
from tests.actors.executor import ledgers
from tests.actors.executor.driving import settings
from tests.actors.executor.wishes import wanted_of


def asked(driver):
    """Return how often each kind of question was put to the venue."""
    return Counter(type(one) for one in driver.outlet.asked)


def test_the_venues_time_is_the_first_question_and_put_once(place):
    driver = place.opened()

    assert driver.outlet.asked[0] == ReadServerTime()
    assert asked(driver)[ReadServerTime] == 1


def test_a_start_without_orders_lists_and_sweeps_each_instrument_once_between_two_reads(place):
    place.opened()
    place.driver.crash()

    driver = place.open(stream=True)
    driver.until(lambda: driver.session.reconciled)

    instruments = len(driver.session.watching.instruments)
    assert asked(driver) == {
        ReadServerTime: 1,
        ReadBalances: 2,
        ReadOpenOrders: instruments,
        ReadFills: instruments,
    }


def test_the_stream_begins_when_the_start_is_over_and_then_everything_is_looked_at_again(place):
    driver = place.open(stream=True)
    before = place.login_ms
    driver.ready()
    first = asked(driver)
    driver.until(lambda: driver.session.answering.stream_is_up)
    driver.until(lambda: asked(driver)[ReadFills] > first[ReadFills])

    assert before is None
    assert place.login_ms is not None


def test_a_start_books_what_was_filled_meanwhile_and_recalls_no_order_whose_fills_are_booked(place):
    driver = place.opened()
    ask = place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    done = [place.wish(Side.BUY, "0.0003", ask) for _ in range(3)]
    driver.until(lambda: all(place.state_of(one) is OrderState.FILLED for one in done))
    late = place.resting("0.001")
    driver.crash()
    place.stranger.trade(Side.SELL, "0.001", place.inside)

    driver = place.opened()

    assert place.state_of(late) is OrderState.FILLED
    assert set(done).isdisjoint(driver.books.orders)  # nobody needed them
    assert driver.state("BTC_TRY").by_strategy["one"].position == Amount("0.0019")
    assert place.differences() == {}


def test_who_is_told_to_stop_while_it_starts_begins_no_stream(place):
    driver = place.open(stream=True)

    driver.stop()

    assert place.login_ms is None


def partly(place):
    """Return the id of an order of ours that was filled in part and then taken back."""
    driver = place.driver
    name = place.resting("0.001")
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"))
    driver.hear(wanted_of(driver, "BTC_TRY", cancels=[name]))
    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)
    return name


def test_what_ended_lately_with_a_rest_is_known_after_a_start_and_what_is_whole_is_not(place):
    driver = place.opened()
    ask = place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    whole = place.wish(Side.BUY, "0.0003", ask)
    driver.until(lambda: place.state_of(whole) is OrderState.FILLED)
    taken_back = partly(place)
    driver.crash()

    books = place.open(own=settings(visibility_lag_s=60)).books
    lately = dict(books.orders)
    place.driver.crash()
    long_ago = place.open(own=settings(visibility_lag_s=0)).books.orders

    assert lately.keys() == {taken_back}
    assert long_ago == {}


@pytest.mark.parametrize("name", ["", "by-hand"])
def test_a_fill_without_our_name_of_an_order_before_the_start_is_not_somebody_elses(
    place, monkeypatch, name
):
    place.opened(own=settings(foreign_orders="external"))
    order = place.driver.books.orders[partly(place)]
    place.driver.crash()
    monkeypatch.setattr("store.recall.ENDED_LOOKED_AT", 0)  # as if hundreds had ended since
    driver = place.opened(own=settings(foreign_orders="external"))
    before = driver.books.owned("BTC")
    nameless = ledgers.fill(
        "77", "0.0002", client_order_id=name, venue_order_id=order.venue_order_id
    )

    assert order.client_order_id not in driver.books.orders
    driver.hear(replace(nameless, at_ms=driver.actor.clock.wall_ms() + 1))

    assert driver.books.owned("BTC") == before
    assert [row.reason[:13] for row in driver.books.levels.values()] == ["UNKNOWN_ORDER"]
