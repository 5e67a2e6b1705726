"""What a settings struct takes from a file, and how each fault of a file is told."""

import enum
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct, field

from config.convert import BAD, Reader
from config.layers import Layers
from messages.money import Amount, text


class Limits(Struct, frozen=True, kw_only=True):
    position_max_try: Amount
    age_max_ms: Annotated[int, Meta(ge=1, le=10)] = 5
    cap_try: Amount | None = None

    def __post_init__(self):
        if self.position_max_try < 0:
            raise ValueError("position_max_try must be an amount of at least 0")
        if self.cap_try is not None and self.cap_try > self.position_max_try:
            raise ValueError("a cap above the position limit")


class Cross(Struct, frozen=True, kw_only=True, tag_field="kind", tag="cross"):
    name: str
    fast: Annotated[int, Meta(ge=1)] = 20


class Revert(Struct, frozen=True, kw_only=True, tag_field="kind", tag="revert"):
    name: str
    order_try: Amount


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Everything(Struct, frozen=True, kw_only=True):
    ratio: Annotated[Amount, Meta(ge=0, lt=1)] = Amount("0.5")
    limits: Limits = Limits(position_max_try=Amount(7))
    runs: tuple[Cross | Revert, ...] = ()
    names: Annotated[tuple[str, ...], Meta(min_length=1, max_length=2)] = ("a",)
    balances: dict[str, Amount] = field(default_factory=dict)
    word: Literal["cancel", "leave"] = "leave"
    colour: Colour = Colour.RED
    on: bool = False
    prefix: Annotated[str, Meta(pattern="^[a-z]+$")] = "x"
    either: int | str = 1
    steps: list[int] = field(default_factory=list)


def read(table, kind=Everything, explicit=()):
    layers = Layers("a.toml")
    layers.lay({"gate": table}, said_by="a.toml")
    reader = Reader(layers, explicit=explicit)
    return reader.struct(layers.table["gate"], kind, "gate"), reader.faults


def fault_of(table, **how):
    value, (fault,) = read(table, **how)
    assert value is BAD
    assert fault.file == "a.toml"
    return fault.key, fault.found, fault.expected


def test_defaults_fill_an_empty_table():
    value, faults = read({})

    assert (value, faults) == (Everything(), [])


def test_every_kind_of_value_is_read():
    table = {
        "ratio": "0.25",
        "limits": {"position_max_try": 1000, "cap_try": "0.10"},
        "runs": [
            {"kind": "cross", "name": "m", "fast": 3},
            {"kind": "revert", "name": "r", "order_try": "4"},
        ],
        "names": ["b", "c"],
        "balances": {"TRY": 5},
        "word": "cancel",
        "colour": "blue",
        "on": True,
        "either": "x",
        "steps": [1, 2],
    }

    value, faults = read(table)

    assert faults == []
    assert value.ratio == Decimal("0.25")
    assert (value.limits.position_max_try, value.limits.cap_try) == (1000, Decimal("0.1"))
    assert value.runs == (Cross(name="m", fast=3), Revert(name="r", order_try=Amount(4)))
    assert (value.names, value.balances, value.colour) == (("b", "c"), {"TRY": 5}, Colour.BLUE)
    assert (value.word, value.on, value.either, value.steps) == ("cancel", True, "x", [1, 2])
    assert type(value.limits.position_max_try) is Amount


