"""What befalls the files of a run directory: the power goes, or somebody changes the store.

When the power goes, what was made durable is left, and nothing more.

The store's log is as long as it was when the last commit was made durable; behind it lies what a
half-written block may leave. Whoever reads it afterwards must see every commit, and only those.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from store.open import STORE_FILE

TORN_MAX = 3_000
TRIGGERS = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name"
PLANTED = (  # table, column, what it becomes
    ("journal", "body", "CAST(body || x'00' AS BLOB)"),
    ("journal", "at_ms", "at_ms + 1"),
    ("fill", "quantity", "quantity || '1'"),
)
FULL = 2  # PRAGMA synchronous: each commit is on the disk when it returns


class Disk:
    """How much of the store's log is durable."""

    def __init__(self, run_dir: Path, rng: Random) -> None:
        self._run_dir, self._rng = run_dir, rng
        self._log = run_dir / f"{STORE_FILE}-wal"
        self._durable = 0

    def committed(self, connection: sqlite3.Connection) -> None:
        """Take note of a commit of *connection*."""
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        if synchronous >= FULL:
            self._durable = self._length()

    def lose_power(self) -> None:
        """Leave what is durable. Every process is dead and every connection closed."""
        (self._run_dir / f"{STORE_FILE}-shm").unlink(missing_ok=True)
        if self._log.exists():
            content = self._log.read_bytes()[: self._durable]
            torn = self._rng.randbytes(self._rng.randrange(TORN_MAX))
            self._log.write_bytes(content + torn)
        self._lose_files()

    def plant(self) -> str:
        """Change what nobody reads again but an auditor; return what."""
        path = self._run_dir / STORE_FILE
        with closing(sqlite3.connect(path, isolation_level=None)) as store:
            name, column, changed = self._rng.choice(PLANTED)
            rows = _rows(store, name)
            if not rows:  # nothing was filled yet, but a start is written in any journal
                name, column, changed = PLANTED[0]
                rows = _rows(store, name)
            row = self._rng.choice(rows)
            triggers = store.execute(TRIGGERS).fetchall()
            for trigger, _ in triggers:
                store.execute(f"DROP TRIGGER {trigger}")
            store.execute(f"UPDATE {name} SET {column} = {changed} WHERE rowid = {row}")
            for _, statement in triggers:
                store.execute(statement)
        return f"{column} of {name} {row}"

    def _lose_files(self) -> None:
        """Lose, or keep, what nobody waited for: the checkpoints of persistence and its tape."""
        for name in ("audit.msgpack", "mids.msgpack"):
            if self._rng.random() < 0.5:
                (self._run_dir / name).unlink(missing_ok=True)
        for segment in sorted(self._run_dir.glob("tape/*/*.msgpack")):
            content = segment.read_bytes()
            segment.write_bytes(content[: self._rng.randrange(len(content) + 1)])

    def _length(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0


def _rows(store: sqlite3.Connection, table: str) -> list[int]:
    return [row for (row,) in store.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]
