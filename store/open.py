"""How the store is opened: the pragmas in their order, read back; a writer's way and a reader's.

Pragmas are per connection, and SQLite ignores one it does not like, so each is read back. The file
is never opened by other means in a process that writes it: closing such a handle would drop
SQLite's own locks.
"""

import sqlite3
from pathlib import Path
from typing import Any

import peewee
from msgspec import Struct

from store.failures import (
    IN_USE,
    NEWER_STORE,
    NOT_A_STORE,
    PRAGMA_REFUSED,
    StoreRefused,
    refusing,
)

STORE_FILE = "store.sqlite3"
APPLICATION_ID = 0x62746362  # "btcb", so that no other SQLite file is taken for a store
COPY_ID = 0x62746363  # "btcc", for copies: trading on one again begins a lineage of its own
BUSY_MS = 250  # nobody else should hold a lock; this covers recovery by a reader that opens

Pragma = tuple[str, int | str, int | str]

# Name, what is set, what is read back. busy_timeout first: the next ones may need a lock.
WRITER: tuple[Pragma, ...] = (
    ("busy_timeout", BUSY_MS, BUSY_MS),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # NORMAL may lose the last commits with the power
    ("wal_autocheckpoint", 0, 0),  # it would stall a commit; the executor checkpoints when idle
    ("journal_size_limit", 64 * 1024 * 1024, 64 * 1024 * 1024),
    ("foreign_keys", 1, 1),
    ("recursive_triggers", 1, 1),  # else INSERT OR REPLACE walks past the append-only triggers
    ("trusted_schema", 0, 0),
    ("cell_size_check", 1, 1),
    ("temp_store", "MEMORY", 2),
    ("cache_size", -16_384, -16_384),  # KiB
)
READER: tuple[Pragma, ...] = (
    ("busy_timeout", BUSY_MS, BUSY_MS),
    ("query_only", 1, 1),
    ("trusted_schema", 0, 0),
    ("cell_size_check", 1, 1),
    ("temp_store", "MEMORY", 2),
    ("cache_size", -8_192, -8_192),
)


class Seen(Struct, frozen=True, kw_only=True):
    """What a file says before anything is changed. *version* 0: a new, empty one."""

    version: int
    copied: bool = False


def writer_database(path: Path) -> peewee.SqliteDatabase:
    """Return an open writable connection to *path*, made if missing. Raises StoreRefused."""
    database = peewee.SqliteDatabase(
        path.resolve().as_uri() + "?mode=rwc",
        uri=True,
        timeout=1,
        autoconnect=False,
        cached_statements=256,
    )
    return _opened(database, path, WRITER)


def reader_database(path: Path) -> peewee.SqliteDatabase:
    """Return an open connection to *path* that cannot write. Raises StoreRefused."""
    database = peewee.SqliteDatabase(
        path.resolve().as_uri() + "?mode=ro", uri=True, timeout=1, autoconnect=False
    )
    return _opened(database, path, READER)


def raw(database: peewee.SqliteDatabase) -> sqlite3.Connection:
    """Return the connection beneath *database*: for statements where every microsecond counts."""
    untyped: Any = database
    connection: sqlite3.Connection = untyped.connection()
    return connection


def gate(path: Path, *, newest: int) -> Seen:
    """Return what *path* is, looking only. Raises StoreRefused when this build must not open it."""
    if not path.exists():
        return Seen(version=0)
    database = reader_database(path)
    try:
        with refusing(f"{path}"):
            connection = raw(database)
            # In one snapshot: a store that is being made beside us is whole or not there.
            connection.execute("BEGIN")
            application = _asked(connection, "application_id")
            version = int(_asked(connection, "user_version"))
            empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    finally:
        database.close()
    if empty and version == 0:
        return Seen(version=0)
    if application not in (APPLICATION_ID, COPY_ID):
        raise StoreRefused(NOT_A_STORE, f"{path} is an SQLite file, but no store of a desk")
    if version > newest:
        raise StoreRefused(
            NEWER_STORE,
            f"{path} has version {version}, this build knows up to {newest}: "
            "start the newer build, or restore a backup from before it",
        )
    return Seen(version=version, copied=application == COPY_ID)


def _opened(
    database: peewee.SqliteDatabase, path: Path, pragmas: tuple[Pragma, ...]
) -> peewee.SqliteDatabase:
    try:
        with refusing(f"{path}"):
            database.connect()
            connection = raw(database)
            for name, value, expected in pragmas:
                _set(connection, name, value, expected)
            if pragmas is WRITER:
                # A file or directory without leave to write is opened all the same, to read.
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
    except BaseException:
        database.close()
        raise
    return database


def _set(connection: sqlite3.Connection, name: str, value: int | str, expected: int | str) -> None:
    connection.execute(f"PRAGMA {name} = {value}")
    found = _asked(connection, name)
    if found != expected:
        code = IN_USE if name == "journal_mode" else PRAGMA_REFUSED
        raise StoreRefused(code, f"PRAGMA {name} = {value}: SQLite answers {found!r}")


def _asked(connection: sqlite3.Connection, name: str) -> int | str:
    answer: tuple[int | str] = connection.execute(f"PRAGMA {name}").fetchone()
    return answer[0]
