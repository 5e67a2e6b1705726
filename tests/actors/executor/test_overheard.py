"""A kill that is overheard while the loop is busy: nothing leaves after it, whatever waits."""

import threading

import pytest

from actors.runtime.wire import Heard
from actors.venues.port import NotSent
from messages.control import Kill, Resume, StatusQuery
from messages.orders import OrderState, Side
from tests.actors.executor.driving import NOBODY
from tests.actors.executor.venues import trading
from tests.actors.executor.wishes import batch, intent, submit

WAITING = 1_000
TURNS_MAX = 2_000


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found


def test_with_a_thousand_batches_waiting_no_order_passes_after_the_answer_to_a_kill(place):
    driver = place.opened()
    killing = Killer(driver)
    for number in range(WAITING):
        driver.actor.post(Heard(message=wanted(place, number), route=NOBODY))

    killing.start()
    for _ in range(TURNS_MAX):
        if not killing.is_alive() and not driver.actor.actor_inbox.queued:
            break
        driver.turn()
    killing.join()
    driver.until(lambda: OrderState.SENDING not in states(driver))

    assert killing.waiting > 0, "the kill came after everything was done"
    assert 0 < driver.session.passed_ns <= killing.answered_ns
    assert states(driver) & {OrderState.NOT_SENT}, "no order waited at the gate"


def test_a_kill_that_was_overheard_holds_until_its_turn_has_come_and_beyond(place):
    driver = place.opened()
    overhear = driver.actor.urgent()[Kill]

    overhear(Kill(reason="now"))
    driver.hear(wanted(place, 0))
    driver.until(lambda: states(driver) == {OrderState.NOT_SENT})
    driver.hear(Kill(reason="now"))

    assert driver.session.gate().latched
    assert place.orders() == []


def test_after_a_resume_orders_leave_again(place):
    driver = place.opened()
    driver.actor.urgent()[Kill](Kill(reason="now"))
    driver.hear(Kill(reason="now"))
    driver.until(lambda: driver.session.clearance.is_clear)
    driver.until(lambda: driver.answers(Resume())[0].ok)  # compared since the kill
    code = driver.answers(Resume())[0].report["confirm"]

    assert driver.answers(Resume(code=code))[0].ok
    driver.ready()
    driver.hear(wanted(place, 0))
    driver.until(lambda: states(driver) & {OrderState.LIVE, OrderState.FILLED})

    [status] = driver.answers(StatusQuery())
    assert status.report["passed_ns"] == driver.session.passed_ns > 0


def test_a_kill_shuts_the_gate_while_another_thread_holds_its_lock(place):
    actor = place.opened().actor
    [ask] = [lane.gate for lane in actor.lanes() if lane.gate is not None]
    assert ask(order(actor)) is None
    killing = threading.Thread(target=actor.urgent()[Kill], args=(Kill(reason="now"),))

    with actor.gate_lock:
        killing.start()
        refused = (threading.Event().wait(0.001) or ask(order(actor)) for _ in range(TURNS_MAX))

        assert NotSent(reason="KILLED") in refused
        assert killing.is_alive(), "it says that it is over while one may be past the question"

    killing.join()
    assert ask(order(actor)) == NotSent(reason="KILLED")


class Killer(threading.Thread):
    """Shuts the gate as the ear does, once the first order has passed it."""

    def __init__(self, driver) -> None:
        super().__init__(daemon=True)
        self._driver = driver
        self.answered_ns = self.waiting = 0

    def run(self) -> None:
        actor = self._driver.actor
        while not self._driver.session.passed_ns:
            threading.Event().wait(0.000_1)
        actor.urgent()[Kill](Kill(reason="now"))
        self.answered_ns = actor.clock.mono_ns()
        self.waiting = actor.actor_inbox.queued


def wanted(place, number):
    """Return a batch that is right once *number* others have been accepted."""
    session = place.driver.session
    version = place.driver.books.instrument("BTC_TRY").version + number
    lineage = session.lineage
    one = intent("0.0001", place.inside, Side.BUY, version=version, lineage=lineage)
    return batch(one, version=version, lineage=lineage, kill_epoch=session.kill_epoch)


def states(driver):
    """Return the states of the orders that were accepted."""
    return {order.state for order in driver.books.orders.values()}


def order(actor):
    """Return an order that nothing but the gate itself could stop."""
    return submit(expires_ms=actor.clock.mono_ms() + 60_000)
