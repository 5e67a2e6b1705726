"""The journal: what an entry looks like in it, and how each entry seals all before it.

The hash of an entry is blake2b-256 over the hash before it and everything the entry says, so a
changed, missing or swapped entry breaks the chain from there on.
"""

import hashlib
from typing import Any

from msgspec import Struct

from messages.codec import BYTES_MAX, Unreadable, pack, unpack
from store.columns import TABLE_NAMED, TABLE_OF, SqlValue, Table
from store.rows import Entry, Head

HASH_BYTES = 32
NOTHING = Head(seq=0, hash="")


COLUMNS = "seq, epoch, at_ms, kind, subject, body, hash"


class JournalRow(Struct, frozen=True, kw_only=True):
    """One entry as it stands in the journal. *body* is MessagePack: cause and rows."""

    seq: int
    epoch: int
    at_ms: int
    kind: str
    subject: str
    body: bytes
    hash: bytes


class Sealed(Struct, frozen=True, kw_only=True):
    """An entry ready to be written: as it stands in the journal, and the rows it leads to."""

    line: JournalRow
    rows: tuple[tuple[Table, tuple[SqlValue, ...]], ...]


class Body(Struct, frozen=True, array_like=True):
    """What is inside an entry. *rows* are SQL values by table, in the order of its columns."""

    cause: dict[str, Any]
    rows: tuple[tuple[str, tuple[Any, ...]], ...]


class EntryTooLong(ValueError):
    """An entry that could be written but never read back."""

    exit_code = 72


def sealed(entry: Entry, *, before: Head, epoch: int) -> Sealed:
    """Return *entry* as the one that follows *before*. Raises EntryTooLong, TypeError, ValueError.

    Its rows stand in the body as the same SQL values that the tables get, without the columns'
    names: columns are only ever added at the end, so a body of any age can be read.
    """
    rows = tuple([((table := TABLE_OF[type(row)]), table.values(row)) for row in entry.rows])
    raw = pack(Body(entry.cause, tuple([(table.name, values) for table, values in rows])))
    if len(raw) > BYTES_MAX:
        raise EntryTooLong(f"{entry.kind} {entry.subject}: {len(raw)} bytes, at most {BYTES_MAX}")
    seq = before.seq + 1
    seal = link(
        bytes.fromhex(before.hash),
        seq=seq,
        epoch=epoch,
        at_ms=entry.at_ms,
        kind=entry.kind,
        subject=entry.subject,
        body=raw,
    )
    line = JournalRow(
        seq=seq,
        epoch=epoch,
        at_ms=entry.at_ms,
        kind=entry.kind,
        subject=entry.subject,
        body=raw,
        hash=seal,
    )
    return Sealed(line=line, rows=rows)


def link(
    before: bytes, *, seq: int, epoch: int, at_ms: int, kind: str, subject: str, body: bytes
) -> bytes:
    """Return the hash of an entry that follows the one with hash *before*."""
    said, about = kind.encode(), subject.encode()
    # Lengths first: no two entries can read the same.
    sizes = f"{seq} {epoch} {at_ms} {len(said)} {len(about)} {len(body)} ".encode()
    return hashlib.blake2b(
        b"".join((before, sizes, said, about, body)), digest_size=HASH_BYTES
    ).digest()


def link_of(row: JournalRow, before: bytes) -> bytes:
    """Return the hash that *row* must have after an entry with hash *before*."""
    return link(
        before,
        seq=row.seq,
        epoch=row.epoch,
        at_ms=row.at_ms,
        kind=row.kind,
        subject=row.subject,
        body=row.body,
    )


def head_of(row: JournalRow) -> Head:
    return Head(seq=row.seq, hash=row.hash.hex())


def body_of(row: JournalRow) -> Body:
    """Return what is inside *row*, rows as SQL values. Raises codec.Unreadable."""
    plain = unpack(row.body)
    if not (isinstance(plain, tuple) and len(plain) == 2 and isinstance(plain[0], dict)):
        raise Unreadable("NOT_VALID", f"entry {row.seq} is no pair of cause and rows")
    return Body(cause=plain[0], rows=plain[1])


def entry_of(row: JournalRow) -> Entry:
    """Return what *row* says. Raises codec.Unreadable, and ValueError for rows that are none."""
    body = body_of(row)
    return Entry(
        kind=row.kind,
        subject=row.subject,
        at_ms=row.at_ms,
        cause=body.cause,
        rows=tuple([TABLE_NAMED[name].row(values) for name, values in body.rows]),
    )
