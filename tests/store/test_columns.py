"""How rows become SQL values and come back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store import rows
from store.columns import TABLE_OF, TABLES, Keyed
from tests.store.history import History

HISTORY = History()
ENTRIES = [
    *HISTORY.traded(1),
    HISTORY.opening("TRY", "1000"),
    HISTORY.level(Level.PAUSED, scope=Scope.STRATEGY, name="ma_cross"),
    HISTORY.records("b1", {"outcome": "sent", "n": 3, "deep": {"a": [1, None, True]}}),
]
SAMPLES = [
    *(row for entry in ENTRIES for row in entry.rows),
    rows.CursorRow(instrument="BTC_TRY", since_ms=5),
    rows.DayRow(
        day="2026-03-23",
        baseline=None,
        realised=Amount("-1.5"),
        fees=Amount(0),
        flows=Amount(0),
        equity=Amount("10"),
        peak=None,
    ),
    rows.HttpRow(
        client_order_id="x",
        at_ms=1,
        what="GET",
        path="/p",
        status=None,
        answered_ms=None,
        meaning="Lost",
        answer="",
    ),
    rows.PositionRow(
        strategy="", instrument="BTC_TRY", position=Amount("-0.1"), cost=None, realised=Amount(0)
    ),
]

amounts = st.decimals(
    allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20), max_value=10**20
).map(Amount)


def test_every_table_has_a_sample():
    assert {type(row) for row in SAMPLES} == {table.kind for table in TABLES}


@pytest.mark.parametrize("row", SAMPLES, ids=lambda row: type(row).__name__)
def test_row_comes_back_as_it_went(row):
    table = TABLE_OF[type(row)]

    back = table.row((*table.values(row), 7))

    assert table.values(back) == table.values(row)
    assert {name: type(getattr(back, name)) for name in table.columns} == {
        name: type(value) if not isinstance(value := getattr(row, name), Decimal) else Amount
        for name in table.columns
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_key_leads_the_columns(table):
    assert table.columns[: table.key_width] == table.kind.key_fields
    assert table.columns == tuple(field.name for field in structs.fields(table.kind))


@given(amounts)
def test_amount_is_stored_to_the_last_digit(value):
    row = rows.BalanceRow(account="free", asset="TRY", amount=value)
    table = TABLE_OF[rows.BalanceRow]

    said = table.values(row)[2]

    assert isinstance(said, str)
    assert "E" not in said
    assert table.row(table.values(row)).amount == value


@pytest.mark.parametrize("wrong", [0.1, 3, "1", None, True])
def test_only_a_decimal_is_an_amount(wrong):
    row = rows.BalanceRow(account="free", asset="TRY", amount=wrong)

    with pytest.raises(TypeError, match="an amount is a Decimal"):
        TABLE_OF[rows.BalanceRow].values(row)


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_no_amount(wrong):
    row = rows.BalanceRow(account="free", asset="TRY", amount=Amount(wrong))

    with pytest.raises(ValueError, match="finite"):
        TABLE_OF[rows.BalanceRow].values(row)


@pytest.mark.parametrize(("digits", "taken"), [(37, True), (38, True), (39, False)])
def test_amount_that_could_not_be_read_back_is_not_written(digits, taken):
    row = rows.BalanceRow(account="free", asset="TRY", amount=Amount("-0." + "1" * (digits - 1)))
    table = TABLE_OF[rows.BalanceRow]

    if taken:
        assert table.row(table.values(row)) == row
    else:
        with pytest.raises(ValueError, match="38 digits"):
            table.values(row)


def test_columns_that_came_later_have_their_defaults():
    table = TABLE_OF[rows.PositionRow]
    row = rows.PositionRow(
        strategy="a",
        instrument="b",
        position=Amount(1),
        cost=None,
        realised=Amount(2),
        lost_in_a_row=3,
        trip_realised=Amount(4),
    )

    old = table.row(table.values(row)[:5])

    assert old == replace(row, lost_in_a_row=0, trip_realised=Amount(0))


def test_key_is_the_value_where_one_field_is_enough():
    order = next(row for row in SAMPLES if isinstance(row, rows.OrderRow))
    level = next(row for row in SAMPLES if isinstance(row, rows.LevelRow))

    assert Keyed.of(order) == order.client_order_id
    assert Keyed.of(level) == (Scope.STRATEGY, "ma_cross", "operator")
    assert (order.side, order.state) == (Side.BUY, OrderState.SENDING)
