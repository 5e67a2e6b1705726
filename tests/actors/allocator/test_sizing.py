"""How large a wish becomes: each cap below, at and above, in order of precedence."""

from decimal import Decimal

import pytest

from actors.allocator.budget import Budgets, money
from actors.allocator.sizing import size
from actors.allocator.wishes import wishes
from messages.orders import Side
from tests.actors.allocator.builders import (
    BTC,
    account,
    held,
    order,
    place,
    quote,
    rules,
    settings,
    state,
    targets,
)


def sized(wanted=1, *, price=1000, free=1_000_000, here=None, taken=(), strategy="first", **own):
    """What becomes of a target of *wanted*; *taken* are orders of this pass before it."""
    numbers = settings(**{"fee_buffer_bps": 0, "fees": NO_FEES} | own)
    budgets = Budgets(
        money(account(free), age_ms=0, quote="TRY", spent=Decimal(0), settings=numbers), numbers
    )
    for side, quantity, by in taken:
        budgets.take(
            side, strategy=by, instrument=BTC, price=Decimal(1000), quantity=Decimal(quantity)
        )
    here = here or place()
    (wish,) = wishes([targets(strategy, BTC_TRY=wanted)], {BTC: here}, strategies=(strategy,))
    return size(
        wish,
        here,
        budgets,
        numbers,
        rules=here.rules,
        quote=here.quote,
        price=Decimal(price),
    )


NO_FEES = settings().fees.__class__(taker_bps=Decimal(0), vat_ratio=Decimal(0))


def seen(one):
    return one.status, one.reason, str(one.quantity.normalize())


def owning(quantity, *, alive=()):
    return place(state(position=quantity, by={"first": held(quantity)}, alive=alive))


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (999, ("scaled", "CASH_TARGET", "0.999")),
        (1000, ("accepted", "OK", "1")),
        (1001, ("accepted", "OK", "1")),
    ],
)
def test_cash_bounds_a_buy(free, expected):
    assert seen(sized(free=free)) == expected


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (999, ("scaled", "MAX_POSITION_EXPOSURE_CAP", "0.999")),
        (1000, ("accepted", "OK", "1")),
        (1001, ("accepted", "OK", "1")),
    ],
)
def test_the_position_cap_bounds_a_buy(most, expected):
    assert seen(sized(position_max_try=most)) == expected


def test_the_position_cap_counts_what_is_held_being_bought_and_bought_in_this_pass():
    rests = order(price=900, quantity=2, filled=1)  # 900 to come
    here = place(state(position=1, alive=[rests]))  # 1,000 at mark

    left = sized(5, here=here, position_max_try=4000, taken=[(Side.BUY, "0.5", "second")])

    assert left.sizing.caps[1].left == 4000 - 1000 - 900 - 500
    assert seen(left) == ("scaled", "MAX_POSITION_EXPOSURE_CAP", "1.6")


def test_a_position_above_its_cap_leaves_nothing_and_not_less():
    here = place(state(position=9))

    assert seen(sized(here=here, position_max_try=5000)) == ("rejected", "MIN_NOTIONAL", "0")


@pytest.mark.parametrize(
    ("own", "buying", "whole", "expected"),
    [
        (1, 1, 5, ("scaled", "POSITION_VALUE_CAP", "1")),  # what it still buys is not there to sell
        (1, 0, 5, ("accepted", "OK", "1")),
        (1, 0, 1, ("accepted", "OK", "1")),
        (1, 0, "0.9", ("scaled", "POSITION_VALUE_CAP", "0.9")),  # the account has less
        (1, 0, 0, ("rejected", "NO_POSITION", "0")),
        (0, 1, 5, ("rejected", "NO_POSITION", "0")),  # what others hold is not its own
    ],
)
def test_a_sell_is_bounded_by_what_strategy_and_account_have(own, buying, whole, expected):
    here = place(state(position=whole, by={"first": held(own, buying=buying)}))

    assert seen(sized(0, here=here)) == expected


