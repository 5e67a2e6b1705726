"""What the executor does without being asked."""

import pytest
from msgspec.structs import replace

from actors.executor import silence
from actors.executor.clock_offset import Measured
from actors.executor.facts import Seen
from actors.executor.session import Phase
from actors.executor.settings import Asking, Budget, Budgets
from actors.executor.states import Fact
from actors.executor.venue_calls import (
    Answer,
    CancelOrder,
    NoAnswer,
    ReadFills,
    ReadOpenOrders,
    ReadOrder,
    ReadServerTime,
)
from actors.venues.port import RejectKind, VenueOrder, VenueStatus
from messages.market import Quote
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, fill, tell
from tests.actors.executor.sessions import Standing

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)
DESK = (Scope.DESK, "", "executor")


def live(one, **given):
    """Return the id of an order of ours that rests."""
    name = one.order(**given)
    tell(one.books, name, ACK)
    one.session.accepted_ms.pop(name)
    return name


def listed(name, status=VenueStatus.OPEN, filled=0, venue_order_id=VENUE_ID):
    return VenueOrder(
        venue_order_id=venue_order_id,
        client_order_id=name,
        instrument="BTC_TRY",
        side=Side.BUY,
        price=Amount(3_000_000),
        quantity=Amount("0.001"),
        filled_quantity=Amount(filled),
        status=status,
    )


@pytest.mark.parametrize(("waited_ms", "state"), [(4_999, "SENDING"), (5_000, "UNKNOWN")])
def test_an_answer_that_is_overdue_is_lost(waited_ms, state):
    one = Standing(settings(answer_wait_ms=5_000))
    name = one.order()

    one.after(waited_ms).do()

    assert one.books.orders[name].state == state


@pytest.mark.parametrize(("count", "level"), [(2, None), (3, Level.PAUSED)])
def test_too_many_unknown_orders_pause_the_desk(count, level):
    one = Standing(settings(answer_wait_ms=100, unknown_max=3))
    for _ in range(count):
        one.order()

    one.after(100).do()

    row = one.books.levels.get(DESK)
    assert (row and row.level) == level


def test_the_pause_falls_with_its_cause():
    one = Standing(settings(answer_wait_ms=100, unknown_max=1))
    name = one.order()
    one.after(100).do()
    tell(one.books, name, ACK)

    one.do()

    assert one.books.levels[DESK].level is Level.ACTIVE


def test_a_halt_is_never_lowered_to_a_pause():
    one = Standing(settings(answer_wait_ms=100, unknown_max=1))
    one.order()
    one.hear(ReadOpenOrders(instrument="BTC_TRY", asked_ms=1), Answer(value=[listed("x")]))

    one.after(100).do()

    assert one.books.levels[DESK].level is Level.HALTED


@pytest.mark.parametrize(("jump_ms", "paused"), [(250, False), (251, True), (-251, True)])
def test_a_jump_of_the_wall_clock_pauses_until_the_venue_was_asked(jump_ms, paused):
    one = Standing()
    one.do()
    one.after(2_000)
    one.wall_ms += jump_ms

    asked = one.asks(ReadServerTime)

    row = one.books.levels.get(DESK)
    assert (row is not None and row.level is Level.PAUSED) is paused
    assert bool(asked) is paused
    if paused:
        server_ms = one.wall_ms - jump_ms
        measured = Measured(server_ms=server_ms, asked_ms=one.mono_ms, heard_ms=one.mono_ms)
        one.hear(ReadServerTime(), Answer(value=measured))
        one.do()
        assert one.books.levels[DESK].level is Level.ACTIVE


def test_a_refused_stamp_pauses_and_measures_again():
    one = Standing()
    request = ReadOpenOrders(instrument="BTC_TRY", asked_ms=1)

    one.hear(request, NoAnswer(code="Unauthorized", reason="x", refused=RejectKind.STAMP))
    one.after(2_000)

    assert one.asks(ReadServerTime)
    assert one.books.levels[DESK].level is Level.PAUSED


def test_a_refused_key_halts_the_desk_and_asks_no_more_for_a_while():
    one = Standing()
    request = ReadOpenOrders(instrument="BTC_TRY", asked_ms=1)

    one.hear(request, NoAnswer(code="Unauthorized", reason="x", refused=RejectKind.AUTH))

    assert (one.books.levels[DESK].level, one.books.levels[DESK].reason) == (
        Level.HALTED,
        "AUTH_FAILED",
    )
    assert one.after(59_999).do() == []
    assert one.after(1).do() != []


