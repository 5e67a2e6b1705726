"""Which accounts move, and that nothing is created on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor.postings import (
    Cost,
    Leg,
    execution,
    give_back,
    hold,
    legs,
    opening,
    set_aside,
    unbalanced,
)
from messages.money import Amount
from messages.orders import Side
from tests.actors.executor.ledgers import GROSS

AMOUNTS = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=8).map(Amount)


def cost(**changed):
    given_ = {
        "side": Side.SELL,
        "base": "BTC",
        "quote": "TRY",
        "quantity": Amount("0.0004"),
        "price": Amount(3_100_000),
        "fee": Amount("1.24"),
        "tax": Amount("0.248"),
        "fee_asset": "TRY",
    }
    return Cost(**given_ | changed)


def moved(found):
    return {(leg.account, leg.asset): leg.amount for leg in found}


def test_a_limit_buy_holds_its_notional_at_the_taker_rate_with_tax():
    held = hold("BTC_TRY", Side.BUY, Amount("0.001"), Amount(3_000_000), GROSS)

    assert (held.asset, held.amount) == ("TRY", Amount("3005.4"))


def test_a_sell_holds_its_quantity():
    held = hold("BTC_TRY", Side.SELL, Amount("0.001"), Amount(3_000_000), GROSS)

    assert (held.asset, held.amount) == ("BTC", Amount("0.001"))


def test_a_sell_is_paid_without_its_fee_and_tax():
    assert moved(execution(cost(), part=Amount("0.0004"))) == {
        ("held", "BTC"): Amount("-0.0004"),
        ("market", "BTC"): Amount("0.0004"),
        ("market", "TRY"): Amount(-1240),
        ("free", "TRY"): Amount("1238.512"),
        ("fees", "TRY"): Amount("1.24"),
        ("taxes", "TRY"): Amount("0.248"),
    }


def test_a_fee_in_a_third_currency_is_paid_in_it():
    found = moved(execution(cost(fee_asset="USDT"), part=Amount("0.0004")))

    assert found["free", "TRY"] == 1240
    assert found["free", "USDT"] == Amount("-1.488")


def test_what_is_locked_at_the_opening_is_not_free():
    assert moved(opening("TRY", free=Amount(5), withdrawing=Amount(2))) == {
        ("external", "TRY"): -7,
        ("free", "TRY"): 5,
        ("withdrawing", "TRY"): 2,
    }


def test_postings_that_do_not_balance_are_named():
    assert unbalanced([Leg("free", "TRY", Amount(1)), Leg("held", "BTC", Amount(0))]) == {"TRY": 1}


@pytest.mark.parametrize("make", [set_aside, give_back])
def test_moving_nothing_posts_nothing(make):
    assert make("TRY", Amount(0)) == []


@given(
    side=st.sampled_from(Side),
    quantity=AMOUNTS,
    price=AMOUNTS,
    fee=AMOUNTS,
    tax=AMOUNTS,
    part=AMOUNTS,
    fee_asset=st.sampled_from(["TRY", "BTC", "USDT"]),
)
def test_every_execution_sums_to_zero_per_asset(side, quantity, price, fee, tax, part, fee_asset):
    done = cost(side=side, quantity=quantity, price=price, fee=fee, tax=tax, fee_asset=fee_asset)

    assert unbalanced(execution(done, part=part)) == {}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), AMOUNTS), max_size=8))
def test_adding_up_moves_keeps_their_sums(moves):
    every = [Leg(*move) for move in moves]

    assert unbalanced(legs(every)) == unbalanced(every)
