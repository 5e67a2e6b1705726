"""What the executor says of itself."""

from actors.executor import published
from actors.executor.day import Mark
from actors.executor.facts import Seen
from actors.executor.session import accepted_lately
from actors.executor.states import Fact
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store.rows import LevelRow
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, filled, tell
from tests.actors.executor.sessions import Standing

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)


def state(one, name="BTC_TRY"):
    return published.instrument_state(one.session, name, one.now)


def account(one):
    return published.account_state(one.session, one.now)


def test_a_state_tells_each_strategy_what_it_has_and_what_is_on_its_way():
    one = Standing()
    name = one.order(strategy="one")
    tell(one.books, name, ACK, filled(client_order_id=name))

    found = state(one)

    mine = found.by_strategy["one"]
    assert (mine.position, mine.buying, mine.selling) == (Amount("0.0004"), Amount("0.0006"), 0)
    assert mine.cost == Amount("3003600")
    assert (found.position, found.version) == (Amount("0.0004"), 1)
    assert found.last_send_ms == {"buy": NOW_MS, "sell": 0}


def test_an_alive_order_is_told_whole():
    one = Standing()
    name = one.order()
    tell(one.books, name, ACK, filled(client_order_id=name), Seen(fact=Fact.CANCEL, code="STALE"))

    (order,) = state(one).alive

    assert (order.client_order_id, order.venue_order_id) == (name, VENUE_ID)
    assert (order.state, order.side, order.cancel_wanted) == (OrderState.LIVE, Side.BUY, True)
    assert (order.filled_quantity, order.confirmed_ms) == (Amount("0.0004"), NOW_MS)


def test_what_belongs_to_nobody_is_in_the_whole_and_in_no_strategys_part():
    one = Standing()
    one.books._balances["free", "BTC"] = Amount(2)

    found = state(one)

    assert (found.position, found.by_strategy) == (2, {})


def test_a_state_carries_the_strictest_level_with_its_reason():
    one = Standing()
    one.books.recall(
        [
            LevelRow(
                scope=Scope.DESK,
                name="",
                source="operator",
                level=Level.REDUCE_ONLY,
                reason="a",
                at_ms=1,
            ),
            LevelRow(
                scope=Scope.INSTRUMENT,
                name="BTC_TRY",
                source="executor",
                level=Level.HALTED,
                reason="b",
                at_ms=1,
            ),
        ]
    )

    assert (state(one).level, state(one).reason) == (Level.HALTED, "b")
    assert (state(one, "ETH_TRY").level, state(one, "ETH_TRY").reason) == (Level.REDUCE_ONLY, "a")


def test_the_account_is_its_money_by_the_books():
    one = Standing()
    one.order()

    found = account(one)

    assert (found.free["TRY"], found.held["TRY"]) == (Amount("6994.6"), Amount("3005.4"))
    assert found.alive == 1
    assert found.equity == 10_000


def test_equity_is_unknown_without_a_mark_and_before_the_books_begin():
    one = Standing()
    one.books._balances["free", "BTC"] = Amount(2)
    unmarked = account(one).equity
    one.session.marks["BTC_TRY"] = Mark(Amount(100), one.mono_ms)

    assert (unmarked, account(one).equity) == (None, 10_200)
    assert account(Standing(running=False)).equity is None


def test_the_pace_is_told():
    one = Standing()
    one.session.accepted.extend(
        [one.mono_ms - 60_000, one.mono_ms - 59_999, one.mono_ms - 1_000, one.mono_ms - 999]
    )

    found = account(one)

    assert (found.sent_1s, found.sent_60s) == (1, 3)


def test_orders_from_before_a_restart_count_for_the_pace():
    one = Standing()
    one.order()

    again = accepted_lately(one.books, one.after(59_999).now)
    later = accepted_lately(one.books, one.after(1).now)

    assert (len(again), later) == (1, [])


def test_a_status_names_what_is_waited_for_and_how_old_permits_are():
    one = Standing()
    one.permit()

    found = published.executor_status(one.session, "n", one.after(40).now, waiting_for="x")

    assert [permit.age_ms for permit in found.permits] == [40, 40]
    assert (found.nonce, found.waiting_for, found.reconciled) == ("n", "x", True)
    assert (found.head_seq, found.clock_offset_ms) == (one.books.seq, 0)
