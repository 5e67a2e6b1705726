"""The wall clock is stepped under a running desk: it pauses, asks the venue, loses nothing."""

import pytest

from actors.runtime.clock import SystemClock
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from tests.actors.executor.venues import trading

DESK = (Scope.DESK, "", "executor")


class Stepped(SystemClock):
    """The system's clock, its wall *by_ms* off."""

    def __init__(self, by_ms):
        self._by_ms = by_ms

    def wall_ms(self):
        return super().wall_ms() + self._by_ms


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found


def paused(driver):
    row = driver.books.levels.get(DESK)
    return row is not None and (row.level, row.reason) == (Level.PAUSED, "CLOCK_UNKNOWN")


@pytest.mark.parametrize("by_ms", [-10_000, 10_000])
def test_a_step_of_ten_seconds_pauses_until_measured_and_loses_no_fill(place, by_ms):
    driver = place.opened()
    name = place.resting()
    driver.actor.clock = Stepped(by_ms)
    place.stranger.trade(Side.SELL, "0.0004", place.inside)

    driver.until(lambda: paused(driver))
    driver.until(lambda: not paused(driver) and driver.session.clock_problem == "", 15)
    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"))
    place.stranger.trade(Side.SELL, "0.0006", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.FILLED)

    assert place.differences() == {}


@pytest.mark.parametrize("by_ms", [-10_000, 10_000])
def test_after_a_step_orders_are_signed_by_the_venues_clock_and_taken(place, by_ms):
    driver = place.opened()
    driver.actor.clock = Stepped(by_ms)
    driver.until(lambda: paused(driver))
    driver.until(lambda: not paused(driver), 15)

    name = place.resting()

    assert place.state_of(name) is OrderState.LIVE
    assert abs(driver.session.stamps.last_ms - SystemClock().wall_ms()) < 2_000


@pytest.mark.parametrize("by_ms", [-10_000, 10_000])
def test_a_desk_that_starts_with_a_wrong_clock_finds_what_happened_while_it_was_down(place, by_ms):
    place.opened()
    name = place.resting()
    place.driver.crash()
    place.stranger.trade(Side.SELL, "0.001", place.inside)

    driver = place.open()
    driver.actor.clock = Stepped(by_ms)
    driver.until(lambda: place.state_of(name) is OrderState.FILLED, 15)

    assert place.differences() == {}
