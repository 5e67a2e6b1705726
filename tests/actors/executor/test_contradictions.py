"""An exchange that contradicts itself is named, its instrument stands still, others trade on."""

import re

import pytest
from msgspec.structs import replace

from actors.executor.contradictions import Behind, differs, overfilled
from actors.executor.watching import Watching
from actors.venues.port import RejectKind, VenueOrder, VenueRefused, VenueStatus
from messages.control import Kill
from messages.money import Amount
from messages.orders import IntentRefused, OrderState, Side
from messages.state import Level, Scope
from tests.actors.executor.ledgers import VENUE_ID, tell
from tests.actors.executor.lives import done, opened, sent, traded
from tests.actors.executor.venues import trading
from tests.actors.executor.wishes import wanted_of
from tests.actors.venues.served import CLOCK

LONG_MS = 4_000  # two complete scans and what lies between them


class Liar:
    """A client of the real exchange that has what it answers changed by `lies`, by call."""

    def __init__(self, client, lies):
        self._client, self._lies = client, lies

    def __getattr__(self, name):
        said = getattr(self._client, name)
        if name not in ("open_orders", "all_orders", "order", "fills", "balances"):
            return said

        def told(*args, **given):
            lie = self._lies.get(name)
            rows = said(*args, **given)
            if lie is None:
                return rows
            if not isinstance(rows, list):
                return lie(rows)
            return [row for row in map(lie, rows) if row is not None]  # None hides it

        return told


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        found.lies = {}
        honest = found.served.private
        found.served.private = lambda: Liar(honest(), found.lies)
        yield found


def level_of(place, scope=Scope.INSTRUMENT, name="BTC_TRY"):
    row = place.driver.books.levels.get((scope, name, "executor"))
    return (row.level, row.reason.split()[0].rstrip(":")) if row else None


def halted(place, code, *, scope=Scope.INSTRUMENT, name="BTC_TRY"):
    """Wait until *code* has halted; the other instrument must then still trade."""
    place.driver.until(lambda: level_of(place, scope, name) == (Level.HALTED, code), 15)
    if scope is Scope.INSTRUMENT:
        assert level_of(place, Scope.DESK, "") is None
        others_trade_on(place)
        refused(place)


def others_trade_on(place):
    ask = place.rules["ETH_TRY"].price_down(place.tops["ETH_TRY"].ask)
    name = place.wish(Side.BUY, "0.002", ask, instrument="ETH_TRY", strategy="two")
    place.driver.until(lambda: place.driver.books.orders[name].state is not OrderState.SENDING)
    assert place.state_of(name) in (OrderState.LIVE, OrderState.CLOSING, OrderState.FILLED)


def refused(place):
    driver, before = place.driver, len(place.driver.said(IntentRefused))
    driver.hear(wanted_of(driver, "BTC_TRY", (Side.BUY, "0.001", place.inside, "one")))
    assert len(driver.said(IntentRefused)) == before + 1


def only(name, **changed):
    """A lie about the row of one order; every other row is told as it is."""
    return lambda row: replace(row, **changed) if row.client_order_id == name else row


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": Amount("0.002")},
        {"price": Amount(1)},
        {"side": Side.SELL},
        {"instrument": "ETH_TRY"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_an_order_that_is_shown_as_another_one(place, changed):
    place.opened()
    name = place.resting()

    place.lies["open_orders"] = only(name, **changed)

    halted(place, "ORDER_DIFFERS")


def test_an_order_that_is_over_as_another_one_is_not_over(place):
    driver = place.opened()
    name = place.resting()
    lie = only(name, quantity=Amount("0.002"), status=VenueStatus.CANCELLED)

    place.lies |= {"open_orders": lie, "order": lie, "all_orders": lie}
    halted(place, "ORDER_DIFFERS")

    assert place.state_of(name) is OrderState.LIVE
    assert driver.books.orders[name].hold_left > 0


def test_more_filled_than_was_ordered(place):
    place.opened()
    name = place.resting()

    lie = only(name, filled_quantity=Amount("0.0015"))
    place.lies |= {"open_orders": lie, "order": lie}

    halted(place, "OVERFILLED")


def test_filled_without_a_fill(place):
    driver = place.opened()
    name = place.resting()

    lie = only(name, filled_quantity=Amount("0.001"), status=VenueStatus.FILLED)
    place.lies |= {"open_orders": lie, "order": lie}
    driver.until(lambda: place.state_of(name) is OrderState.CLOSING)

    halted(place, "FILLS_MISSING")
    assert driver.books.orders[name].booked_quantity == 0


def test_fills_that_come_after_they_were_missed_are_booked(place):
    driver = place.opened()
    name = place.resting()
    place.lies["fills"] = lambda row: None if row.client_order_id == name else row
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: level_of(place) == (Level.HALTED, "FILLS_MISSING"), 15)

    place.lies.clear()

    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"), 15)


