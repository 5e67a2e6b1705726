"""What may be spent in one pass."""

from decimal import Decimal

import pytest

from actors.allocator.budget import Budgets, investable, money
from messages.orders import Side
from tests.actors.allocator.builders import account, settings


def available(free=10_000, *, spent=0, age_ms=0, **over):
    return money(
        None if free == "unheard" else account(free),
        age_ms=age_ms,
        quote="TRY",
        spent=Decimal(spent),
        settings=settings(**over),
    )


@pytest.mark.parametrize(("cash", "above"), [(299, 0), (300, 0), (301, 1)])
def test_only_what_lies_above_the_target_is_invested(cash, above):
    assert available(cash, cash_target_try=300).investable == above


def test_what_is_on_its_way_is_spent():
    assert available(1000, spent=400, cash_target_try=300).investable == 300


def test_more_on_its_way_than_there_is_leaves_nothing_and_never_less():
    assert available(1000, spent=5000).investable == 0


@pytest.mark.parametrize(("age_ms", "known"), [(2_999, True), (3_000, True), (3_001, False)])
def test_cash_of_an_old_account_is_unknown(age_ms, known):
    assert (available(age_ms=age_ms).cash is not None) is known


@pytest.mark.parametrize("free", ["unheard", None])
def test_cash_that_was_never_said_is_unknown_and_buys_nothing(free):
    assert available(free).cash is None
    assert available(free).deploy() == 0


@pytest.mark.parametrize(("ratio", "invested"), [("0", 0), ("0.25", 250), ("1", 1000), ("7", 1000)])
def test_a_fraction_is_read_as_all_at_most(ratio, invested):
    own = settings(mode="fraction", fraction_ratio=ratio)

    assert investable(Decimal(1000), own) == invested


@pytest.mark.parametrize(("cap", "invested"), [(0, 0), (999, 999), (1000, 1000), (1001, 1000)])
def test_a_cap_bounds_what_is_invested(cap, invested):
    assert available(1000, mode="cap", cap_try=cap).investable == invested


def test_cash_above_the_maximum_is_not_ours_to_invest():
    assert available(10_000, cash_target_try=300, cash_max_try=1000).investable == 700
    assert available(10_000, cash_target_try=300, cash_max_try=200).investable == 0


def test_what_is_deployed_leaves_room_for_fees_and_is_rounded_down():
    assert available(1000).deploy() == Decimal("998.00399201")  # / 1.002


def test_half_the_money_is_deployed_where_only_half_may_be_used():
    assert available(1002).deploy(Decimal("0.5")) == 500


def test_an_order_takes_from_every_budget_it_touches():
    budgets = Budgets(available(1002), settings(pass_max_try=800, orders_per_pass_max=2))

    budgets.take(
        Side.BUY, strategy="first", instrument="BTC_TRY", price=Decimal(100), quantity=Decimal(3)
    )
    budgets.take(
        Side.SELL, strategy="first", instrument="ETH_TRY", price=Decimal(10), quantity=Decimal(2)
    )

    assert budgets.deploy_left(Decimal(1)) == 700
    assert budgets.deploy_left(Decimal("0.5")) == 200
    assert budgets.pass_left == 480
    assert budgets.orders_left == 0
    assert budgets.bought("BTC_TRY") == 300
    assert budgets.sold("ETH_TRY") == 2
    assert budgets.sold_by("first", "ETH_TRY") == 2
    assert budgets.sold_by("second", "ETH_TRY") == 0