@pytest.mark.parametrize(("silent_ms", "wanted"), [(15_000, False), (15_001, True)])
def test_silence_takes_back_what_rests(silent_ms, wanted):
    one = Standing()
    one.permit()
    name = live(one)

    one.after(silent_ms).do()

    assert one.books.orders[name].cancel_wanted is wanted


def test_silence_may_leave_what_rests():
    one = Standing(settings(on_silence="leave"))
    name = live(one)

    one.after(60_000).do()

    assert not one.books.orders[name].cancel_wanted


def test_after_silence_sends_wait_for_permits_and_for_new_lists():
    one = Standing()
    one.permit()
    for instrument in one.session.desk.instruments:
        one.session.watching.listed(instrument, one.mono_ms, {})
    assert one.session.may_trade()

    one.after(15_001).do()
    silent = one.session.may_trade()
    one.permit()
    one.do()
    heard = one.session.may_trade()
    for instrument in one.session.desk.instruments:
        one.session.watching.listed(instrument, one.mono_ms, {})

    assert (silent, heard, one.session.may_trade()) == (False, False, True)


def test_silence_and_its_end_are_said_once():
    one = Standing()
    one.after(15_001)

    assert [silence.listen(one.session, one.now) for _ in range(2)] == [silence.LAPSED, None]
    one.permit()
    assert [silence.listen(one.session, one.now) for _ in range(2)] == [silence.RETURNED, None]


def test_a_wanted_cancel_is_one_delete_until_it_had_time_to_work():
    one = Standing(settings(asking=Asking(cancel_first_ms=3_000)))
    name = live(one)
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="STALE"))
    request = CancelOrder(client_order_id=name, venue_order_id=VENUE_ID)

    assert one.asks(CancelOrder) == [request]
    assert one.after(10).asks(CancelOrder) == []
    one.hear(request, Answer(value="SUCCESS"), lane="cancels")
    assert one.after(2_989).asks(CancelOrder) == []
    assert one.after(1).asks(CancelOrder) == [request]


def test_a_cancel_that_was_answered_is_followed_by_a_question():
    one = Standing()
    name = live(one)
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="STALE"))
    one.do()

    one.hear(
        CancelOrder(client_order_id=name, venue_order_id=VENUE_ID),
        Answer(value="SUCCESS"),
        lane="cancels",
    )

    assert one.asks(ReadOrder) == [ReadOrder(client_order_id=name, venue_order_id=VENUE_ID)]


def test_an_order_without_a_venue_id_is_resolved_before_it_is_cancelled():
    one = Standing()
    name = one.order()
    tell(one.books, name, Seen(fact=Fact.LOST), Seen(fact=Fact.CANCEL, code="STALE"))

    assert one.asks(CancelOrder) == []


def test_an_order_that_is_closing_is_asked_for_and_not_cancelled_again():
    one = Standing()
    name = live(one)
    tell(one.books, name, Seen(fact=Fact.CANCEL, code="STALE"))
    over = Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, filled=Amount("0.0004"))
    tell(one.books, name, replace(over, venue_order_id=VENUE_ID))

    calls = one.do()

    assert [type(call) for call in calls if isinstance(call, CancelOrder | ReadOrder)] == [
        ReadOrder
    ]


def test_cancels_stay_within_their_budget():
    own = settings(budgets=Budgets(cancel=Budget(burst=1, per_min=60)))
    one = Standing(own)
    for number in range(2):
        name = one.order()
        tell(one.books, name, replace(ACK, venue_order_id=number + 1))
        tell(one.books, name, Seen(fact=Fact.CANCEL, code="STALE"))

    assert [len(one.after(ms).asks(CancelOrder)) for ms in (0, 10, 990)] == [1, 0, 1]


def test_an_order_that_a_list_does_not_show_is_asked_for_itself():
    one = Standing()
    name = live(one)
    (request,) = [r for r in one.asks(ReadOpenOrders) if r.instrument == "BTC_TRY"]
    assert request.expected == (name,)

    one.hear(request, Answer(value=[]))

    assert one.asks(ReadOrder) == [ReadOrder(client_order_id=name, venue_order_id=VENUE_ID)]
    one.hear(
        ReadOrder(client_order_id=name, venue_order_id=VENUE_ID),
        Answer(value=listed(name, VenueStatus.CANCELLED)),
    )
    assert one.books.orders[name].state is OrderState.CANCELLED


@pytest.mark.parametrize(("known_ms", "halts"), [(1_999, False), (2_000, True)])
def test_an_order_that_may_not_be_visible_yet_is_not_missed(known_ms, halts):
    one = Standing(settings(visibility_lag_s=2))
    name = live(one)
    no = NoAnswer(code="Order not found", reason="x", refused=RejectKind.ORDER)

    one.after(known_ms)
    for _ in range(3):
        one.hear(ReadOrder(client_order_id=name, venue_order_id=VENUE_ID), no)

    assert ((Scope.INSTRUMENT, "BTC_TRY", "executor") in one.books.levels) is halts


