"""The wall clock is stepped under a running desk: it pauses, asks the venue, loses nothing."""

from functools import partial

import pytest

from actors.executor.clock_offset import Belief, Measured, measured
from actors.executor.facts import Seen
from actors.executor.session import NEVER_HEARD_MS, UNTIMED_MAX_MS
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, CancelOrder, ReadOpenOrders, ReadServerTime
from actors.runtime.clock import SystemClock
from messages.control import Kill
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing
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
    assert abs(driver.books.orders[name].stamp_ms - SystemClock().wall_ms()) < 2_000


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


@pytest.mark.parametrize("by_ms", [-59_000, 59_000])
def test_a_minute_off_at_the_start_costs_nothing_and_nothing_is_signed_wrong(run_dir, by_ms):
    with trading(run_dir, more="stamp_reuse_refused = true") as place:
        driver = place.open()
        driver.actor.clock = Stepped(by_ms)

        driver.until(lambda: driver.session.reconciled, 5)

        assert driver.session.answering.unanswered == 0


def test_before_the_venues_time_is_known_only_that_is_asked():
    one = Standing(running=False)

    assert one.do() == [ReadServerTime()]
    assert one.after(UNTIMED_MAX_MS - 1).do() == []
    one.hear(ReadServerTime(), at(one))
    assert ReadOpenOrders in map(type, one.do())


@pytest.mark.parametrize(
    ("waited_ms", "signed"),
    [(UNTIMED_MAX_MS - 1, False), (UNTIMED_MAX_MS, True), (UNTIMED_MAX_MS + 1, True)],
)
def test_a_venue_that_never_says_its_time_is_asked_and_told_to_cancel_all_the_same(
    waited_ms, signed
):
    one = Standing()
    name = one.order()
    one.session.belief = Belief()
    tell(one.books, name, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="HALTED"))

    asked = set(map(type, one.after(waited_ms).do()))

    assert asked >= ({CancelOrder, ReadOpenOrders} if signed else {ReadServerTime})
    assert (asked == {ReadServerTime}) is not signed


def at(one):
    """Return the venue's answer that it is as late as the wall clock of *one* says."""
    return Answer(value=Measured(server_ms=one.wall_ms, asked_ms=one.mono_ms, heard_ms=one.mono_ms))


WILD_MS = 9_999_999_999_999


def answers_once(driver, server_ms):
    """Let the venue's next answer to what time it is be *server_ms*; return what is left to say."""
    wild = [server_ms]
    for client in driver.clients:
        client.server_time_ms = partial(_said, wild, client.server_time_ms)
    return wild


def _said(wild, really):
    return wild.pop() if wild else really()


def test_a_kill_still_cancels_after_one_wild_time_of_the_venue(run_dir):
    with trading(run_dir, more="stamp_reuse_refused = true") as place:
        driver = place.opened()
        name = place.resting()
        wild = answers_once(driver, WILD_MS)
        driver.actor.clock = Stepped(1_000)  # so that the venue is asked
        driver.until(lambda: not wild and driver.session.clock_problem == "", 15)

        driver.hear(Kill(reason="test"))
        driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)

        assert place.differences() == {}


def test_a_time_said_once_pauses_until_the_venue_is_asked_again(place):
    driver = place.opened()
    wild = answers_once(driver, SystemClock().wall_ms() + 20_000)
    driver.session.timed_ms = NEVER_HEARD_MS

    driver.until(lambda: not wild and paused(driver))
    driver.until(lambda: not paused(driver) and driver.session.clock_problem == "", 15)

    assert abs(driver.session.venue_ms(driver.actor._now()) - SystemClock().wall_ms()) < 1_000


def test_a_store_that_signed_a_wild_time_trades_again_after_a_restart(place):
    driver = place.opened()
    driver.session.belief = after(WILD_MS, driver)
    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.REJECTED)
    place.driver.crash()

    place.opened()

    assert place.state_of(place.resting()) is OrderState.LIVE


def after(server_ms, driver):
    """Return what was believed when one answer was enough."""
    mono_ms = driver.actor.clock.mono_ms()
    return Belief(clock=measured(Measured(server_ms=server_ms, asked_ms=mono_ms, heard_ms=mono_ms)))
