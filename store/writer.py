"""The one writer of the store: opens it for good, appends entries, recalls what decisions need.

An append is one `BEGIN IMMEDIATE … COMMIT`: the epoch is checked, the entries are chained into the
journal and their rows put into the tables. After any failure the writer takes nothing more; its
process must end, since SQLite may have rolled back more than was asked.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import peewee

from messages.state import Level, Scope
from store import backup, journal, migrate, recall, witness
from store.columns import TABLES, SqlValue, Table
from store.failures import (
    CORRUPT,
    NETWORK_FILE_SYSTEM,
    NOT_A_STORE,
    STORE_RESTORED,
    StoreContradicted,
    StoreFailed,
    StoreRefused,
    failed,
    failing,
    refusing,
)
from store.files import network_file_system
from store.fold import Tables
from store.identity import Host, Identity, check, first_rows, new_lineage, this_host
from store.lock import WriterLock
from store.migrate import Migration
from store.open import APPLICATION_ID, STORE_FILE, Seen, gate, raw, writer_database
from store.rows import Entry, Head, IntentRow, LevelRow, MetaRow, OrderRow, Row

# A commit puts every page it touched into the write-ahead log. The executor empties that between
# bursts; past this many pages the writer does it itself, and that commit takes the longer.
LOG_PAGES_MAX = 4_000
PAGES_PER_COMMIT, PAGES_PER_ENTRY = 8, 5  # measured on orders with their intents

TAIL_CHECKED = 1_000  # newest entries whose chain is checked at open; the auditor does the rest

_INSERT = f"INSERT INTO journal ({journal.COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_EPOCH = "SELECT value FROM meta WHERE key = 'epoch'"


class Clock(Protocol):
    """The wall clock, for the entry that says when the store was opened."""

    def wall_ms(self) -> int: ...


class Writer:
    """The only writable connection to one store. Belongs to the thread that opened it."""

    def __init__(self, database: peewee.SqliteDatabase, lock: WriterLock, run_dir: Path) -> None:
        self._database = database
        self._connection = raw(database)
        self._lock = lock
        self._run_dir = run_dir
        self._failure: StoreFailed | None = None
        self._opening: witness.Witness | None = None
        self._noted = journal.NOTHING
        self.epoch = 0
        self.lineage = ""
        self.head = journal.NOTHING
        self.log_pages = 0  # in the write-ahead log since the last checkpoint, about

    @classmethod
    def open(
        cls,
        run_dir: Path,
        identity: Identity,
        clock: Clock,
        *,
        host: Host | None = None,
        migrations: tuple[Migration, ...] | None = None,
    ) -> Self:
        """Return the writer of the store in *run_dir*, made if there is none; its epoch is new.

        Raises StoreRefused: another writer, a newer or foreign store, another identity or machine,
        a store that is damaged or gone, a disk that is full, read-only or on a network.
        """
        known = migrate.migrations() if migrations is None else migrations
        host = host or this_host()
        _usable(run_dir)
        lock = WriterLock(run_dir)
        lock.take()
        try:
            path = run_dir / STORE_FILE
            seen = _looked_at(path, identity, host, newest=len(known))
            database = writer_database(path)
            try:
                writer = cls(database, lock, run_dir)
                with refusing(f"{path}"):
                    writer._begin_epoch(
                        identity,
                        host,
                        at_ms=clock.wall_ms(),
                        due=known[seen.version :],
                        seen=seen,
                    )
            except BaseException:
                database.close()
                raise
        except BaseException:
            lock.release()
            raise
        writer._opening = witness.Witness(
            lineage=writer.lineage,
            epoch=writer.epoch,
            mode=identity.mode,
            base_url=identity.base_url,
            key_hash=identity.key_hash,
            machine_id=host.machine_id,
        )
        writer.remember()
        return writer

    def remember(self) -> None:
        """Leave a note beside the store of how far it is, by which an older copy is known.

        Call it now and then: a copy is known from the first note on that it was taken before.
        """
        if self._opening is not None and self.head != self._noted:
            witness.remember(self._run_dir, self._opening, self.head)
            self._noted = self.head

    def append(self, entries: Sequence[Entry]) -> Head:
        """Make *entries* durable in one transaction and return the new head of the journal.

        Raises TypeError or ValueError, with nothing begun, for an entry that cannot be written;
        StoreFailed for all else, after which the process must end.
        """
        if self._failure is not None:
            raise self._failure
        if not entries:
            return self.head
        prepared = _Prepared(entries, before=self.head, epoch=self.epoch)
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._check_epoch()
            prepared.put(connection)
            connection.execute("COMMIT")
        except (sqlite3.Error, StoreFailed) as error:
            raise self._fail(f"append of {len(entries)} entries", error) from error
        self.head = prepared.head
        self.log_pages += PAGES_PER_COMMIT + PAGES_PER_ENTRY * len(entries)
        if self.log_pages > LOG_PAGES_MAX:
            self.checkpoint()
        return self.head

    def load(self) -> Tables:
        """Return what decisions start from; its cost does not grow with history.

        Alive orders and their intents, balances, positions, levels, instruments, cursors, meta and
        the newest days. What ended is asked for by name.
        """
        with self._reading("load"):
            return recall.load(self._connection)

    def intents(self, intent_ids: Iterable[str]) -> dict[str, IntentRow]:
        """Return the accepted ones of *intent_ids*, by id."""
        with self._reading("intents"):
            return recall.intents(self._connection, intent_ids)

    def orders(self, client_order_ids: Iterable[str]) -> dict[str, OrderRow]:
        """Return the known ones of *client_order_ids*, by id, however long they are over."""
        with self._reading("orders"):
            return recall.orders(self._connection, client_order_ids)

    def orders_by_venue_id(self, venue_order_ids: Iterable[int]) -> dict[int, OrderRow]:
        """Return the orders that the venue calls *venue_order_ids*, by that id."""
        with self._reading("orders"):
            return recall.orders_by_venue_id(self._connection, venue_order_ids)

    def lately_ended(self, since_ms: int) -> list[OrderRow]:
        """Return the newest orders that ended at *since_ms* (wall) or later with a rest."""
        with self._reading("orders"):
            return list(recall.lately_ended(self._connection, since_ms))

    def known_fills(self, trade_ids: Iterable[str]) -> dict[str, str]:
        """Return which of *trade_ids* are booked, and for which order: its client order id."""
        with self._reading("fills"):
            return recall.known_fills(self._connection, trade_ids)

    def known_batches(self, batch_ids: Iterable[str]) -> set[str]:
        """Return which record batches of *batch_ids* are in the store."""
        with self._reading("records"):
            return recall.known_batches(self._connection, batch_ids)

    def checkpoint(self) -> int:
        """Move what is in the write-ahead log into the file; return how many pages are left in it.

        Never waits: what a reader still needs stays for the next time. Call it between bursts.
        """
        self.log_pages = 0
        with self._reading("checkpoint"):
            _, logged, moved = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return max(0, int(logged) - int(moved))

    def close(self) -> None:
        """Empty the write-ahead log where no reader is in the way, and let go of the store."""
        if self._database.is_closed():
            return
        try:
            if self._failure is None:
                self.remember()
                with failing("checkpoint at close"):
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._database.close()  # the file may change once more
            self._remember_damage()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin_epoch(
        self,
        identity: Identity,
        host: Host,
        *,
        at_ms: int,
        due: tuple[Migration, ...],
        seen: Seen,
    ) -> None:
        connection, old = self._connection, seen.version
        if old:
            check(recall.meta(connection), identity, host)
        if due and old:
            backup.snapshot(connection, self._run_dir, f"before-version-{old + len(due)}-{at_ms}")
        connection.execute("BEGIN IMMEDIATE")
        migrate.apply(connection, due)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self.head = recall.checked_head(connection, TAIL_CHECKED)
        before = recall.meta(connection)
        self.epoch = int(before.get("epoch", "0")) + 1
        schema = old + len(due)
        facts = {"epoch": str(self.epoch), "boot_id": host.boot_id, "schema": str(schema)}
        rows: list[Row] = [MetaRow(key=key, value=value) for key, value in facts.items()]
        restored = _restored(connection, self._run_dir, before, copied=seen.copied) if old else ""
        if not old:
            rows += first_rows(identity, host)
        if not old or restored:
            rows.append(new_lineage())
        if restored:
            rows.append(_halt(restored, at_ms))
        entry = Entry(
            kind="StoreRestored" if restored else "StoreOpened" if old else "StoreCreated",
            subject="",
            at_ms=at_ms,
            cause={
                "epoch": self.epoch,
                "version": old,
                "migrated_to": schema,
                "restored": restored,
            },
            rows=tuple(rows),
        )
        prepared = _Prepared([entry], before=self.head, epoch=self.epoch)
        prepared.put(connection)
        connection.execute("COMMIT")
        self.head = prepared.head
        self.lineage = recall.meta(connection)["lineage"]

    def _check_epoch(self) -> None:
        found = self._connection.execute(_EPOCH).fetchone()
        if found != (str(self.epoch),):
            raise StoreContradicted(
                "EPOCH", f"the store is at epoch {found and found[0]}, this writer at {self.epoch}"
            )

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            with failing(what):
                yield
        except StoreFailed as error:
            self._failure = error
            self._remember_damage()
            raise

    def _remember_damage(self) -> None:
        if self._failure is not None and self._failure.code == CORRUPT:
            path = self._run_dir / STORE_FILE
            witness.damaged(self._run_dir, path, str(self._failure))

    def _fail(self, what: str, error: sqlite3.Error | StoreFailed) -> StoreFailed:
        self._failure = error if isinstance(error, StoreFailed) else failed(what, error)
        self._remember_damage()
        if self._connection.in_transaction:
            # It may fail as well; the transaction is gone with the process in any case.
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as again:
                self._failure.add_note(f"and the rollback: {again}")
        return self._failure


class _Prepared:
    """Entries as SQL values, sealed after *before*. Only the last row of each key is written."""

    def __init__(self, entries: Sequence[Entry], *, before: Head, epoch: int) -> None:
        self.head = before
        self._journal: list[tuple[SqlValue, ...]] = []
        self._added: dict[type, list[tuple[SqlValue, ...]]] = {}
        self._put: dict[type, dict[tuple[SqlValue, ...], tuple[SqlValue, ...]]] = {}
        for entry in entries:
            sealed = journal.sealed(entry, before=self.head, epoch=epoch)
            line = sealed.line
            self.head = journal.head_of(line)
            self._journal.append(
                (line.seq, line.epoch, line.at_ms, line.kind, line.subject, line.body, line.hash)
            )
            for table, values in sealed.rows:
                self._take(table, (*values, line.seq))

    def put(self, connection: sqlite3.Connection) -> None:
        """Write everything. The caller has begun the transaction and commits it."""
        connection.executemany(_INSERT, self._journal)
        for table in TABLES:
            rows = self._added.get(table.kind) or list(self._put.get(table.kind, {}).values())
            if rows:
                connection.executemany(table.write, rows)

    def _take(self, table: Table, values: tuple[SqlValue, ...]) -> None:
        if table.added_only:
            self._added.setdefault(table.kind, []).append(values)
        else:
            self._put.setdefault(table.kind, {})[values[: table.key_width]] = values


def _usable(run_dir: Path) -> None:
    with refusing(f"{run_dir}"):
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kind := network_file_system(run_dir):
        raise StoreRefused(
            NETWORK_FILE_SYSTEM,
            f"{run_dir} is on {kind}: SQLite's write-ahead log needs a local disk; "
            "choose a local --run-dir",
        )


def _looked_at(path: Path, identity: Identity, host: Host, *, newest: int) -> Seen:
    """Return what *path* is. Raises StoreRefused, STORE_GONE where ours is there no more."""
    witness.refuse_damaged(path.parent, path)
    try:
        seen = gate(path, newest=newest)
    except StoreRefused as why:
        if why.code == NOT_A_STORE:
            witness.refuse_loss(path.parent, path, "is none", identity, host)
        raise
    if seen.version == 0:
        how = "is empty" if path.exists() else "is not there"
        witness.refuse_loss(path.parent, path, how, identity, host)
    return seen


def _restored(
    connection: sqlite3.Connection, run_dir: Path, meta: Mapping[str, str], *, copied: bool
) -> str:
    """Return why a store that says *meta* is not the newest one that traded here, else ""."""
    if copied:
        return "it is a backup"
    before = witness.seen(run_dir)
    epoch = int(meta.get("epoch", "0"))
    if before is None:
        return ""
    return before.contradicts(meta.get("lineage", ""), epoch, partial(recall.hash_at, connection))


def _halt(why: str, at_ms: int) -> LevelRow:
    """Return the level that keeps the desk from trading until a person has looked.

    It is the executor's: an operator takes it back once books and venue agree.
    """
    return LevelRow(
        scope=Scope.DESK,
        name="",
        source="executor",
        level=Level.HALTED,
        reason=f"{STORE_RESTORED}: {why}",
        at_ms=at_ms,
    )