def test_an_id_of_the_venues_own_that_it_does_not_find_halts_after_three_times():
    one = Standing(settings(visibility_lag_s=0))
    name = live(one)
    request = ReadOrder(client_order_id=name, venue_order_id=VENUE_ID)
    no = NoAnswer(code="Order not found", reason="x", refused=RejectKind.ORDER)
    key = (Scope.INSTRUMENT, "BTC_TRY", "executor")

    halted = []
    for _ in range(3):
        one.hear(request, no)
        one.do()  # asks for the next list, and forgets nothing
        halted.append(key in one.books.levels)

    assert halted == [False, False, True]
    assert one.books.orders[name].state is OrderState.LIVE


def test_fills_are_fetched_as_soon_as_the_venue_says_there_are_some():
    one = Standing()
    name = live(one)
    one.session.watching.swept("BTC_TRY", one.mono_ms)
    one.session.watching.swept("ETH_TRY", one.mono_ms)
    assert one.asks(ReadFills) == []

    request = ReadOpenOrders(instrument="BTC_TRY", asked_ms=one.mono_ms, expected=(name,))
    one.hear(request, Answer(value=[listed(name, filled="0.0004")]))
    (sweep,) = one.asks(ReadFills)
    one.hear(sweep, Answer(value=[fill(client_order_id=name)]))

    assert one.books.orders[name].booked_quantity == Amount("0.0004")
    assert one.books.cursor("BTC_TRY") == NOW_MS


def test_lists_are_asked_often_where_something_is_alive_and_seldom_elsewhere():
    one = Standing(settings(asking=Asking(open_orders_alive_ms=1_000, open_orders_idle_ms=5_000)))
    live(one)
    for instrument in ("BTC_TRY", "ETH_TRY"):
        one.session.watching.listed(instrument, one.mono_ms, {})

    early = one.after(999).asks(ReadOpenOrders)
    second = one.after(1).asks(ReadOpenOrders)

    assert early == []
    assert [request.instrument for request in second] == ["BTC_TRY"]


def test_nothing_is_asked_twice_at_once():
    one = Standing()
    first = one.do()

    assert first != []
    assert set(one.do()).isdisjoint(first)


def test_after_a_throttle_reads_rest_as_long_as_they_are_told():
    one = Standing()
    (request,) = [r for r in one.asks(ReadOpenOrders) if r.instrument == "BTC_TRY"]

    one.hear(request, NoAnswer(code="UNAVAILABLE", reason="THROTTLED", retry_after_ms=2_000))

    assert one.after(1_999).do() == []
    assert one.after(1).do() != []


def test_equity_is_written_when_the_day_begins_and_each_minute():
    one = Standing()

    one.do()
    one.after(59_999).do()
    one.after(1).do()

    assert one.kinds().count("EquityMarked") == 2
    assert (one.books.day.baseline, one.books.day.equity) == (10_000, 10_000)


def test_without_a_mark_of_what_is_owned_nothing_is_valued():
    one = Standing()
    one.books._balances["free", "BTC"] = Amount(1)

    one.do()

    assert "EquityMarked" not in one.kinds()


@pytest.mark.parametrize(("problem", "kept"), [(None, True), ("STALE", False)])
def test_only_a_sound_quote_is_a_mark(problem, kept):
    one = Standing()
    quote = Quote(
        instrument="BTC_TRY",
        bid=Amount(100),
        bid_quantity=None,
        ask=Amount(102),
        ask_quantity=None,
        median=None,
        channel="book",
        venue_ms=None,
        age_ms=30,
        seq=1,
        problem=problem,
        at_ms=NOW_MS,
    )

    one.session.hear_quote(quote, 500)

    mark = one.session.marks.get("BTC_TRY")
    assert (mark and (mark.mid, mark.heard_ms)) == ((101, 470) if kept else None)


def test_a_halted_desk_asks_until_the_venue_shows_nothing_twice():
    one = Standing()
    name = live(one)
    one.hear(ReadOpenOrders(instrument="BTC_TRY", asked_ms=1), Answer(value=[listed("x")]))
    tell(one.books, name, Seen(fact=Fact.DONE, ended=OrderState.CANCELLED, venue_order_id=VENUE_ID))

    for _ in range(40):
        for request in one.after(100).do():
            one.hear(request, Answer(value=[]))

    assert one.session.clearance.is_clear
    assert one.session.phase is Phase.RUNNING
