"""How facts about one order become books: once each, in any order, exact."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.executor.facts import Context, Seen
from actors.executor.states import Fact
from actors.runtime.failures import InvariantBroken
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store import fold
from tests.actors.executor.ledgers import (
    TERMS,
    VENUE_ID,
    answer,
    books,
    filled,
    money,
    tell,
)
from tests.actors.executor.wishes import batch, intent

ACK = Seen(fact=Fact.ACK, venue_order_id=VENUE_ID)
LOST = Seen(fact=Fact.LOST, code="ReadTimeout")
CANCEL = Seen(fact=Fact.CANCEL, code="STALE")
ANSWER = Seen(fact=Fact.ANSWER, code="SUCCESS")
RESTART = Seen(fact=Fact.RESTART)
ABSENT = Seen(fact=Fact.ABSENT)
REJECT = Seen(fact=Fact.REJECT, code="FAILED_LIMIT_ORDER")
NOT_SENT = Seen(fact=Fact.NOT_SENT, code="NO_PERMIT")
DESK = (Scope.DESK, "", "executor")
BTC = (Scope.INSTRUMENT, "BTC_TRY", "executor")


def opened(filled_quantity=0):
    return Seen(fact=Fact.OPEN, venue_order_id=VENUE_ID, filled=Amount(filled_quantity))


def done(status, filled_quantity):
    return Seen(
        fact=Fact.DONE,
        venue_order_id=VENUE_ID,
        filled=Amount(filled_quantity),
        ended=status,
        code=status.value,
    )


def sent(version=17, **given_):
    """Return books with one order on its way, and its id."""
    on = books(version=version, TRY="29554.97733", BTC=given_.pop("btc", 0))
    one = intent(version=version, **given_)
    assert answer(batch(one, version=version), on).sends
    return on, one.client_order_id


def traded(on, name, *args, **given_):
    return filled(*args, client_order_id=name, **given_)


def version(on):
    return on.instrument("BTC_TRY").version


def test_the_worked_example_to_the_last_digit():
    """Buy 0.001 BTC at 3,000,000; 0.0004 fills as maker; the rest is cancelled."""
    on = books(version=17, TRY="29554.97733")

    def free_held_base():
        return [on.balance("free", "TRY"), on.balance("held", "TRY"), on.balance("free", "BTC")]

    assert free_held_base() == [Amount("29554.97733"), 0, 0]
    one = intent("0.001", "3000000", version=17)
    answer(batch(one, version=17), on)
    assert free_held_base() == [Amount("26549.57733"), Amount("3005.4"), 0]
    assert version(on) == 18

    tell(on, one.client_order_id, ACK)
    tell(on, one.client_order_id, traded(on, one.client_order_id))
    assert free_held_base() == [Amount("26550.29733"), Amount("1803.24"), Amount("0.0004")]
    assert version(on) == 18

    tell(on, one.client_order_id, CANCEL, ANSWER)
    assert free_held_base() == [Amount("26550.29733"), Amount("1803.24"), Amount("0.0004")]

    tell(on, one.client_order_id, done(OrderState.CANCELLED, "0.0004"))
    assert free_held_base() == [Amount("28353.53733"), 0, Amount("0.0004")]
    assert version(on) == 19
    assert on.orders[one.client_order_id].state is OrderState.CANCELLED
    assert money(on) == {
        ("external", "TRY"): Amount("-29554.97733"),
        ("free", "TRY"): Amount("28353.53733"),
        ("market", "TRY"): Amount(1200),
        ("fees", "TRY"): Amount("1.2"),
        ("taxes", "TRY"): Amount("0.24"),
        ("market", "BTC"): Amount("-0.0004"),
        ("free", "BTC"): Amount("0.0004"),
    }


def test_a_cancelled_order_is_not_over_before_its_fills_are_booked():
    on, name = sent()

    tell(on, name, ACK, done(OrderState.CANCELLED, "0.0004"))
    early = on.orders[name].state
    tell(on, name, traded(on, name))

    assert (early, on.orders[name].state) == (OrderState.CLOSING, OrderState.CANCELLED)


def test_all_traded_is_not_filled_before_a_read_says_so():
    on, name = sent()

    tell(on, name, ACK, traded(on, name, quantity="0.001"))
    early = on.orders[name].state
    tell(on, name, done(OrderState.FILLED, "0.001"))

    assert (early, on.orders[name].state) == (OrderState.CLOSING, OrderState.FILLED)
    assert on.orders[name].hold_left == 0


def test_a_filled_order_leaves_the_version_alone():
    on, name = sent()

    tell(on, name, ACK, traded(on, name, quantity="0.001"), done(OrderState.FILLED, "0.001"))

    assert version(on) == 18


@pytest.mark.parametrize(
    ("before", "fact", "state"),
    [
        ((), NOT_SENT, OrderState.NOT_SENT),
        ((), REJECT, OrderState.REJECTED),
        ((LOST,), NOT_SENT, OrderState.NOT_SENT),
        ((LOST,), REJECT, OrderState.REJECTED),
        ((LOST,), ABSENT, OrderState.ABSENT),
    ],
)
def test_what_never_rested_gives_its_hold_back_and_raises_the_version(before, fact, state):
    on, name = sent()

    tell(on, name, *before, fact)

    assert on.orders[name].state is state
    assert (on.balance("free", "TRY"), on.balance("held", "TRY")) == (Amount("29554.97733"), 0)
    assert version(on) == 19


def test_an_unknown_order_keeps_its_hold():
    on, name = sent()

    tell(on, name, LOST)

    assert on.balance("held", "TRY") == Amount("3005.4")


def test_the_same_fill_is_booked_once():
    on, name = sent()

    tell(on, name, ACK, traded(on, name), traded(on, name))

    assert on.balance("free", "BTC") == Amount("0.0004")


def test_a_fill_after_the_end_is_booked_from_free_money_and_halts_the_instrument():
    on, name = sent()
    tell(on, name, ACK, done(OrderState.CANCELLED, 0))
    before = on.balance("free", "TRY")

    entries = tell(on, name, traded(on, name))

    assert entries[0].kind == "FillLate"
    assert on.balance("free", "TRY") == before - Amount("1201.44")
    assert (on.balance("held", "TRY"), version(on)) == (0, 20)
    assert on.levels[BTC].level is Level.HALTED


def test_more_filled_than_ordered_is_booked_and_halts_the_instrument():
    on, name = sent()

    tell(on, name, ACK, traded(on, name, quantity="0.0011"))

    assert on.balance("free", "BTC") == Amount("0.0011")
    assert on.levels[BTC].reason == "OVERFILLED"


@pytest.mark.parametrize("before", [(REJECT,), (NOT_SENT,), (LOST, ABSENT)])
@pytest.mark.parametrize("fact", [ACK, opened(), "fill", done(OrderState.CANCELLED, "0.0004")])
def test_a_ghost_is_held_again_cancelled_and_halts_the_desk(before, fact):
    on, name = sent()
    tell(on, name, *before)

    tell(on, name, traded(on, name) if fact == "fill" else fact)

    row = on.orders[name]
    assert row.state in (OrderState.LIVE, OrderState.CLOSING)
    assert (row.cancel_wanted, row.venue_order_id) == (True, VENUE_ID)
    assert on.balance("held", "TRY") == row.hold_left > 0
    assert (on.levels[DESK].level, on.levels[DESK].reason) == (Level.HALTED, "GHOST_ORDER")
    assert version(on) == 20


def test_a_ghost_that_is_over_without_fills_ends_at_once():
    on, name = sent()
    tell(on, name, REJECT)

    tell(on, name, done(OrderState.CANCELLED, 0))

    assert on.orders[name].state is OrderState.CANCELLED
    assert (on.balance("free", "TRY"), on.balance("held", "TRY")) == (Amount("29554.97733"), 0)


def test_a_second_order_under_our_id_halts_the_desk_once():
    on, name = sent()
    tell(on, name, ACK)
    other = replace(opened(), venue_order_id=VENUE_ID + 1)

    first, again = tell(on, name, other), tell(on, name, other)

    assert on.levels[DESK].reason == "TWO_ORDERS"
    assert (len(first), again) == (1, [])
    assert on.orders[name].venue_order_id == VENUE_ID


def test_a_refusal_of_an_order_that_lives_is_written_once_and_halts_its_instrument():
    on, name = sent()
    tell(on, name, ACK)

    first, again = tell(on, name, REJECT), tell(on, name, REJECT)

    assert ([one.kind for one in first], again) == (["VenueContradicted"], [])
    assert on.levels[BTC].level is Level.HALTED
    assert on.orders[name].state is OrderState.LIVE


def test_our_own_contradiction_ends_the_process():
    on, name = sent()
    tell(on, name, ACK)

    with pytest.raises(InvariantBroken):
        tell(on, name, NOT_SENT)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"side": Side.SELL}, "FILL_OTHER_SIDE"),
        ({"instrument": "ETH_TRY"}, "FILL_OTHER_INSTRUMENT"),
        ({"quantity": "0"}, "FILL_NOT_POSITIVE"),
        ({"price": "0"}, "FILL_NOT_POSITIVE"),
        ({"fee": "-0.1"}, "FILL_NEGATIVE_FEE"),
    ],
)
def test_a_fill_that_cannot_be_is_not_booked(changed, code):
    on, name = sent()
    tell(on, name, ACK)

    tell(on, name, traded(on, name, **changed))

    assert on.balance("free", "BTC") == 0
    assert (on.levels[BTC].level, on.levels[BTC].reason) == (Level.HALTED, code)


def test_a_fee_that_overdraws_the_account_is_booked_and_halts():
    on, name = sent()
    tell(on, name, ACK)

    tell(on, name, traded(on, name, fee="30000"))

    assert on.balance("free", "TRY") < 0
    assert on.levels[BTC].reason == "NEGATIVE_BALANCE"


def test_absence_halts_the_instrument_only_where_it_is_told_to():
    for halts in (True, False):
        on, name = sent()
        tell(on, name, LOST, ABSENT, context=Context(terms=TERMS, halt_on_absent=halts))
        assert (BTC in on.levels) is halts


def test_a_higher_total_after_the_end_changes_nothing_until_the_fill_comes():
    on, name = sent()
    tell(on, name, ACK, done(OrderState.CANCELLED, 0))

    assert tell(on, name, done(OrderState.CANCELLED, "0.0004")) == []


def test_a_strategy_owns_what_its_orders_filled():
    on, name = sent(strategy="two")

    tell(on, name, ACK, traded(on, name))

    assert on.position("two", "BTC_TRY").position == Amount("0.0004")
    assert on.position("two", "BTC_TRY").cost == Amount("1201.44")
    assert on.position("one", "BTC_TRY").position == 0


def test_the_day_counts_profit_and_charges():
    on, name = sent(side=Side.SELL, btc="0.001")

    tell(on, name, ACK, traded(on, name, side=Side.SELL))

    assert on.day.fees == Amount("1.44")


QUANTITY = Amount("0.001")


@st.composite
def stories(draw):
    """One order's true life as facts: what traded, whether and how it ended, what else was said."""
    side = draw(st.sampled_from(Side))
    cuts = sorted(draw(st.sets(st.integers(1, 9), max_size=4)))
    total = draw(st.sampled_from([*cuts, 10])) if cuts else draw(st.sampled_from([0, 10]))
    edges = [0, *(cut for cut in cuts if cut < total), total] if total else [0]
    unit = QUANTITY / 10
    parts = [(end - start) * unit for start, end in itertools.pairwise(edges)]
    prices = draw(
        st.lists(st.integers(2_900_000, 3_000_000), min_size=len(parts), max_size=len(parts))
    )
    executions = [
        {
            "trade_id": f"{number}",
            "quantity": part,
            "price": price,
            "side": side,
            "fee": draw(st.sampled_from(["0.5", "0.123456789", "0"])),
        }
        for number, (part, price) in enumerate(zip(parts, prices, strict=True))
    ]
    known = [ACK, LOST, opened(0), CANCEL, ANSWER, opened(total * unit)]
    said = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    ended = draw(st.sampled_from([None, OrderState.CANCELLED, OrderState.FILLED]))
    if ended is OrderState.FILLED and total != 10:
        ended = OrderState.CANCELLED
    ends = [] if ended is None else [done(ended, total * unit)]
    return side, executions, [*said, *ends]