@pytest.mark.parametrize("said", [VenueStatus.CANCELLED, VenueStatus.FILLED])
def test_an_order_that_is_over_and_rests_all_the_same_is_named_and_taken_back(place, said):
    driver = place.opened()
    name = place.resting()
    driver.session.watching.missing[name] = None  # a list did not show it: it is read
    filled = Amount("0.001") if said is VenueStatus.FILLED else Amount(0)
    place.lies["order"] = only(name, status=said, filled_quantity=filled)
    driver.until(lambda: place.state_of(name) in (OrderState.CANCELLED, OrderState.CLOSING))

    code = "STILL_OPEN" if said is VenueStatus.CANCELLED else "FILLS_MISSING"
    driver.until(lambda: (level_of(place) or ("", ""))[1] in (code, "STILL_OPEN"), 15)

    driver.until(lambda: not open_at_the_venue(place), 15)


def test_a_kill_takes_back_what_the_venue_lists_and_the_books_think_over(place):
    driver = place.opened()
    name = place.resting()
    driver.session.watching.missing[name] = None
    place.lies["order"] = only(name, status=VenueStatus.CANCELLED)
    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)

    driver.hear(Kill(reason="drill"))

    driver.until(lambda: driver.session.clearance.is_clear, 15)
    assert open_at_the_venue(place) == []


@pytest.mark.parametrize(
    "lie",
    [{"price": Amount(1)}, {"quantity": Amount("0.002")}, {"status": VenueStatus.UNREADABLE}],
    ids=lambda lie: next(iter(lie)),
)
def test_an_order_whose_answer_is_lost_is_not_absent_while_a_list_shows_its_name(place, lie):
    driver = place.opened()
    place.served.faults(post_order_outcome=[{"kind": "drop_after_accept"}])
    place.lies["open_orders"] = lambda row: replace(row, **lie)
    if "status" in lie:
        place.lies["all_orders"] = lambda row: None  # the pages do not show it at all
    else:
        place.lies["all_orders"] = place.lies["open_orders"]  # halted, it is cancelled, and listed
    name = place.wish(Side.BUY, "0.001", place.inside)
    driver.until(lambda: place.state_of(name) is OrderState.UNKNOWN)

    shown = "not as it was ordered|nobody knows"
    driver.until(
        lambda: re.search(shown, driver.session.resolver.evidence[name].last) is not None, 15
    )
    began_ms = CLOCK.mono_ms()
    driver.until(lambda: CLOCK.mono_ms() - began_ms > LONG_MS, 15)

    assert place.state_of(name) is OrderState.UNKNOWN
    assert driver.books.orders[name].hold_left > 0


def open_at_the_venue(place):
    return [one for one in place.orders() if one["status"] in ("Untouched", "Partial")]


