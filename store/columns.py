"""How a row is written into its table and read back: names, order, and SQL values.

Table and columns are called as in `store/rows.py`; every table has one more column, *seq*, the
entry of the journal that last wrote the row. Amounts are canonical text, plain values MessagePack.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from messages.codec import pack, unpack
from messages.money import DIGITS_MAX, Amount, canonical, text
from store import rows
from store.rows import Row

SqlValue = str | int | bytes | None
Convert = Callable[[Any], Any]


class Table(Struct, frozen=True, kw_only=True):
    """One table: its rows' type, its columns in order (the key first), and how values convert.

    A table that is *added_only* never replaces a row.
    """

    kind: type[Any]  # one of rows.Row
    name: str
    columns: tuple[str, ...]
    key_width: int
    added_only: bool
    get: Callable[[Row], tuple[Any, ...]]
    outward: tuple[tuple[int, Convert], ...]
    inward: tuple[tuple[int, Convert], ...]
    write: str
    read: str

    def values(self, row: Row) -> tuple[SqlValue, ...]:
        """Return the SQL values of *row*, without *seq*. Raises TypeError, ValueError."""
        found = list(self.get(row))
        for place, convert in self.outward:
            found[place] = convert(found[place])
        return tuple(found)

    def row(self, values: Sequence[SqlValue]) -> Row:
        """Return the row that *values*, in the order of the columns, state.

        Columns that came later than *values* get their defaults. Raises ValueError, TypeError.
        """
        found = list(values[: len(self.columns)])
        for place, convert in self.inward:
            if place < len(found):
                found[place] = convert(found[place])
        made: Row = self.kind(**dict(zip(self.columns, found, strict=False)))
        return made


def _amount_out(value: Decimal) -> str:
    # STRICT TEXT would take a float and store its nearest shorter text; only decimals pass here.
    if not isinstance(value, Decimal):
        raise TypeError(f"an amount is a Decimal, not {type(value).__name__} {value!r}")
    said = text(value)
    if len(said) > DIGITS_MAX and len(said.replace("-", "").replace(".", "")) > DIGITS_MAX:
        raise ValueError(f"{said} has more than {DIGITS_MAX} digits and could not be read back")
    return said


def _bool_out(value: bool) -> int:
    return 1 if value else 0


def _enum_out(value: StrEnum) -> str:
    return str(value.value)


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _converts(hint: Any) -> tuple[Convert, Convert] | None:
    """Return how a value of type *hint* goes out and comes in, None when it stays as it is."""
    if get_origin(hint) is UnionType or type(None) in get_args(hint):
        inner = next(part for part in get_args(hint) if part is not type(None))
        found = _converts(inner)
        return found and (_optional(found[0]), _optional(found[1]))
    if hint is Amount:
        return _amount_out, canonical
    if hint is bool:
        return _bool_out, bool
    if get_origin(hint) is dict:
        return pack, unpack
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum_out, hint
    return None


def _table(kind: type[Any], *, added_only: bool = False) -> Table:
    hints = get_type_hints(kind)
    names = tuple(field.name for field in msgspec.structs.fields(kind))
    both = [(place, _converts(hints[name])) for place, name in enumerate(names)]
    name = str(kind.__struct_config__.tag)
    keys = kind.key_fields
    written = (*names, "seq")
    insert = f"INSERT INTO {name} ({', '.join(written)}) VALUES ({', '.join('?' * len(written))})"  # noqa: S608
    changed = ", ".join(f"{one} = excluded.{one}" for one in written if one not in keys)
    upsert = f"{insert} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
    return Table(
        kind=kind,
        name=name,
        columns=names,
        key_width=len(keys),
        added_only=added_only,
        get=attrgetter(*names),
        outward=tuple((place, found[0]) for place, found in both if found),
        inward=tuple((place, found[1]) for place, found in both if found),
        write=insert if added_only else upsert,
        read=f"SELECT {', '.join(written)} FROM {name}",  # noqa: S608
    )


TABLES: tuple[Table, ...] = (
    _table(rows.MetaRow),
    _table(rows.LevelRow),
    _table(rows.InstrumentRow),
    _table(rows.PositionRow),
    _table(rows.IntentRow, added_only=True),
    _table(rows.OrderRow),
    _table(rows.FillRow, added_only=True),
    _table(rows.PostingRow, added_only=True),
    _table(rows.BalanceRow),
    _table(rows.CursorRow),
    _table(rows.DayRow),
    _table(rows.HttpRow),
    _table(rows.RecordRow, added_only=True),
)
TABLE_OF: dict[type, Table] = {table.kind: table for table in TABLES}
TABLE_NAMED: dict[str, Table] = {table.name: table for table in TABLES}


class Keyed:
    """Keys of rows: the value itself where one field is the key, a tuple otherwise."""

    _getters: ClassVar[dict[type, Callable[[Row], Any]]] = {
        table.kind: attrgetter(*table.kind.key_fields) for table in TABLES
    }

    @classmethod
    def of(cls, row: Row) -> Any:
        return cls._getters[type(row)](row)
