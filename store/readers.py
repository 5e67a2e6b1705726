"""What the books say, for whoever may only look: newest orders, fills, positions, why an order was.

A reader's connection cannot write. Answers are plain values that JSON can hold: amounts canonical
text, times ms UTC, newest first where there is an order in time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import peewee

from messages.codec import unpack
from messages.money import ZERO, Amount, average, text
from store import journal, migrate, recall
from store.audit import Kept, Values
from store.columns import TABLE_NAMED
from store.failures import NO_STORE, StoreRefused, failing
from store.fold import Tables
from store.journal import JournalRow
from store.models import Balance, Fill, Http, Intent, Order, Position, Record
from store.open import STORE_FILE, gate, raw, reader_database
from store.rows import FREE, HELD, Head

LIMIT = 50
LIMIT_MAX = 10_000  # rows of one answer
FOUND_MAX = 10  # orders told when a name fits several

Plain = dict[str, Any]

_ORDER = (
    Order.client_order_id,
    Order.venue_order_id,
    Order.intent_id,
    Order.instrument,
    Order.strategy,
    Order.side,
    Order.quantity,
    Order.price,
    Order.filled_quantity,
    Order.booked_quantity,
    Order.state,
    Order.cancel_wanted,
    Order.cancel_reason,
    Order.outcome,
    Order.created_ms,
    Order.confirmed_ms,
    Order.ended_ms,
)
_FILL = (
    Fill.trade_id,
    Fill.client_order_id,
    Fill.venue_order_id,
    Fill.instrument,
    Fill.strategy,
    Fill.side,
    Fill.quantity,
    Fill.price,
    Fill.fee,
    Fill.tax,
    Fill.fee_asset,
    Fill.realised,
    Fill.late,
    Fill.at_ms,
    Fill.booked_ms,
)
_HTTP = (Http.at_ms, Http.what, Http.path, Http.status, Http.answered_ms, Http.meaning, Http.answer)


class Reader:
    """One connection that only looks. Belongs to the thread that opened it."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        self._database = database
        self._connection = raw(database)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, for a copy of the whole."""
        return self._connection

    @classmethod
    def open(cls, run_dir: Path) -> Self:
        """Return a reader of the store in *run_dir*. Raises StoreRefused."""
        return cls.at(run_dir / STORE_FILE)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return a reader of the store or backup at *path*. Raises StoreRefused."""
        if not path.exists():
            raise StoreRefused(NO_STORE, f"there is no store at {path}: has a desk run here?")
        known = len(migrate.migrations())
        version = gate(path, newest=known).version
        if version != known:
            raise StoreRefused(
                NO_STORE,
                f"{path} is not ready (version {version}, this build reads {known}): "
                "the executor makes it or brings it up to date when the desk starts",
            )
        return cls(reader_database(path))

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have everything asked inside speak of one moment. Keep it short: the log grows."""
        with failing("read"):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    # The journal.

    def head(self) -> Head:
        """Return the newest entry."""
        with failing("head"):
            found = self._connection.execute(
                "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return Head(seq=found[0], hash=found[1].hex()) if found else journal.NOTHING

    def hash_at(self, seq: int) -> str | None:
        """Return the hash of entry *seq* in hex, None where there is no such entry."""
        with failing("journal"):
            found = self._connection.execute(
                "SELECT hash FROM journal WHERE seq = ?", (seq,)
            ).fetchone()
        return None if found is None else str(found[0].hex())

    def journal_since(self, seq: int, limit: int) -> list[JournalRow]:
        """Return up to *limit* entries after *seq*, oldest first."""
        sql = f"SELECT {journal.COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        with failing("journal"):
            return [recall.journal_row(r) for r in self._connection.execute(sql, (seq, limit))]

    def journal_about(self, subject: str, limit: int = 1_000) -> list[JournalRow]:
        """Return the first *limit* entries about *subject*, oldest first."""
        sql = (
            f"SELECT {journal.COLUMNS} FROM journal"  # noqa: S608
            " WHERE subject = ? AND subject <> '' ORDER BY seq LIMIT ?"
        )
        with failing("journal"):
            return [recall.journal_row(r) for r in self._connection.execute(sql, (subject, limit))]

    def meta(self) -> dict[str, str]:
        """Return what the store says about itself: lineage, epoch, mode, schema …"""
        with failing("meta"):
            return recall.meta(self._connection)

    def load(self) -> Tables:
        """Return what decisions start from, as `Writer.load` does."""
        with failing("load"):
            return recall.load(self._connection)

    # For auditors.

    def rows_of(self, touched: Kept) -> Kept:
        """Return what stands in the tables under the keys of *touched*."""
        found: dict[str, dict[Values, Values]] = {}
        with failing("tables"):
            for name, rows in touched.items():
                table = TABLE_NAMED[name]
                there = found.setdefault(name, {})
                for values in recall.under(self._connection, table, [key[0] for key in rows]):
                    there[values[: table.key_width]] = values
        return found

    def booked(self, client_order_ids: Sequence[str]) -> dict[str, Decimal]:
        """Return what the fills of each of *client_order_ids* sum to, where it has any."""
        sums: dict[str, Decimal] = {}
        sql = "SELECT quantity FROM fill WHERE client_order_id = ?"
        with failing("fills"):
            for name in client_order_ids:
                for (quantity,) in self._connection.execute(sql, (name,)):
                    sums[name] = sums.get(name, ZERO) + Decimal(quantity)
        return sums

    def damage(self, limit: int) -> list[str]:
        """Return what SQLite finds wrong with its own pages and indexes, at most *limit* lines."""
        with failing("check of the file"):
            found = self._connection.execute(f"PRAGMA integrity_check({limit})").fetchall()
        return [str(line) for (line,) in found if line != "ok"]

    def count(self, table: str) -> int:
        """Return how many rows *table* has. Its cost grows with them."""
        with failing("count"):
            found = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(found[0])

    # For people.

    def orders(self, limit: int = LIMIT, *, alive: bool = False) -> list[Plain]:
        """Return the newest *limit* orders, or only those that are not over."""
        query = Order.select(*_ORDER).order_by(Order.id.desc())
        if alive:
            # With a plus SQLite sorts what the index of alive orders gives; without, it would walk
            # through all orders from the newest on.
            query = query.where(peewee.SQL(recall.ALIVE_SQL)).order_by(peewee.SQL("+id DESC"))
        return [_order(found) for found in self._dicts(query.limit(_bounded(limit)))]

    def fills(self, limit: int = LIMIT, *, client_order_id: str | None = None) -> list[Plain]:
        """Return the newest *limit* fills, of one order or of all."""
        query = Fill.select(*_FILL).order_by(Fill.id.desc())
        if client_order_id is not None:
            query = query.where(Fill.client_order_id == client_order_id)
        return [_fill(found) for found in self._dicts(query.limit(_bounded(limit)))]

    def positions(self) -> list[Plain]:
        """Return what each strategy holds or held; *strategy* is empty for what was there before.

        *cost* is the total in quote with fees and VAT, *average_cost* per unit; null: unknown.
        """
        query = Position.select().order_by(Position.instrument, Position.strategy)
        return [_position(found) for found in self._dicts(query)]

    def balances(self) -> list[Plain]:
        """Return one line per asset: what each account has of it."""
        lines: dict[str, Plain] = {}
        for found in self._dicts(Balance.select().order_by(Balance.asset, Balance.account)):
            line = lines.setdefault(found["asset"], {"asset": found["asset"], FREE: "0", HELD: "0"})
            line[found["account"]] = found["amount"]
        for line in lines.values():
            line["total"] = text(Decimal(line[FREE]) + Decimal(line[HELD]))
        return list(lines.values())

    def decisions(self, limit: int = LIMIT) -> list[Plain]:
        """Return the newest *limit* decisions as they were recorded: sent, refused, not made.

        One that became an order and was not recorded otherwise is told from its intent.
        """
        most = _bounded(limit)
        records = (
            Record.select(Record.at_ms, Record.instrument, Record.sender, Record.body)
            .where(Record.kind == "decision")
            .order_by(Record.id.desc())
            .limit(most)
        )
        told = [_recorded(found) for found in self._dicts(records)]
        known = {line.get("decision_id") for line in told}
        intents = (
            Intent.select(
                Intent.decision_id,
                Intent.instrument,
                Intent.strategy,
                Intent.at_ms,
                Intent.why,
                Intent.client_order_id,
                Order.side,
                Order.quantity,
                Order.price,
            )
            .join(Order, on=(Order.client_order_id == Intent.client_order_id))
            .order_by(Intent.id.desc())
            .limit(most)
        )
        told += [
            _accepted(found) for found in self._dicts(intents) if found["decision_id"] not in known
        ]
        return sorted(told, key=lambda line: line["at_ms"], reverse=True)[:most]

    def intent(self, client_order_id: str) -> Plain | None:
        """Return the accepted intent behind an order, *why* as plain values; None: no such one."""
        query = (
            Intent.select()
            .join(Order, on=(Order.intent_id == Intent.intent_id))
            .where(Order.client_order_id == client_order_id)
            .limit(1)
        )
        for found in self._dicts(query):
            return {**_without(found, "id", "seq", "body_hash"), "why": unpack(found["why"])}
        return None

    def http(self, client_order_id: str) -> list[Plain]:
        """Return the HTTP exchanges about an order, oldest first."""
        query = Http.select(*_HTTP).where(Http.client_order_id == client_order_id)
        return list(self._dicts(query.order_by(Http.at_ms, Http.what).limit(LIMIT_MAX)))

    def order(self, client_order_id: str) -> Plain | None:
        """Return one order by its exact id, None where there is none."""
        query = Order.select(*_ORDER).where(Order.client_order_id == client_order_id)
        return next((_order(found) for found in self._dicts(query)), None)

    def find(self, name: str) -> list[str]:
        """Return the client order ids that *name* may mean: that id itself, the venue's order id,
        or the beginning of a client order id; at most FOUND_MAX.
        """
        if self.order(name) is not None:
            return [name]
        query = Order.select(Order.client_order_id).limit(FOUND_MAX)
        if name.isascii() and name.isdigit() and len(name) < 19:
            by_venue = query.where(Order.venue_order_id == int(name))
            if named := [found["client_order_id"] for found in self._dicts(by_venue)]:
                return named
        if not name:
            return []
        begun = query.where(Order.client_order_id.between(name, name + "\U0010ffff"))
        return [found["client_order_id"] for found in self._dicts(begun)]

    def _dicts(self, query: Any) -> Iterator[Plain]:
        with failing("read"):
            yield from query.dicts().execute(self._database)


def _bounded(limit: int) -> int:
    return max(1, min(limit, LIMIT_MAX))


def _order(found: Plain) -> Plain:
    return {**found, "cancel_wanted": bool(found["cancel_wanted"])}


def _fill(found: Plain) -> Plain:
    return {**found, "late": bool(found["late"])}


def _position(found: Plain) -> Plain:
    position = Amount(found["position"])
    cost = None if found["cost"] is None else Amount(found["cost"])
    each = None if cost is None or position <= 0 else text(average(cost, position))
    return {**_without(found, "seq"), "average_cost": each}


def _recorded(found: Plain) -> Plain:
    body = unpack(found["body"])
    return {**body, "at_ms": found["at_ms"], "instrument": found["instrument"]}


def _accepted(found: Plain) -> Plain:
    why = unpack(found["why"])
    sizing = why.get("sizing") if isinstance(why, dict) else None
    reason = sizing.get("reason", "") if isinstance(sizing, dict) else ""
    return {**_without(found, "why"), "outcome": "sent", "reason": reason}


def _without(found: Plain, *names: str) -> Plain:
    return {key: value for key, value in found.items() if key not in names}