AMOUNT = "an amount, as text or a whole number"


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"ratios": "1"}, ("gate.ratios", "an unknown key", "no such key; is it ratio?")),
        ({"ratio": 0.5}, ("gate.ratio", "0.5", f"{AMOUNT} ≥ 0, < 1")),
        ({"ratio": "NaN"}, ("gate.ratio", "'NaN'", f"{AMOUNT} ≥ 0, < 1")),
        ({"ratio": "1_0"}, ("gate.ratio", "'1_0'", f"{AMOUNT} ≥ 0, < 1")),
        ({"ratio": True}, ("gate.ratio", "true", f"{AMOUNT} ≥ 0, < 1")),
        ({"ratio": "1"}, ("gate.ratio", "'1'", f"{AMOUNT} ≥ 0, < 1")),
        ({"ratio": "-0.01"}, ("gate.ratio", "'-0.01'", f"{AMOUNT} ≥ 0, < 1")),
        ({"limits": 5}, ("gate.limits", "5", "a table")),
        ({"limits": {}}, ("gate.limits.position_max_try", "nothing", AMOUNT)),
        ({"names": "a"}, ("gate.names", "'a'", "an array of text")),
        ({"names": []}, ("gate.names", "0 entries", "an array of at least 1, of at most 2")),
        ({"names": ["a"] * 3},
         ("gate.names", "3 entries", "an array of at least 1, of at most 2")),
        ({"names": ["a", 1]}, ("gate.names[1]", "1", "text")),
        ({"balances": {"TRY": 1.5}}, ("gate.balances.TRY", "1.5", AMOUNT)),
        ({"balances": []}, ("gate.balances", "[]", "a table")),
        ({"word": "keep"}, ("gate.word", "'keep'", "one of cancel, leave")),
        ({"colour": "green"}, ("gate.colour", "'green'", "one of red, blue")),
        ({"on": 1}, ("gate.on", "1", "true or false")),
        ({"prefix": "A"}, ("gate.prefix", "'A'", "text like ^[a-z]+$")),
        ({"either": []}, ("gate.either", "[]", "a whole number or text")),
        ({"steps": 1}, ("gate.steps", "1", "an array of a whole number")),
        ({"runs": [5]}, ("gate.runs[0]", "5", "a table")),
        ({"runs": [{"name": "x"}]}, ("gate.runs[0].kind", "nothing", "one of cross, revert")),
        ({"runs": [{"kind": "x"}]}, ("gate.runs[0].kind", "'x'", "one of cross, revert")),
        ({"runs": [{"kind": "cross", "name": "x", "fast": 0}]},
         ("gate.runs[0].fast", "0", "a whole number ≥ 1")),
    ],
)  # fmt: skip
def test_fault_names_key_found_and_expected(table, fault):
    assert fault_of(table) == fault


@pytest.mark.parametrize(("age", "taken"), [(0, False), (1, True), (10, True), (11, False)])
def test_range_is_inclusive(age, taken):
    value, faults = read({"position_max_try": 1, "age_max_ms": age}, Limits)

    assert (value is not BAD, len(faults)) == (taken, 1 - taken)


def test_what_a_struct_says_of_its_values_is_a_fault_at_that_field():
    key, found, expected = fault_of({"position_max_try": "-1"}, kind=Limits)

    assert (key, found) == ("gate.position_max_try", "'-1'")
    assert expected == "an amount of at least 0"


def test_values_that_do_not_fit_together_are_a_fault_of_the_table():
    key, _, expected = fault_of({"position_max_try": 1, "cap_try": 2}, kind=Limits)

    assert (key, expected) == ("gate", "a cap above the position limit")


def test_all_faults_come_at_once():
    _, faults = read({"ratio": 0.5, "limits": {"age_max_ms": 0, "x": 1}, "word": 3})

    assert [fault.key.removeprefix("gate.") for fault in faults] == [
        "ratio",
        "limits.x",
        "limits.position_max_try",
        "limits.age_max_ms",
        "word",
    ]


def test_explicit_keys_have_no_default_but_what_may_be_absent():
    value, faults = read({"limits": {"position_max_try": 1}}, explicit=("gate.limits",))

    assert value is BAD
    assert [fault.key for fault in faults] == ["gate.limits.age_max_ms"]
    assert "no default" in faults[0].expected


def test_explicit_table_may_not_be_left_out():
    _, faults = read({}, explicit=("gate.limits",))

    assert [fault.key for fault in faults] == ["gate.limits"]


def test_explicit_is_a_key_and_not_the_beginning_of_one():
    value, faults = read({}, explicit=("gate.lim",))

    assert (value, faults) == (Everything(), [])


def test_long_value_is_cut():
    _, found, _ = fault_of({"word": "x" * 500})

    assert len(found) < 70


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**9))
def test_amount_is_read_to_the_digit(value):
    written = text(value)

    read_back, faults = read({"position_max_try": written}, Limits)

    assert faults == []
    assert text(read_back.position_max_try) == written


@given(st.floats())
def test_float_is_never_an_amount(value):
    assert fault_of({"position_max_try": value}, kind=Limits)[0] == "gate.position_max_try"
