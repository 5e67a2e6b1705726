"""An instrument is taken out of the configuration while an order of ours rests there."""

import pytest
from msgspec.structs import replace

from actors.executor.facts import Seen
from actors.executor.session import Session
from actors.executor.states import Fact
from messages.control import Kill
from messages.money import Amount
from messages.orders import IntentRefused, OrderState, Side
from tests.actors.executor.driving import DESK, settings
from tests.actors.executor.ledgers import tell
from tests.actors.executor.sessions import Standing
from tests.actors.executor.venues import trading
from tests.actors.executor.wishes import wanted_of

WITHOUT = replace(DESK, instruments=("ETH_TRY",))


@pytest.fixture
def left(run_dir):
    """A desk without BTC_TRY, of which it left an order; the order's name."""
    with trading(run_dir) as place:
        place.opened()
        name = place.resting()
        place.driver.crash()
        place.open(desk=WITHOUT)
        yield place, name


def test_its_fills_are_booked_all_the_same(left):
    place, name = left
    place.driver.ready()
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    place.driver.until(lambda: place.driver.books.orders[name].booked_quantity == Amount("0.0004"))
    place.stranger.trade(Side.SELL, "0.0006", place.inside)

    place.driver.until(lambda: place.state_of(name) is OrderState.FILLED)
    assert place.differences() == {}


def test_a_kill_takes_it_back_and_is_clear_by_the_venues_lists(left):
    place, name = left
    place.driver.ready()

    place.driver.hear(Kill(reason="enough"))
    place.driver.until(lambda: place.driver.session.clearance.is_clear)

    assert place.state_of(name) is OrderState.CANCELLED
    assert place.differences() == {}


def test_nothing_new_is_sent_there(left):
    place, _ = left
    place.driver.ready()

    place.driver.hear(wanted_of(place.driver, "BTC_TRY", (Side.BUY, "0.001", place.inside, "one")))

    broken = place.driver.said(IntentRefused)[-1].broken
    assert (broken.code, broken.observed) == ("LIMIT", "RULES_UNKNOWN")


def test_an_order_whose_answer_was_lost_there_is_resolved(left):
    place, name = left
    order = place.driver.books.orders[name]
    place.driver.books.recall([replace(order, state=OrderState.UNKNOWN, venue_order_id=None)])

    place.driver.until(lambda: place.state_of(name) is OrderState.LIVE)


@pytest.mark.parametrize(
    ("seen", "watched"),
    [
        (Seen(fact=Fact.LOST), ("ETH_TRY", "BTC_TRY")),
        (Seen(fact=Fact.REJECT, code="no"), ("ETH_TRY",)),
    ],
)
def test_only_where_an_order_is_alive_is_an_instrument_of_before_watched(seen, watched):
    one = Standing()
    tell(one.books, one.order(), seen)

    session = Session(
        settings=settings(), desk=WITHOUT, books=one.books, lineage="a", epoch=2, now=one.now
    )

    assert session.watching.instruments == watched
