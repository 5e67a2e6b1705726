"""How entries become tables, and what must be true of them. Pure: values in, values out.

The executor's store, the auditor and `verify` use the same fold, each on its own tables.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from messages.money import ZERO, text
from messages.orders import OrderState
from messages.state import Scope
from store.columns import TABLE_OF, TABLES, Keyed
from store.failures import StoreContradicted
from store.rows import (
    BalanceRow,
    CursorRow,
    DayRow,
    Entry,
    FillRow,
    HttpRow,
    InstrumentRow,
    IntentRow,
    LevelRow,
    MetaRow,
    OrderRow,
    PositionRow,
    PostingRow,
    RecordRow,
    Row,
)

DIFFERENCES_MAX = 100  # more are counted, not told

T = TypeVar("T", bound=Row)

# An order that ended in one of these was taken by the venue: every fill of it is booked.
_COMPLETE = (OrderState.FILLED, OrderState.CANCELLED)


class Tables:
    """The rows of the store by table and key; a key of several fields is a tuple."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.meta: dict[str, MetaRow] = {}
        self.levels: dict[tuple[Scope, str, str], LevelRow] = {}
        self.instruments: dict[str, InstrumentRow] = {}
        self.positions: dict[tuple[str, str], PositionRow] = {}
        self.intents: dict[str, IntentRow] = {}
        self.orders: dict[str, OrderRow] = {}
        self.fills: dict[str, FillRow] = {}
        self.postings: dict[tuple[str, int], PostingRow] = {}
        self.balances: dict[tuple[str, str], BalanceRow] = {}
        self.cursors: dict[str, CursorRow] = {}
        self.days: dict[str, DayRow] = {}
        self.http: dict[tuple[str, int, str], HttpRow] = {}
        self.records: dict[tuple[str, int], RecordRow] = {}
        self._by_kind: dict[type, dict[Any, Any]] = {
            MetaRow: self.meta,
            LevelRow: self.levels,
            InstrumentRow: self.instruments,
            PositionRow: self.positions,
            IntentRow: self.intents,
            OrderRow: self.orders,
            FillRow: self.fills,
            PostingRow: self.postings,
            BalanceRow: self.balances,
            CursorRow: self.cursors,
            DayRow: self.days,
            HttpRow: self.http,
            RecordRow: self.records,
        }
        self.apply(rows)

    def apply(self, rows: Iterable[Row]) -> None:
        """Put *rows* in place, each instead of the one with its key.

        Raises StoreContradicted for a second posting, fill, intent or record with one key.
        """
        for row in rows:
            table = self._by_kind[type(row)]
            key = Keyed.of(row)
            if TABLE_OF[type(row)].added_only and key in table:
                raise StoreContradicted("CONTRADICTION", f"{type(row).__name__} {key!r} again")
            table[key] = row

    def of(self, kind: type[T]) -> dict[Any, T]:
        """Return the rows of type *kind* by key."""
        return self._by_kind[kind]

    def rows(self) -> Iterator[Row]:
        """Yield every row, table by table, in the order they were first put."""
        for table in TABLES:
            yield from self._by_kind[table.kind].values()


def fold(entries: Iterable[Entry], tables: Tables | None = None) -> Tables:
    """Return what *entries* lead to, on top of *tables* (which is changed) or of nothing."""
    folded = Tables() if tables is None else tables
    for entry in entries:
        folded.apply(entry.rows)
    return folded


def differences(expected: Tables, found: Tables) -> list[str]:
    """Return what differs between two sets of tables, as text; at most DIFFERENCES_MAX lines."""
    told: list[str] = []
    for table in TABLES:
        ours, theirs = expected.of(table.kind), found.of(table.kind)
        for key in {**ours, **theirs}:
            one, other = ours.get(key), theirs.get(key)
            if one is None or other is None:
                told.append(f"{table.name} {key!r}: {'missing' if other is None else 'unexpected'}")
            elif one is not other and table.values(one) != table.values(other):
                told.append(f"{table.name} {key!r}: expected {one}, found {other}")
    if len(told) > DIFFERENCES_MAX:
        return [*told[:DIFFERENCES_MAX], f"{len(told) - DIFFERENCES_MAX} more"]
    return told


def unbalanced(rows: Iterable[Row]) -> dict[tuple[str, str], Decimal]:
    """Return, by transfer and asset, what its postings sum to where that is not zero."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if isinstance(row, PostingRow):
            key = row.transfer, row.asset
            sums[key] = sums.get(key, ZERO) + row.amount
    return {key: total for key, total in sums.items() if total}


def posted(
    rows: Iterable[Row], before: Mapping[tuple[str, str], Decimal] | None = None
) -> dict[tuple[str, str], Decimal]:
    """Return the sum of all postings in *rows* by account and asset, on top of *before*."""
    sums = dict(before or {})
    for row in rows:
        if isinstance(row, PostingRow):
            key = row.account, row.asset
            sums[key] = sums.get(key, ZERO) + row.amount
    return sums


def faults(tables: Tables) -> list[str]:
    """Return what is wrong with whole *tables* in themselves: money, fills, holds."""
    told = [
        f"transfer {name}: {asset} sums to {text(total)}"
        for (name, asset), total in unbalanced(tables.postings.values()).items()
    ]
    sums = posted(tables.postings.values())
    for key in {**sums, **tables.balances}:
        stated = tables.balances[key].amount if key in tables.balances else ZERO
        if stated != sums.get(key, ZERO):
            told.append(f"balance {key}: {text(stated)}, postings say {text(sums.get(key, ZERO))}")
    booked: dict[str, Decimal] = {}
    for fill in tables.fills.values():
        booked[fill.client_order_id] = booked.get(fill.client_order_id, ZERO) + fill.quantity
    for order in tables.orders.values():
        told += order_faults(order, booked.get(order.client_order_id, ZERO))
    return told


class OrderLike(Protocol):
    """What the rules read of an order."""

    @property
    def client_order_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def filled_quantity(self) -> Decimal: ...
    @property
    def booked_quantity(self) -> Decimal: ...
    @property
    def hold_left(self) -> Decimal: ...


def order_faults(order: OrderLike, booked: Decimal) -> list[str]:
    """Return what is wrong with *order*, of which fills of *booked* in all are known."""
    told = []
    if order.booked_quantity != booked:
        stated = text(order.booked_quantity)
        told.append(f"order {order.client_order_id}: books {stated}, fills sum to {text(booked)}")
    if order.state in _COMPLETE and order.filled_quantity > order.booked_quantity:
        told.append(
            f"order {order.client_order_id}: {order.state} with "
            f"{text(order.filled_quantity)} filled, {text(order.booked_quantity)} booked"
        )
    if order.hold_left < 0:
        told.append(f"order {order.client_order_id}: {text(order.hold_left)} left of its hold")
    return told
