"""How the venue's numbers are read: exactly, or not at all."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.btcturk.amounts import AmountUnreadable, has_decimal_comma, read, wire
from actors.venues.btcturk.outcome import decode


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("3000000", "3000000"),
        ("0.00100000", "0.001"),
        ("-1.20000000", "-1.2"),
        ("+5", "5"),
        (" 5 ", "5"),
        (7, "7"),
        (Decimal("0.0003287215972809"), "0.0003287215972809"),
        (Decimal("1E-16"), "0.0000000000000001"),
        ("0E-16", "0"),
        ("0,5", "0.5"),
        ("0,123", "0.123"),
        ("28353,53733", "28353.53733"),
        ("1234,567", "1234.567"),
        ("12,34", "12.34"),
    ],
)
def test_amounts_are_read_exactly(raw, value):
    assert read(raw) == Decimal(value)


@pytest.mark.parametrize("raw", ["1,234", "12,345", "999,000", "1,2,3", "1,234.5", "1.234,5"])
def test_what_could_be_thousands_is_never_guessed(raw):
    with pytest.raises(AmountUnreadable) as caught:
        read(raw)

    assert caught.value.code == "NUMBER_AMBIGUOUS"


TOO_LONG = ["9" * 41, "0." + "1" * 39]
NOT_DIGITS = [
    *TOO_LONG,
    "",
    "NaN",
    "Infinity",
    "1e3",
    "1E-3",
    "1_000",
    "١٢",
    "0x1",
    "1.",
    ".5",
    "--1",
    ",5",
]
NOT_FINITE = [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+400"), Decimal("1E-400")]


@pytest.mark.parametrize("raw", [*NOT_DIGITS, *NOT_FINITE, None, [], {}])
def test_what_is_no_amount_is_refused(raw):
    with pytest.raises(AmountUnreadable) as caught:
        read(raw)

    assert caught.value.code == "NUMBER_UNREADABLE"


@pytest.mark.parametrize("raw", [0.1, 1.0, True, False])
def test_a_float_or_a_bool_is_our_own_mistake(raw):
    with pytest.raises(TypeError):
        read(raw)


def test_only_decimal_commas_are_counted():
    assert [has_decimal_comma(raw) for raw in ("0,5", "0.5", "1,2,3", 5)] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("value", "wired"),
    [
        ("3E+6", "3000000"),
        ("0.00100000", "0.001"),
        ("999999999999.0000000000000001", "999999999999.0000000000000001"),
    ],
)
def test_amounts_go_out_as_plain_digits(value, wired):
    assert wire(Decimal(value)) == wired


@pytest.mark.parametrize("value", ["1000000000000", "0.00000000000000001"])
def test_what_is_too_long_for_the_venue_is_refused_here(value):
    with pytest.raises(AmountUnreadable) as caught:
        wire(Decimal(value))

    assert caught.value.code == "NUMBER_TOO_LONG"


@given(st.decimals(-(10**12), 10**12, places=16))
def test_a_json_number_and_a_text_of_the_same_digits_are_one_amount(value):
    number, text = decode(f'[{value:f}, "{value:f}"]'.encode())

    assert read(number) == read(text) == value
    assert Fraction(read(text)) == Fraction(value)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"NaN", b"[Infinity]", b"<html>", b"[" * 3_000, b'"\xff"', b"1 2"]
)
def test_json_that_is_none_is_one_kind_of_error(raw):
    with pytest.raises(ValueError):
        decode(raw)
