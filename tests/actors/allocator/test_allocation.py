"""One pass over everything: who gets what, what waits, and why nothing is done."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.allocator import allocation
from messages import ids
from messages.orders import Side
from messages.state import Level
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    MONO_MS,
    account,
    amount,
    believed,
    changed,
    desk,
    entry,
    held,
    moment,
    order,
    quote,
    rules,
    settings,
    state,
    status,
    target,
    targets,
    total,
)


def run(*messages, own=None, at=None, may_send="OK", known=None, **about):
    world = known or believed(*messages)
    return allocation.run(desk(own, **about), world, at=at or moment(), count=1, may_send=may_send)


def intents(outcomes):
    return [one for each in outcomes if each.batch for one in each.batch.intents]


def why(outcomes):
    return [one.reason for each in outcomes for one in each.decided]


def test_a_wish_becomes_an_order_named_after_the_state_it_was_computed_from():
    (outcome,) = run(targets(BTC_TRY=2))

    (one,) = outcome.batch.intents
    name = ids.intent_id(lineage="life", instrument=BTC, version=4, leg=0)
    assert (one.intent_id, one.leg) == (name, 0)
    assert one.client_order_id == ids.client_order_id(prefix="desk", intent=name)
    assert (one.side, one.strategy, one.quantity, one.price) == (Side.BUY, "first", 2, 999)
    assert (outcome.batch.version, outcome.batch.lineage) == (4, "life")
    assert outcome.batch.deadline_ns == moment().mono_ns + 1_000_000_000


def test_the_kill_epoch_is_the_executors():
    (outcome,) = run(targets(BTC_TRY=2), status(kill_epoch=7))

    assert outcome.batch.kill_epoch == 7


def test_nothing_wished_is_nothing_said():
    (outcome,) = run(targets(BTC_TRY=0))

    assert (outcome.batch, outcome.decided, outcome.cancels) == (None, (), ())


def test_sells_come_first_in_a_batch_and_legs_are_numbered_in_order():
    owned = state(position=3, by={"second": held(3)})

    (outcome,) = run(targets(BTC_TRY=1), targets("second", BTC_TRY=0), owned)

    legs = [(one.leg, one.side, one.strategy) for one in outcome.batch.intents]
    assert legs == [(0, Side.SELL, "second"), (1, Side.BUY, "first")]


def test_what_is_sold_in_a_pass_cannot_be_spent_in_it():
    owned = state(position=3, by={"second": held(3)})

    outcomes = run(
        targets(BTC_TRY=1), targets("second", BTC_TRY=0), owned, account(0), own=settings()
    )

    assert [one.side for one in intents(outcomes)] == [Side.SELL]
    assert why(outcomes) == ["OK", "CASH_TARGET"]


def test_two_strategies_together_spend_what_there_is_once():
    outcomes = run(
        targets(BTC_TRY=7),
        targets("second", BTC_TRY=7),
        account(10_000),
    )

    spent = total(one.notional for one in intents(outcomes))
    assert [one.quantity for one in intents(outcomes)] == [7, Decimal("2.99")]
    assert spent * Decimal("1.002") <= 10_000


def test_two_strategies_together_stay_within_one_position_cap():
    own = settings(position_max_try=5_000)

    outcomes = run(targets(BTC_TRY=4), targets("second", BTC_TRY=4), own=own)

    assert [one.notional for one in intents(outcomes)] == [3996, Decimal("1003.9950")]


def test_two_strategies_together_sell_what_the_account_has():
    owned = state(position=3, by={"first": held(2), "second": held(2)})

    outcomes = run(targets(BTC_TRY=0), targets("second", BTC_TRY=0), owned)

    assert [one.quantity for one in intents(outcomes)] == [2, 1]


@pytest.mark.parametrize(("most", "said"), [(1, 1), (2, 2), (0, 0)])
def test_a_pass_has_so_many_orders_and_no_more(most, said):
    both = (rules(BTC), rules(ETH))

    outcomes = run(
        *both,
        targets(BTC_TRY=1, ETH_TRY=1),
        own=settings(orders_per_pass_max=most),
        instruments=(BTC, ETH),
    )

    assert len(intents(outcomes)) == said
    assert why(outcomes).count("MAX_ORDERS") == 2 - said


def test_one_instrument_without_a_quote_holds_back_itself_alone():
    outcomes = run(
        rules(BTC),
        rules(ETH),
        quote(ETH, bid=None),
        targets(BTC_TRY=1, ETH_TRY=1),
        instruments=(BTC, ETH),
    )

    assert len(intents(outcomes)) == 1
    assert why(outcomes) == ["OK", "NO_MARK_PRICE"]


def test_without_knowing_the_cash_nothing_is_bought_and_selling_goes_on():
    owned = state(position=3, by={"second": held(3)})

    outcomes = run(targets(BTC_TRY=1), targets("second", BTC_TRY=0), owned, account(None))

    assert why(outcomes) == ["OK", "CASH_UNKNOWN"]
    assert [one.side for one in intents(outcomes)] == [Side.SELL]


def test_cash_that_is_old_is_unknown():
    known = believed(targets(BTC_TRY=1))
    known.newest.take(account(), now_ms=MONO_MS - 3_001)

    assert why(run(known=known)) == ["CASH_UNKNOWN"]


@pytest.mark.parametrize(("age_ms", "wishes"), [(5_000, 1), (5_001, 0)])
def test_silence_of_a_strategy_is_no_opinion(age_ms, wishes):
    known = believed()
    known.newest.take(targets(BTC_TRY=1), name="first", now_ms=MONO_MS - age_ms)

    (outcome,) = run(known=known)

    assert len(outcome.decided) == wishes


def test_an_executor_that_was_not_heard_lately_forbids_orders():
    known = believed(targets(BTC_TRY=1))
    known.newest.take(status(), now_ms=MONO_MS - 3_001)

    assert why(run(known=known)) == ["LEVEL"]


def test_a_forbidden_desk_still_takes_back_what_is_stale():
    old = order(price=900)
    paused = status(level=Level.PAUSED, levels=(entry(Level.PAUSED),))

    (outcome,) = run(targets(BTC_TRY=5), paused, state(alive=[old]))

    assert why([outcome]) == ["LEVEL"]
    assert outcome.batch.intents == ()
    assert [(one.client_order_id, one.reason) for one in outcome.batch.cancels] == [("o1", "STALE")]


def test_a_sender_that_may_not_send_says_cancels_only():
    (outcome,) = run(targets(BTC_TRY=5), state(alive=[order(price=900)]), may_send="RECORDS_FULL")

    assert why([outcome]) == ["RECORDS_FULL"]
    assert (len(outcome.batch.intents), len(outcome.batch.cancels)) == (0, 1)


def test_a_stale_order_is_taken_back_even_when_no_strategy_speaks():
    (outcome,) = run(state(alive=[order(price=900)]))

    assert [one.reason for one in outcome.batch.cancels] == ["STALE"]


def test_a_new_wish_waits_until_the_stale_order_on_its_side_is_over():
    old = order(price=900, quantity=1, strategy="first")
    here = state(alive=[old], by={"first": held(0, buying=1)})

    (outcome,) = run(targets(BTC_TRY=3), here)

    assert outcome.batch.intents == ()
    assert [one.reason for one in outcome.batch.cancels] == ["REPLACE_CANCEL"]
    assert why([outcome]) == ["REPLACE_CANCEL"]


def test_what_is_still_missing_is_said_after_the_old_order_is_over():
    # One of three was filled before the order went; two are still wanted.
    old = order(price=900, quantity=1)
    known = believed(targets(BTC_TRY=3), state(alive=[old], by={"first": held(0, buying=1)}))
    (cancelling,) = run(known=known)
    known.leaving.said(cancelling.batch, cancelling.replaced)
    over = state(position=1, by={"first": held(1)}, version=6)
    known.newest.take(over, name=BTC, now_ms=MONO_MS)

    (outcome,) = run(known=known)
    known.leaving.said(outcome.batch, outcome.replaced)

    assert [one.quantity for one in outcome.batch.intents] == [2]
    assert outcome.batch.version == 6
    assert [one.joins for one in outcome.decided] == ["REPLACE_SUBMIT"]
    assert [one.joins for each in run(known=known) for one in each.decided] == ["NEW_INTENT"]


def test_a_wish_like_an_order_that_rests_is_not_said_and_takes_no_budget():
    rests = order(price=999, quantity=2, strategy="first")
    here = state(alive=[rests], by={"first": held(0, buying=2)})

    (outcome,) = run(targets(BTC_TRY=4), targets("second", BTC_TRY=5), here, account(10_000))

    assert why([outcome]) == ["DUPLICATE_ORDER", "OK"]
    assert [one.quantity for one in outcome.batch.intents] == [5]


def test_an_instrument_with_a_batch_on_its_way_is_left_out():
    known = believed(targets(BTC_TRY=2))
    (first,) = run(known=known)
    known.outstanding.add(first.batch, allocation.spends(first.batch, first.money))

    assert run(known=known) == []


def test_what_is_on_its_way_is_spent_for_other_instruments():
    known = believed(rules(BTC), rules(ETH), targets(BTC_TRY=9, ETH_TRY=9), account(10_000))
    both = {"instruments": (BTC, ETH), "own": settings(orders_per_pass_max=1)}
    first = run(known=known, **both)[0]
    known.outstanding.add(first.batch, allocation.spends(first.batch, first.money))

    (second,) = run(known=known, **both)

    spent = total(one.notional for one in [*first.batch.intents, *second.batch.intents])
    assert spent * Decimal("1.002") <= 10_000
    assert known.outstanding.spent == first.batch.intents[0].notional * Decimal("1.002")


def test_a_wish_that_was_just_refused_is_not_said_again_before_its_time():
    known = believed(targets(BTC_TRY=2))
    (first,) = run(known=known)
    (intent,) = first.batch.intents
    known.refusals.note(BTC, intent, version=4, code="COOLDOWN", now_ms=MONO_MS)

    early = run(known=known, at=moment(MONO_MS + 999))
    later = run(known=known, at=moment(MONO_MS + 1_000))

    assert (intents(early), why(early)) == ([], ["COOLDOWN"])
    assert len(intents(later)) == 1


def test_a_target_may_name_its_own_price():
    (outcome,) = run(targets(BTC_TRY=target(1, price="950.7")))

    assert [one.price for one in outcome.batch.intents] == [950]


AMOUNTS = st.integers(min_value=0, max_value=5_000_000).map(lambda n: Decimal(n).scaleb(-2))
QUANTITIES = st.integers(min_value=0, max_value=100_000).map(lambda n: Decimal(n).scaleb(-4))


@given(
    cash=AMOUNTS,
    caps=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
    wanted=st.tuples(QUANTITIES, QUANTITIES, QUANTITIES, QUANTITIES),
    has=st.tuples(QUANTITIES, QUANTITIES),
    whole=QUANTITIES,
    reserve=AMOUNTS,
)
def test_whatever_is_wished_no_budget_is_overspent(cash, caps, wanted, has, whole, reserve):
    position_max, pass_max, order_max = caps
    own = settings(
        cash_target_try=reserve,
        position_max_try=position_max,
        pass_max_try=pass_max,
        order_max_try=order_max,
    )
    outcomes = run(
        rules(BTC),
        rules(ETH),
        state(BTC, position=whole, by={"first": held(has[0]), "second": held(has[1])}),
        targets("first", BTC_TRY=wanted[0], ETH_TRY=wanted[1]),
        targets("second", BTC_TRY=wanted[2], ETH_TRY=wanted[3]),
        account(cash),
        own=own,
        instruments=(BTC, ETH),
    )

    said = [
        (each.place.instrument, one)
        for each in outcomes
        if each.batch
        for one in each.batch.intents
    ]
    bought = [(name, one) for name, one in said if one.side is Side.BUY]
    sold = [one for name, one in said if one.side is Side.SELL]
    if bought:
        assert total(one.notional for _, one in bought) * Decimal("1.002") <= cash - reserve
    assert total(one.notional for _, one in said) <= pass_max
    assert all(one.notional <= order_max for _, one in said)
    assert total(one.quantity for one in sold) <= whole
    for name in ("first", "second"):
        mine = total(one.quantity for one in sold if one.strategy == name)
        assert mine <= has[("first", "second").index(name)]
    in_btc = total(one.notional for name, one in bought if name == BTC)
    if in_btc:
        assert in_btc + whole * 1000 <= position_max


@given(wanted=QUANTITIES, has=QUANTITIES, cash=AMOUNTS, order_max=AMOUNTS)
def test_a_size_never_grows_on_its_way(wanted, has, cash, order_max):
    outcomes = run(
        targets(BTC_TRY=wanted),
        state(position=has, by={"first": held(has)}),
        account(cash),
        own=settings(order_max_try=order_max),
    )

    for one in intents(outcomes):
        wish = abs(wanted - has)
        assert one.quantity <= wish
        assert one.notional <= one.sizing.allocated <= wish * one.price
        assert rules().invalid(one.price, one.quantity) is None


def test_equal_worlds_lead_to_equal_decisions():
    world = (targets(BTC_TRY=7), targets("second", BTC_TRY=3))

    assert run(*world) == run(*world)


def test_an_account_in_another_currency_has_no_cash():
    known = believed(targets(BTC_TRY=1))
    known.newest.take(changed(account(), free={"USDT": amount(500)}), now_ms=MONO_MS)

    assert why(run(known=known)) == ["CASH_UNKNOWN"]