def test_cancelled_and_then_filled(place):
    driver = place.opened()
    name = place.resting()
    lie = only(name, status=VenueStatus.CANCELLED)
    place.lies |= {"open_orders": lie, "order": lie}
    driver.until(lambda: place.state_of(name) is OrderState.CANCELLED)
    place.lies.clear()

    place.stranger.trade(Side.SELL, "0.0004", place.inside)

    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"), 15)
    assert level_of(place) == (Level.HALTED, "LATE_FILL")
    others_trade_on(place)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"instrument": "ETH_TRY"}, "FILL_OTHER_INSTRUMENT"),
        ({"side": Side.SELL}, "FILL_OTHER_SIDE"),
        ({"quantity": Amount(0)}, "FILL_NOT_POSITIVE"),
        ({"fee": Amount(-1)}, "FILL_NEGATIVE_FEE"),
        ({"quantity": Amount("0.0011")}, "OVERFILLED"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_fill_that_cannot_be_of_its_order(place, changed, code):
    place.opened()
    name = place.resting()
    place.lies["fills"] = only(name, **changed)

    place.stranger.trade(Side.SELL, "0.001", place.inside)

    place.driver.until(lambda: level_of(place) == (Level.HALTED, code), 15)


def test_balances_that_the_fills_do_not_explain(place):
    place.opened()

    place.lies["balances"] = lambda row: (
        replace(row, free=row.free + 1) if row.asset == "BTC" else row
    )
    place.driver.session.reconciler.want(place.driver.actor.clock.mono_ms())

    halted(place, "BOOKS_DIFFER")


def test_an_id_that_the_venue_gave_and_does_not_find(place):
    place.opened()
    name = place.resting()

    def lost(row):
        if row.client_order_id == name:
            raise VenueRefused("FAILED_ORDER_NOT_FOUND", RejectKind.ORDER)
        return row

    hidden = lambda row: None if row.client_order_id == name else row  # noqa: E731
    place.lies |= {"open_orders": hidden, "all_orders": hidden, "order": lost}

    halted(place, "ORDER_NOT_FOUND")
    assert place.state_of(name) is OrderState.LIVE


def test_a_second_order_under_our_id(place):
    driver = place.opened()
    name = place.resting()
    known = driver.books.orders[name].venue_order_id

    place.lies["open_orders"] = only(name, venue_order_id=known + 1)

    halted(place, "TWO_ORDERS", scope=Scope.DESK, name="")


# The rules themselves.


@pytest.fixture
def order():
    on, name = sent()
    return on.orders[name]


def shown(order, **changed):
    row = VenueOrder(
        venue_order_id=VENUE_ID,
        client_order_id=order.client_order_id,
        instrument=order.instrument,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        filled_quantity=Amount(0),
        status=VenueStatus.OPEN,
    )
    return replace(row, **changed)


@pytest.mark.parametrize("changed", [{}, {"price": None}, {"status": VenueStatus.UNREADABLE}])
def test_a_row_that_says_what_we_know_differs_in_nothing(order, changed):
    assert differs(order, shown(order, **changed)) == ""


def test_an_amount_of_the_same_value_is_the_same(order):
    padded = Amount(f"{order.quantity:f}000")

    assert differs(order, shown(order, quantity=padded)) == ""


def test_what_differs_is_told_with_both_values(order):
    found = differs(order, shown(order, quantity=Amount(7), price=Amount(1)))

    assert found == f"ORDER_DIFFERS {order.client_order_id}: 7 for 0.001, 1 for 3000000"


@pytest.mark.parametrize(("filled", "over"), [("0.001", False), ("0.00100001", True)])
def test_more_than_all_of_it_is_too_much(order, filled, over):
    assert bool(overfilled(order, shown(order, filled_quantity=Amount(filled)))) == over


@pytest.mark.parametrize(
    ("swept_ms", "missing"), [(1_999, False), (2_000, True)], ids=["too early", "late enough"]
)
def test_fills_are_missing_once_a_sweep_must_have_shown_them(swept_ms, missing):
    on, name = sent()
    tell(on, name, done(OrderState.CANCELLED, "0.0004"))
    behind, watching = Behind(hidden_ms=1_000), Watching(["BTC_TRY"])
    behind.look(on, 1_000)
    behind.look(on, 1_500)

    watching.swept("BTC_TRY", swept_ms)

    assert [one.client_order_id for one in behind.missing(on, watching)] == [name] * missing


def test_what_caught_up_begins_anew():
    on, name = sent()
    tell(on, name, opened("0.0004"))
    behind, watching = Behind(hidden_ms=1_000), Watching(["BTC_TRY"])
    behind.look(on, 1_000)
    tell(on, name, traded(on, name))
    behind.look(on, 1_500)
    tell(on, name, opened("0.0005"))
    behind.look(on, 1_600)

    watching.swept("BTC_TRY", 2_599)
    assert not behind.missing(on, watching)
    watching.swept("BTC_TRY", 2_600)
    assert behind.missing(on, watching)