def test_sells_alive_and_sells_of_this_pass_cannot_be_sold_again():
    rests = order(side=Side.SELL, quantity=2, strategy="second")
    here = owning(5, alive=[rests])

    first = sized(0, here=here)
    later = sized(0, here=here, taken=[(Side.SELL, 1, "first")])

    assert seen(first) == ("scaled", "POSITION_VALUE_CAP", "3")
    assert seen(later) == ("scaled", "POSITION_VALUE_CAP", "2")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("cap", "code"), [("pass_max_try", "CYCLE_CAP"), ("order_max_try", "MAX_INTENT_CAP")]
)
@pytest.mark.parametrize(("most", "quantity"), [(999, "0.999"), (1000, "1"), (1001, "1"), (0, "0")])
def test_pass_and_order_bound_both_sides(side, cap, code, most, quantity):
    here = place() if side is Side.BUY else owning(3)
    one = sized(1 if side is Side.BUY else 2, here=here, **{cap: most})

    assert one.quantity == Decimal(quantity)
    assert one.sizing.binding == ("OK" if most >= 1000 else code)


def test_of_equal_caps_the_higher_in_precedence_binds():
    one = sized(5, free=500, position_max_try=500, pass_max_try=500, order_max_try=500)

    assert one.reason == "CASH_TARGET"
    assert sized(5, position_max_try=500, pass_max_try=500).reason == "MAX_POSITION_EXPOSURE_CAP"
    assert sized(5, pass_max_try=500, order_max_try=500).reason == "CYCLE_CAP"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("0.0999", ("rejected", "MIN_NOTIONAL", "0.0999")),
        ("0.1", ("accepted", "OK", "0.1")),
        ("0.1001", ("accepted", "OK", "0.1001")),
    ],
)
def test_a_wish_below_the_minimum_is_rejected_never_raised(wanted, expected):
    assert seen(sized(wanted)) == expected


def test_a_cap_that_leaves_less_than_the_minimum_is_named():
    assert seen(sized(free=99)) == ("rejected", "CASH_TARGET", "0.099")
    capped = sized(order_max_try=99)
    assert (capped.reason, capped.sizing.binding) == ("MIN_NOTIONAL", "MAX_INTENT_CAP")


@pytest.mark.parametrize(("left", "status"), [(1, "accepted"), (0, "rejected")])
def test_more_orders_than_a_pass_may_have_are_rejected(left, status):
    one = sized(orders_per_pass_max=left)

    assert (one.status, one.reason) == (status, "OK" if left else "MAX_ORDERS")


def test_a_rule_of_the_venue_rejects_by_its_own_code():
    here = place(rules(notional_max=Decimal(500)))

    assert seen(sized(here=here)) == ("rejected", "NOTIONAL_ABOVE_MAX", "1")


def test_no_price_is_rejected():
    assert sized(price=0).reason == "PRICE_ZERO"


@pytest.mark.parametrize(
    ("bid", "ask", "factor"), [(988, 1012, "1"), (987, 1012, "0.5"), (980, 1020, "0.5")]
)
def test_a_wide_spread_halves_the_money(bid, ask, factor):
    # (988, 1012) is 240 bps; (987, 1012) is 25 of 999.5, just above 250
    here = place(quote(bid=bid, ask=ask))

    one = sized(5, here=here, free=1000)

    assert one.sizing.size_factor == Decimal(factor)
    assert one.sizing.deploy == 1000 * Decimal(factor)


def test_the_sizing_tells_every_number_it_used():
    here = place(state(position=3, by={"first": held(2, buying=1)}))

    sizing = sized(5, here=here, free=1500, cash_target_try=300).sizing

    assert (sizing.position, sizing.buying, sizing.selling, sizing.wish) == (2, 1, 0, 2)
    assert (sizing.cash, sizing.investable, sizing.deploy) == (1500, 1200, 1200)
    assert [cap.code for cap in sizing.caps] == [
        "CASH_TARGET",
        "MAX_POSITION_EXPOSURE_CAP",
        "CYCLE_CAP",
        "MAX_INTENT_CAP",
    ]
    assert (sizing.allocated, sizing.quantity, sizing.limit_price) == (1200, Decimal("1.2"), 1000)
