"""Entries become tables, and what must be true of tables."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from messages.money import ZERO, Amount
from messages.orders import OrderState, Side
from store.failures import StoreContradicted
from store.fold import DIFFERENCES_MAX, Tables, differences, faults, fold, posted, unbalanced
from store.journal import entry_of, sealed
from store.rows import BalanceRow, CursorRow, Head, PostingRow
from tests.store.history import History

moves = st.lists(
    st.tuples(
        st.sampled_from(["accept", "live", "fill", "end", "level", "records"]),
        st.integers(0, 9),
        st.integers(1, 10),
        st.sampled_from([Side.BUY, Side.SELL]),
    ),
    max_size=30,
)


def history_of(moves):
    """Entries of a desk that did *moves*, as far as they were possible."""
    history = History()
    entries = [history.opening("TRY", "1000000000"), history.opening("BTC", "100")]
    for number, (what, which, tenths, side) in enumerate(moves):
        alive = [name for name, order in history.orders.items() if order.ended_ms is None]
        name = alive[which % len(alive)] if alive else None
        if what == "accept" or name is None:
            entries.append(history.accept(side=side, strategy=f"s{which % 2}"))
        elif what == "live":
            entries.append(history.live(name))
        elif what == "fill":
            order = history.orders[name]
            left = order.quantity - order.booked_quantity
            quantity = min(left, order.quantity * tenths / 10)
            if quantity:
                entries.append(history.fill(name, quantity, trade_id=f"t{number}"))
        elif what == "end":
            entries.append(history.end(name, OrderState.CANCELLED))
        elif what == "level":
            entries.append(history.level("PAUSED", source=f"s{which}"))
        else:
            entries.append(history.records(f"b{number}", {"n": number}))
    return entries, history


@given(moves, st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_fold_of_a_prefix_and_then_the_rest_is_the_fold_of_all(moves, cut):
    entries, _ = history_of(moves)

    folded = fold(entries[cut:], fold(entries[:cut]))

    assert differences(fold(entries), folded) == []


@given(moves)
@settings(max_examples=60, deadline=None)
def test_any_history_is_sound(moves):
    entries, history = history_of(moves)

    tables = fold(entries)

    assert faults(tables) == []
    assert unbalanced(tables.postings.values()) == {}
    assert posted(tables.postings.values()) == history.balances


@given(moves)
@settings(max_examples=40, deadline=None)
def test_what_was_sealed_folds_to_the_same_tables(moves):
    entries, _ = history_of(moves)
    head, read = Head(seq=0, hash=""), []

    for entry in entries:
        line = sealed(entry, before=head, epoch=1).line
        head = Head(seq=line.seq, hash=line.hash.hex())
        read.append(entry_of(line))

    assert differences(fold(entries), fold(read)) == []


def test_row_is_replaced_whole():
    tables = Tables([CursorRow(instrument="BTC_TRY", since_ms=1)])

    tables.apply([CursorRow(instrument="BTC_TRY", since_ms=2)])

    assert tables.cursors == {"BTC_TRY": CursorRow(instrument="BTC_TRY", since_ms=2)}


@pytest.mark.parametrize("method", ["opening", "records"])
def test_what_is_only_added_is_not_replaced(method):
    history = History()
    entry = history.opening("TRY", "1") if method == "opening" else history.records("b", {"a": 1})
    tables = fold([entry])

    with pytest.raises(StoreContradicted, match="again"):
        tables.apply(entry.rows)


def test_rows_come_out_as_they_went_in():
    entries, _ = history_of([("accept", 0, 1, Side.BUY)])
    tables = fold(entries)

    assert differences(Tables(tables.rows()), tables) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.orders.clear(), "missing"),
        (lambda t: t.apply([CursorRow(instrument="A", since_ms=1)]), "cursor 'A': unexpected"),
        (
            lambda t: t.apply([BalanceRow(account="free", asset="TRY", amount=Amount(1))]),
            "balance ('free', 'TRY'): expected BalanceRow",
        ),
    ],
)
def test_each_difference_is_told(change, said):
    entries, _ = history_of([("accept", 0, 1, Side.BUY)])
    found = fold(entries)
    change(found)

    [told] = differences(fold(entries), found)

    assert said in told


def test_amounts_of_one_value_are_no_difference():
    one = Tables([BalanceRow(account="free", asset="TRY", amount=Amount("1.50"))])
    other = Tables([BalanceRow(account="free", asset="TRY", amount=Decimal("1.5"))])

    assert differences(one, other) == []


@pytest.mark.parametrize(("more", "last"), [(0, "unexpected"), (1, "1 more")])
def test_differences_are_bounded_and_counted(more, last):
    rows = [CursorRow(instrument=f"I{n:04}", since_ms=1) for n in range(DIFFERENCES_MAX + more)]

    told = differences(Tables(), Tables(rows))

    assert len(told) == DIFFERENCES_MAX + more
    assert told[-1].endswith(last)


def leg(number, amount, asset="TRY"):
    return PostingRow(transfer="t", leg=number, account="free", asset=asset, amount=Amount(amount))


@pytest.mark.parametrize(
    ("legs", "off"),
    [
        ([leg(0, "-1.5"), leg(1, "1.5")], {}),
        ([leg(0, "-1.5"), leg(1, "1.5000001")], {("t", "TRY"): Decimal("0.0000001")}),
        ([leg(0, "-1"), leg(1, "1", "BTC")], {("t", "TRY"): -1, ("t", "BTC"): 1}),
        ([], {}),
    ],
)
def test_transfer_balances_per_asset(legs, off):
    assert unbalanced(legs) == off


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("booked_quantity", "0.0005", "books 0.0005, fills sum to 0.001"),
        ("hold_left", "-1", "-1 left of its hold"),
        ("filled_quantity", "0.002", "FILLED with 0.002 filled, 0.001 booked"),
    ],
)
def test_order_that_does_not_fit_its_fills_is_told(field, value, said):
    history = History()
    entries = [history.opening("TRY", "1000000"), *history.traded(1)]
    tables = fold(entries)
    [order] = tables.orders.values()
    tables.apply([replace(order, **{field: Amount(value)})])

    assert any(said in one for one in faults(tables))


def test_balance_that_is_not_its_postings_is_told():
    tables = fold([History().opening("TRY", "5")])
    tables.apply([BalanceRow(account="free", asset="TRY", amount=ZERO)])

    assert faults(tables) == ["balance ('free', 'TRY'): 0, postings say 5"]
