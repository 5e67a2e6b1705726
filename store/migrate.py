"""How a store gets its tables, and how an older one catches up. Forward only, never back.

Each migration is a numbered SQL file; its number is the version of the store after it. All that are
due run in one transaction: a crash in the middle leaves the store as it was.
"""

import re
import sqlite3
from pathlib import Path

from msgspec import Struct

FOLDER = Path(__file__).parent / "migrations"

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class Migration(Struct, frozen=True, kw_only=True):
    """One step: *number* is the version it leads to, counted from 1 without a gap."""

    number: int
    name: str
    sql: str


def migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """Return the migrations in *folder*, in order. Raises ValueError when a number is missing."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name}: a migration is called 0001_what_it_does.sql")
        sql = path.read_text(encoding="utf-8")
        found.append(Migration(number=int(match[1]), name=match[2], sql=sql))
    for place, one in enumerate(found, start=1):
        if one.number != place:
            raise ValueError(f"migration {place:04} is missing: found {one.number:04}_{one.name}")
    return tuple(found)


def apply(connection: sqlite3.Connection, due: tuple[Migration, ...]) -> None:
    """Run the migrations *due*. The caller has begun the transaction and commits it."""
    for one in due:
        for statement in statements(one.sql):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {one.number}")


def statements(sql: str) -> list[str]:
    """Return the statements in *sql*; a trigger with its body is one of them."""
    found, started = [], ""
    for line in sql.splitlines(keepends=True):
        started += line
        if sqlite3.complete_statement(started):
            found.append(started.strip())
            started = ""
    rest = "".join(line for line in started.splitlines() if not line.lstrip().startswith("--"))
    if rest.strip():
        raise ValueError(f"a migration ends in the middle of a statement: {rest.strip()[:60]!r}")
    return found
