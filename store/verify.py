"""Do the books follow from the journal? All of it is refolded, by a connection that only looks.

Every entry is checked against the chain and the auditor's rules, every row in the tables against
the entry that wrote it, every order against the sum of its fills, and every table for rows that no
entry wrote. SQLite checks its own pages as well, since a row that is found by an index may not be
what the table holds. Memory stays flat; the time is a few seconds for 100,000 entries. It is one
snapshot: the desk may go on beside it.
"""

from collections import Counter

from msgspec import Struct

from messages.records import Breach
from store import journal
from store.audit import Auditor, Kept, fill_breaches, newest, orders_in, table_breaches
from store.columns import TABLES
from store.readers import Reader
from store.rows import Head

CHUNK = 1_000  # entries folded at a time
DIFFERENCES_MAX = 100  # more are counted, not told


class Verified(Struct, frozen=True, kw_only=True):
    """What refolding came to. *count* 0: the books are sound; *differences* tells the first."""

    entries: int
    head: Head
    epoch: int
    count: int
    differences: tuple[str, ...]
    rows: dict[str, int]


class _Findings:
    """The first differences in words, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self.told: list[str] = []

    def add(self, found: Breach) -> None:
        self.count += 1
        if len(self.told) < DIFFERENCES_MAX:
            self.told.append(
                f"{found.invariant} {found.where}: expected {found.expected}, found {found.found}"
            )


def verify(reader: Reader) -> Verified:
    """Return what is wrong with the books that *reader* sees. Raises StoreFailed."""
    auditor, findings = Auditor(head=journal.NOTHING), _Findings()
    rows: Counter[str] = Counter()
    entries = 0
    with reader.snapshot():
        while chunk := reader.journal_since(auditor.head.seq, CHUNK):
            entries += len(chunk)
            for line in chunk:
                for breach in auditor.follow(line):
                    findings.add(breach)
            _compare(reader, auditor.touched(), findings, rows)
        for table in TABLES:
            found = reader.count(table.name)
            if found != rows[table.name]:
                findings.add(_strangers(table.name, rows[table.name], found))
        for told in reader.damage(DIFFERENCES_MAX):
            findings.add(_damaged(told))
    return Verified(
        entries=entries,
        head=auditor.head,
        epoch=auditor.epoch,
        count=findings.count,
        differences=tuple(findings.told),
        rows=dict(rows),
    )


def _compare(reader: Reader, touched: Kept, findings: _Findings, rows: Counter[str]) -> None:
    found = reader.rows_of(touched)
    for breach in table_breaches(touched, found):
        findings.add(breach)
    for name in touched:
        rows[name] += len(newest(touched, found, name))
    orders = orders_in(touched, found)
    for breach in fill_breaches(orders, reader.booked([one.client_order_id for one in orders])):
        findings.add(breach)


def _damaged(told: str) -> Breach:
    return Breach(invariant="FILE_IS_SOUND", where="the file", expected="ok", found=told[:200])


def _strangers(table: str, expected: int, found: int) -> Breach:
    return Breach(
        invariant="TABLES_ARE_FOLD",
        where=f"table {table}",
        expected=f"{expected} rows, each written by an entry",
        found=f"{found} rows",
    )
