"""A desk that is not armed writes nothing to the venue, cancels included."""

import pytest

from actors.executor.facts import Seen
from actors.executor.states import Fact
from actors.executor.venue_calls import CancelOrder
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.sessions import Standing


@pytest.mark.parametrize(
    ("shut", "deletes"), [({}, 1), ({"dry_run": True}, 0), ({"not_armed": "LIVE_TRADING"}, 0)]
)
def test_what_must_go_is_cancelled_only_when_every_gate_is_open(shut, deletes):
    one = Standing(settings(**shut))
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="STALE"))

    assert len(one.asks(CancelOrder)) == deletes


@pytest.mark.parametrize(
    ("shut", "deletes"), [({}, 1), ({"dry_run": True}, 0), ({"not_armed": "LIVE_TRADING"}, 0)]
)
def test_an_order_with_our_prefix_that_no_books_know_is_left_alone_as_well(shut, deletes):
    one = Standing(settings(**shut))
    one.session.strays[7] = "t-stray"

    assert len(one.asks(CancelOrder)) == deletes
