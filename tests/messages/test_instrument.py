"""How a wish comes onto an instrument's grid, and which orders are valid there."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from messages.instrument import Instrument
from messages.money import amount

RULES = Instrument(
    instrument="ETH_TRY",
    base="ETH",
    quote="TRY",
    price_increment=amount("0.5"),
    quantity_step=amount("0.01"),
    notional_min=amount("100"),
    notional_max=amount("5000"),
    price_min=amount("10"),
    price_max=amount("1000"),
    quantity_min=amount("0.1"),
    quantity_max=amount("20"),
)
NUMBERS = st.decimals(min_value="0.001", max_value=10**6, places=5)


@pytest.mark.parametrize(
    ("price", "quantity", "code"),
    [
        ("100", "1", None),
        ("0", "1", "PRICE_NOT_POSITIVE"),
        ("-1", "1", "PRICE_NOT_POSITIVE"),
        ("100", "0", "QUANTITY_NOT_POSITIVE"),
        ("100.1", "1", "PRICE_OFF_GRID"),
        ("100", "1.001", "QUANTITY_OFF_GRID"),
        ("9.5", "15", "PRICE_BELOW_MIN"),
        ("10", "15", None),
        ("1000", "1", None),
        ("1000.5", "1", "PRICE_ABOVE_MAX"),
        ("1000", "0.09", "QUANTITY_BELOW_MIN"),
        ("1000", "0.1", None),
        ("100", "20", None),
        ("100", "20.01", "QUANTITY_ABOVE_MAX"),
        ("100", "0.99", "MIN_NOTIONAL"),
        ("100", "1.01", None),
        ("500", "10", None),
        ("500", "10.01", "NOTIONAL_ABOVE_MAX"),
    ],
)
def test_bounds_are_inclusive_and_the_first_broken_rule_is_named(price, quantity, code):
    assert RULES.invalid(Decimal(price), Decimal(quantity)) == code


def test_bound_that_is_not_stated_does_not_bind():
    free = replace(RULES, notional_max=None, price_max=None, quantity_max=None)

    assert free.invalid(Decimal(10**9), Decimal(10**6)) is None


@given(NUMBERS, NUMBERS)
def test_grid_never_rounds_up(price, quantity):
    on_grid = RULES.price_down(price), RULES.quantity_down(quantity)

    assert on_grid[0] <= price
    assert on_grid[1] <= quantity
    assert RULES.invalid(*on_grid) not in ("PRICE_OFF_GRID", "QUANTITY_OFF_GRID")


@given(NUMBERS, NUMBERS)
def test_quantity_for_a_notional_never_costs_more(notional, price):
    quantity = RULES.quantity_for(notional, price)

    assert quantity * price <= notional
    assert (quantity + RULES.quantity_step) * price > notional
    assert RULES.quantity_down(quantity) == quantity


def test_nothing_can_be_bought_at_no_price():
    assert RULES.quantity_for(Decimal(100), Decimal(0)) == 0
