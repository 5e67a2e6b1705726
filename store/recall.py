"""What the writer asks of its own tables, by name or because it is alive: flat with history."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from messages.orders import ALIVE, OrderState
from store import journal
from store.columns import TABLE_OF, SqlValue, Table
from store.failures import CORRUPT, StoreRefused
from store.fold import Tables
from store.journal import NOTHING, JournalRow
from store.rows import (
    BalanceRow,
    CursorRow,
    DayRow,
    Head,
    InstrumentRow,
    IntentRow,
    LevelRow,
    MetaRow,
    OrderRow,
    PositionRow,
    Row,
)

DAYS_LOADED = 7
ENDED_LOOKED_AT = 512  # orders, newest; as many as are kept in memory when they are over
NAMES_PER_QUERY = 500

T = TypeVar("T", bound=Row)
N = TypeVar("N")

# Written out and in the order of the partial index: SQLite compares the lists word by word.
ALIVE_SQL = "state IN ({})".format(
    ", ".join(f"'{one.value}'" for one in OrderState if one in ALIVE)
)
_SMALL = (MetaRow, LevelRow, InstrumentRow, PositionRow, BalanceRow, CursorRow)


def load(connection: sqlite3.Connection) -> Tables:
    """Return the alive orders with their intents, and every table that history does not grow."""
    tables = Tables()
    for kind in _SMALL:
        tables.apply(select(connection, kind))
    newest = list(select(connection, DayRow, "ORDER BY day DESC LIMIT ?", (DAYS_LOADED,)))
    tables.apply(reversed(newest))
    # With a plain `ORDER BY id` SQLite would walk the whole table, to be spared a sort.
    tables.apply(select(connection, OrderRow, f"WHERE {ALIVE_SQL} ORDER BY +id"))
    wanted = [order.intent_id for order in tables.orders.values()]
    tables.apply(intents(connection, wanted).values())
    return tables


def select(
    connection: sqlite3.Connection, kind: type[T], rest: str = "", values: Iterable[object] = ()
) -> Iterator[T]:
    """Yield the rows of *kind*'s table that the SQL *rest* leaves, in its order."""
    table = TABLE_OF[kind]
    for found in connection.execute(f"{table.read} {rest}", tuple(values)):
        row = table.row(found)
        if isinstance(row, kind):
            yield row


def under(
    connection: sqlite3.Connection, table: Table, firsts: Iterable[SqlValue]
) -> Iterator[tuple[SqlValue, ...]]:
    """Yield the rows of *table* whose key begins with one of *firsts*: SQL values, *seq* last."""
    # Asked for by whole keys of several columns, SQLite would look at every row of the table.
    for some in _chunks(firsts):
        marks = ", ".join("?" * len(some))
        yield from connection.execute(f"{table.read} WHERE {table.columns[0]} IN ({marks})", some)


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what the store says about itself."""
    return {row.key: row.value for row in select(connection, MetaRow)}


def intents(connection: sqlite3.Connection, intent_ids: Iterable[str]) -> dict[str, IntentRow]:
    return {row.intent_id: row for row in _named(connection, IntentRow, "intent_id", intent_ids)}


def orders(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, OrderRow]:
    found = _named(connection, OrderRow, "client_order_id", names)
    return {row.client_order_id: row for row in found}


def orders_by_venue_id(
    connection: sqlite3.Connection, venue_order_ids: Iterable[int]
) -> dict[int, OrderRow]:
    found = _named(connection, OrderRow, "venue_order_id", venue_order_ids)
    return {row.venue_order_id: row for row in found if row.venue_order_id is not None}


def lately_ended(connection: sqlite3.Connection, since_ms: int) -> Iterator[OrderRow]:
    """Yield the orders among the newest that ended at *since_ms* or later and have a rest."""
    return select(
        connection,
        OrderRow,
        "WHERE id > (SELECT max(id) FROM orders) - ? AND ended_ms >= ?"
        " AND booked_quantity <> quantity ORDER BY id",
        (ENDED_LOOKED_AT, since_ms),
    )


def known_fills(connection: sqlite3.Connection, trade_ids: Iterable[str]) -> dict[str, str]:
    sql = "SELECT trade_id, client_order_id FROM fill WHERE trade_id IN"
    return dict(_among(connection, sql, trade_ids))


def known_batches(connection: sqlite3.Connection, batch_ids: Iterable[str]) -> set[str]:
    # A batch is whole or not there, so its first record speaks for it.
    sql = "SELECT batch_id FROM record WHERE leg = 0 AND batch_id IN"
    return {batch_id for (batch_id,) in _among(connection, sql, batch_ids)}


def checked_head(connection: sqlite3.Connection, most: int) -> Head:
    """Return the head of the journal after checking the chain of its newest *most* entries.

    Raises StoreRefused where it is broken.
    """
    oldest = "SELECT min(seq) FROM (SELECT seq FROM journal ORDER BY seq DESC LIMIT ?)"
    sql = f"SELECT {journal.COLUMNS} FROM journal WHERE seq >= ({oldest}) ORDER BY seq"  # noqa: S608
    newest: JournalRow | None = None
    before: bytes | None = None
    read = 0
    # One at a time: a start is to be short, and new memory is what costs it most.
    for row in map(journal_row, connection.execute(sql, (most + 1,))):
        if before is None and row.seq <= 1:
            before = b""
        if before is not None and journal.link_of(row, before) != row.hash:
            raise StoreRefused(
                CORRUPT,
                f"entry {row.seq} of the journal ({row.kind}) does not fit the one before it: "
                "restore a backup",
            )
        before, newest, read = row.hash, row, read + 1
    if newest is None:
        return NOTHING
    if read <= most and newest.seq > read:
        gone = newest.seq - read
        raise StoreRefused(
            CORRUPT, f"the journal's first {gone} entries are gone: restore a backup"
        )
    return journal.head_of(newest)


def hash_at(connection: sqlite3.Connection, seq: int) -> str:
    """Return the hash of one entry of the journal, "" where there is none."""
    found = connection.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return "" if found is None else bytes(found[0]).hex()


def journal_row(found: tuple[int, int, int, str, str, bytes, bytes]) -> JournalRow:
    """Return the entry that *found*, in the order of journal.COLUMNS, states."""
    seq, epoch, at_ms, kind, subject, body, sealed = found
    return JournalRow(
        seq=seq, epoch=epoch, at_ms=at_ms, kind=kind, subject=subject, body=body, hash=sealed
    )


def _named(
    connection: sqlite3.Connection, kind: type[T], column: str, names: Iterable[N]
) -> Iterator[T]:
    for some in _chunks(names):
        marks = ", ".join("?" * len(some))
        yield from select(connection, kind, f"WHERE {column} IN ({marks})", some)


def _among(
    connection: sqlite3.Connection, sql: str, names: Iterable[str]
) -> Iterator[tuple[Any, ...]]:
    for some in _chunks(names):
        marks = ", ".join("?" * len(some))
        yield from connection.execute(f"{sql} ({marks})", some)


def _chunks(names: Iterable[N]) -> Iterator[list[N]]:
    every = list(dict.fromkeys(names))
    for start in range(0, len(every), NAMES_PER_QUERY):
        yield every[start : start + NAMES_PER_QUERY]
