"""A start asks the venue for what it needs, and for nothing twice: its length is its answers."""

from collections import Counter

from actors.executor.venue_calls import (
    ReadBalances,
    ReadFills,
    ReadOpenOrders,
    ReadServerTime,
)
from messages.money import Amount
from messages.orders import OrderState, Side


def asked(driver):
    """Return how often each kind of question was put to the venue."""
    return Counter(type(one) for one in driver.outlet.asked)


def test_the_venues_time_is_the_first_question_and_put_once(place):
    driver = place.opened()

    assert driver.outlet.asked[0] == ReadServerTime()
    assert asked(driver)[ReadServerTime] == 1


def test_a_start_lists_and_sweeps_each_instrument_once_between_two_reads_of_the_balances(place):
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


def test_what_was_filled_while_nobody_was_here_is_booked_by_a_start_whose_fills_are_many(place):
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
