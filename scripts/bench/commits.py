"""How fast are intents made durable? The desk's writer beside raw sqlite3 with the same rows.

Both write the same rows of an accepted order, with the same pragmas, on the same disk, in turns;
raw gets its SQL values ready-made, so the difference is what encoding, chaining and checking cost.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from actors.runtime.clock import SystemClock
from scripts.bench.entries import Ledger
from scripts.bench.figures import Figure, S, Section, quantile
from store import journal
from store.identity import Identity
from store.open import STORE_FILE, raw, writer_database
from store.writer import Writer

IDENTITY = Identity(mode="sim", base_url="bench", key_hash="")
GROUP = 64
TURNS = 10  # desk and floor take turns this often
RATIO_MIN = 0.60
GROUPED_MIN = 12_000
INSERT = f"INSERT INTO journal ({journal.COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
RAW = "raw sqlite3, the same rows"


def measure(directory: Path, *, quick: bool) -> Section:
    """Return the rates of single and grouped commits in files below *directory*."""
    count = 200 if quick else 6_400
    with opened(directory) as pair:
        single = pair.rates(count=count, group=1)
        grouped = pair.rates(count=count * 2, group=GROUP)
        bare = pair.floor.bare(count)
    return Section(
        title="commits",
        figures=(
            _figure("intents committed one by one", single, goal=RATIO_MIN, goal_of="ratio"),
            _figure(f"intents committed by {GROUP}", grouped, goal=GROUPED_MIN, goal_of="value"),
            Figure(what="bare commits of one row, raw", value=bare, unit="/s", samples=count),
        ),
        notes=(f"an intent is 7 rows and a chained entry; {count} one by one, in {TURNS} turns",),
    )


class Statement(Struct, frozen=True):
    """One SQL text and every row of values it is run with."""

    sql: str
    values: list[tuple[object, ...]]


class Floor:
    """Raw sqlite3 on a store of its own, with every value made before the clock starts."""

    def __init__(self, run_dir: Path) -> None:
        with Writer.open(run_dir, IDENTITY, SystemClock()) as made:
            self._head, self._epoch, lineage = made.head, made.epoch, made.lineage
        self._ledger = Ledger(lineage)
        self._database = writer_database(run_dir / STORE_FILE)
        self._connection: sqlite3.Connection = raw(self._database)
        self._connection.execute("CREATE TABLE bare (n INTEGER PRIMARY KEY, body BLOB) STRICT")

    def ready(self, *, groups: int, group: int) -> list[list[Statement]]:
        """Return *groups* transactions of *group* accepted orders each, ready to run."""
        return [self._transaction(group) for _ in range(groups)]

    def commit(self, statements: list[Statement]) -> None:
        """Make one transaction durable."""
        self._connection.execute("BEGIN IMMEDIATE")
        for one in statements:
            self._connection.executemany(one.sql, one.values)
        self._connection.execute("COMMIT")

    def bare(self, count: int) -> float:
        """Return how many commits of one row of 256 bytes there are in a second."""
        clock = SystemClock()
        began = clock.mono_ns()
        for _ in range(count):
            self.commit([Statement("INSERT INTO bare (body) VALUES (?)", [(bytes(256),)])])
        return count / ((clock.mono_ns() - began) / 1e9)

    def close(self) -> None:
        self._database.close()

    def _transaction(self, group: int) -> list[Statement]:
        journaled: list[tuple[object, ...]] = []
        by_table: dict[str, dict[object, tuple[object, ...]]] = {}
        for _ in range(group):
            sealed = journal.sealed(self._ledger.accepted(), before=self._head, epoch=self._epoch)
            line = sealed.line
            self._head = journal.head_of(line)
            journaled.append(
                (line.seq, line.epoch, line.at_ms, line.kind, line.subject, line.body, line.hash)
            )
            for table, values in sealed.rows:
                # The last row of a key is the one that stays, as in the desk's own writer.
                by_table.setdefault(table.write, {})[values[: table.key_width]] = (
                    *values,
                    line.seq,
                )
        rows = [Statement(sql, list(values.values())) for sql, values in by_table.items()]
        return [Statement(INSERT, journaled), *rows]


class Pair:
    """The desk's writer and the floor beside it, with the orders that the desk writes."""

    def __init__(self, writer: Writer, floor: Floor, ledger: Ledger) -> None:
        self._writer = writer
        self.floor = floor
        self._ledger = ledger

    def rates(self, *, count: int, group: int) -> tuple[float, float]:
        """Return intents a second of the desk and of the floor, *group* to a commit: medians."""
        clock = SystemClock()
        desk_s, floor_s = [], []
        each = max(1, count // TURNS // group) * group
        for _ in range(TURNS):
            ours = [self._ledger.accepted() for _ in range(each)]
            theirs = self.floor.ready(groups=-(-each // group), group=group)
            began = clock.mono_ns()
            for at in range(0, each, group):
                self._writer.append(ours[at : at + group])
            between = clock.mono_ns()
            for one in theirs:
                self.floor.commit(one)
            desk_s.append((between - began) / 1e9)
            floor_s.append((clock.mono_ns() - between) / 1e9)
            self._writer.checkpoint()
        return each / quantile(desk_s, 0.5), each / quantile(floor_s, 0.5)


@contextmanager
def opened(directory: Path) -> Iterator["Pair"]:
    """Give a desk's writer and the floor, each on a new store below *directory*."""
    with tempfile.TemporaryDirectory(prefix="commits-", dir=directory) as name:
        floor = Floor(Path(name) / "floor")
        try:
            with Writer.open(Path(name) / "desk", IDENTITY, SystemClock()) as writer:
                yield Pair(writer, floor, Ledger(writer.lineage))
        finally:
            floor.close()


def _figure(what: str, rates: tuple[float, float], *, goal: float, goal_of: str) -> Figure:
    ours, floor = rates
    return Figure(
        what=what,
        value=ours,
        unit=f"/{S}",
        floor=floor,
        floor_is=RAW,
        goal=goal,
        goal_of=goal_of,
        more_is_better=True,
        samples=TURNS,
    )
