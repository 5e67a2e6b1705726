"""How facts about one order become books: once each, in any order, exact."""

import pytest
from msgspec.structs import replace

from actors.executor.facts import Context
from actors.runtime.failures import InvariantBroken
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level
from tests.actors.executor.ledgers import (
    TERMS,
    VENUE_ID,
    answer,
    books,
    money,
    tell,
)
from tests.actors.executor.lives import (
    ABSENT,
    ACK,
    ANSWER,
    BTC,
    CANCEL,
    DESK,
    LOST,
    NOT_SENT,
    REJECT,
    done,
    opened,
    sent,
    traded,
    version,
)
from tests.actors.executor.wishes import batch, intent


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


@pytest.mark.parametrize(
    ("side", "fee_asset", "flags"),
    [
        (Side.BUY, "TRY", None),
        (Side.BUY, "USDT", ["FEE_UNCONVERTED"]),
        (Side.SELL, "TRY", ["COST_UNKNOWN"]),
        (Side.SELL, "USDT", ["FEE_UNCONVERTED", "COST_UNKNOWN"]),
    ],
)
def test_what_could_not_be_computed_is_flagged_and_booked_all_the_same(side, fee_asset, flags):
    on, name = sent(side=side, btc="0.001")
    tell(on, name, ACK)

    (entry,) = tell(on, name, traded(on, name, side=side, fee_asset=fee_asset))

    assert entry.cause.get("flags") == flags
    assert on.orders[name].booked_quantity == Amount("0.0004")
    assert on.balance("free", fee_asset) != 0


def test_the_day_counts_profit_and_charges():
    on, name = sent(side=Side.SELL, btc="0.001")

    tell(on, name, ACK, traded(on, name, side=Side.SELL))

    assert on.day.fees == Amount("1.44")
