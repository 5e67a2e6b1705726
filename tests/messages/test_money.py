"""How amounts are read, divided and written."""

import decimal
import threading
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.money import (
    NumberUnreadable,
    amount,
    average,
    canonical,
    divide_down,
    divide_up,
    floor_to,
    round_down,
    text,
)

AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, places=8, min_value=-(10**12), max_value=10**12
)
POSITIVE = st.decimals(
    allow_nan=False, allow_infinity=False, places=8, min_value="0.00000001", max_value=10**9
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("1", "1"), (" 1.50 ", "1.5"), ("+2", "2"), ("-0.1", "-0.1"), (3, "3"), (Decimal("4"), "4")],
)
def test_plain_number_is_an_amount(raw, value):
    assert amount(raw) == Decimal(value)


@pytest.mark.parametrize("raw", ["", "NaN", "1e3", "1_000", "1,5", "١", "--1", ".5", "5."])
def test_text_that_is_no_plain_number_is_unreadable(raw):
    with pytest.raises(NumberUnreadable):
        amount(raw)


@pytest.mark.parametrize("raw", [1.5, True, None, b"1"])
def test_float_bool_and_strangers_are_no_amounts(raw):
    with pytest.raises(TypeError):
        amount(raw)


@pytest.mark.parametrize("raw", [Decimal("NaN"), Decimal("Infinity")])
def test_not_a_finite_number_is_unreadable(raw):
    with pytest.raises(NumberUnreadable):
        amount(raw)


@pytest.mark.parametrize(
    ("value", "written"),
    [("1E+3", "1000"), ("-0", "0"), ("0.00", "0"), ("1.50", "1.5"), ("0E-16", "0"), ("-2.0", "-2")],
)
def test_canonical_text_has_one_form(value, written):
    assert text(Decimal(value)) == written


@given(AMOUNTS)
def test_what_is_written_is_read_back(value):
    assert canonical(text(value)) == value


@given(POSITIVE, POSITIVE)
def test_division_down_and_up_enclose_the_quotient(value, by):
    exact = Fraction(value) / Fraction(by)

    assert Fraction(divide_down(value, by)) <= exact <= Fraction(divide_up(value, by))
    assert divide_up(value, by) - divide_down(value, by) <= Decimal("0.00000001")


@given(POSITIVE, POSITIVE)
def test_average_is_the_nearest_of_eighteen_places(value, by):
    off = Fraction(average(value, by)) - Fraction(value) / Fraction(by)

    assert abs(off) <= Fraction(1, 2 * 10**18)


@given(POSITIVE, st.sampled_from(["1", "0.01", "0.00000001", "0.25"]))
def test_floor_is_the_last_step_not_above(value, step):
    floored = floor_to(value, Decimal(step))

    assert 0 <= value - floored < Decimal(step)
    assert floored % Decimal(step) == 0


def test_round_down_cuts():
    assert round_down(Decimal("1.239"), 2) == Decimal("1.23")


def test_inexact_result_raises_in_every_thread():
    raised = []

    def divide():
        try:
            Decimal(1) / Decimal(3)
        except decimal.Inexact:
            raised.append("thread")

    thread = threading.Thread(target=divide)
    thread.start()
    thread.join()

    assert raised == ["thread"]
    with pytest.raises(decimal.Inexact):
        Decimal(1) / Decimal(3)


def test_float_operand_raises():
    with pytest.raises(decimal.FloatOperation):
        Decimal(1.5)  # noqa: RUF032 - the float is the point
