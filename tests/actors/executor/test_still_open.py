"""What the venue's list shows counts where nothing of ours may rest, whatever the books think."""

import pytest
from msgspec.structs import replace

from actors.executor import listing
from actors.executor.draft import Draft
from actors.executor.facts import Seen
from actors.executor.levels import halt
from actors.executor.session import Phase
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, CancelOrder, ReadOpenOrders, ReadOrder
from actors.venues.port import VenueStatus
from messages.money import Amount
from messages.orders import OrderState
from messages.state import Scope
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import VENUE_ID, fill, tell
from tests.actors.executor.sessions import Standing
from tests.actors.executor.test_duties import listed, live

BTC = (Scope.INSTRUMENT, "BTC_TRY", "executor")
LAG_S, WINDOW_MS = 120, 5_000
LATE_MS = 1_000


def desk(**changed):
    return Standing(settings(visibility_lag_s=LAG_S, window_ms=WINDOW_MS, **changed))


def kill(one):
    draft = Draft(one.books, at_ms=one.wall_ms)
    draft.put(halt(Scope.DESK, "", "drill", one.wall_ms))
    draft.write("LevelChanged", "", {})


def show(one, *rows, instrument="BTC_TRY"):
    request = ReadOpenOrders(instrument=instrument, asked_ms=one.mono_ms, expected=())
    one.hear(request, Answer(value=list(rows)))


def over(one, ended=VenueStatus.CANCELLED, filled=0):
    """Return the id of an order that the venue once said is over."""
    name = live(one)
    read = ReadOrder(client_order_id=name, venue_order_id=VENUE_ID)
    one.hear(read, Answer(value=listed(name, ended, filled=filled)))
    return name


def lost(one):
    """Return the id of an order whose answer was lost."""
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.LOST, code="NO_ANSWER"))
    return name


@pytest.mark.parametrize(
    ("ended", "filled", "state"),
    [
        (VenueStatus.CANCELLED, 0, OrderState.CANCELLED),
        (VenueStatus.FILLED, "0.001", OrderState.CLOSING),
    ],
)
def test_a_kill_waits_for_no_lag_to_take_back_what_is_listed(ended, filled, state):
    one = desk()
    name = over(one, ended, filled)
    assert one.books.orders[name].state is state
    show(one, listed(name))
    assert one.asks(CancelOrder) == []

    kill(one)
    one.after(LATE_MS)
    show(one, listed(name))

    assert one.asks(CancelOrder) == [CancelOrder(client_order_id=name, venue_order_id=VENUE_ID)]


@pytest.mark.parametrize("before", [over, lost])
def test_a_kill_takes_back_what_is_listed_with_a_status_that_nobody_knows(before):
    one = desk()
    name = before(one)
    kill(one)

    show(one, listed(name, VenueStatus.UNREADABLE))

    assert [asked.venue_order_id for asked in one.asks(CancelOrder)] == [VENUE_ID]


@pytest.mark.parametrize("status", [VenueStatus.OPEN, VenueStatus.UNREADABLE])
@pytest.mark.parametrize(("ms", "halts"), [(119_999, False), (120_000, False), (120_001, True)])
def test_a_list_may_lag_and_is_a_contradiction_only_afterwards(status, ms, halts):
    one = desk()
    name = over(one)
    show(one, listed(name, status))

    one.after(ms)
    show(one, listed(name, status))

    assert (BTC in one.books.levels) is halts
    assert bool(one.session.strays) is halts


def test_the_lag_begins_anew_with_a_list_that_does_not_show_it():
    one = desk()
    name = over(one)
    show(one, listed(name))
    one.after(60_000)
    show(one)
    one.after(70_000)

    show(one, listed(name))

    assert BTC not in one.books.levels


def test_a_fill_that_contradicts_a_lost_order_ends_the_scan_for_it():
    one = Standing(settings(visibility_lag_s=0))
    name = lost(one)
    one.after(5_000).do()
    assert "BTC_TRY" in one.session.resolver.scans
    nothing = replace(fill("0.001", "3000000"), client_order_id=name, quantity=Amount(0))

    listing.fills(one.session, [nothing], one.now)

    assert one.books.orders[name].state is OrderState.UNKNOWN
    assert "BTC_TRY" not in one.session.resolver.scans
    assert "contradicts" in one.session.resolver.evidence[name].last


@pytest.mark.parametrize(
    ("problem", "after_ms", "by_ms"),
    [("", 0, 3_000), ("STORE_GONE", WINDOW_MS + 2_000, WINDOW_MS + 2_000 + 3_000)],
)
def test_without_books_clear_waits_until_what_was_sent_before_must_be_shown(
    problem, after_ms, by_ms
):
    one = Standing(settings(visibility_lag_s=2, window_ms=WINDOW_MS))
    one.session.phase = Phase.CANCEL_ONLY if problem else Phase.RUNNING
    one.session.store_problem = problem
    kill(one)

    waited_ms = 0
    while not one.session.clearance.is_clear and waited_ms <= by_ms:
        for instrument in one.session.watching.instruments:
            show(one, instrument=instrument)
        one.do()
        one.after(100)
        waited_ms += 100

    assert after_ms < waited_ms <= by_ms