def lived(side, facts):
    on, name = sent(side=side, btc="0.001")
    for fact in facts:
        seen = filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact
        tell(on, name, seen)
    row = on.orders[name]
    return (
        row.state,
        row.booked_quantity,
        row.filled_quantity,
        row.hold_left,
        row.venue_order_id,
        money(on),
        on.position("one", "BTC_TRY").position,
        version(on),
        dict(on.levels),
    )


@settings(max_examples=300, deadline=None)
@given(story=stories(), data=st.data())
def test_facts_commute_and_repeat(story, data):
    side, executions, said = story
    every = [*executions, *said]
    again = data.draw(st.lists(st.sampled_from(every), max_size=4))
    shuffled = data.draw(st.permutations([*every, *again]))

    assert lived(side, shuffled) == lived(side, every)


@settings(max_examples=150, deadline=None)
@given(story=stories(), data=st.data())
def test_money_sums_to_zero_and_no_hold_is_negative_at_any_moment(story, data):
    side, executions, said = story
    on, name = sent(side=side, btc="0.001")
    for fact in data.draw(st.permutations([*executions, *said])):
        tell(on, name, filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact)
        per_asset = {}
        for (_, asset), amount in money(on).items():
            per_asset[asset] = per_asset.get(asset, 0) + amount
        assert set(per_asset.values()) <= {0}
        assert on.balance("held", "TRY") >= 0
        assert on.balance("held", "BTC") >= 0


@settings(max_examples=100, deadline=None)
@given(story=stories(), data=st.data())
def test_the_entries_fold_to_sound_tables(story, data):
    side, executions, said = story
    on = books(version=17, TRY=10_000, BTC="0.001")
    one = intent(version=17, side=side)
    entries = [write.entry for write in answer(batch(one, version=17), on).writes]
    name = one.client_order_id
    for fact in data.draw(st.permutations([*executions, *said])):
        seen = filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact
        entries += tell(on, name, seen)

    tables = fold.fold(entries)

    assert fold.unbalanced(tables.postings.values()) == {}
    assert tables.orders[name] == on.orders[name]
    stated = {key: row.amount for key, row in tables.balances.items()}
    assert stated == {key: on.balance(*key) for key in stated}
