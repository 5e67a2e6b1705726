"""Following a store while it is written: read what is new, audit it, compare the tables.

Where it starts: at its checkpoint when that fits the journal; from the first entry when the journal
is short; else from the tables as they are, so that being ready costs the same however long the
history is. What lies before that start is for `verify`, which refolds everything.
"""

from pathlib import Path
from typing import Self

from msgspec import Struct

from messages.records import Breach
from store.audit import Auditor, Checkpoint, orders_in
from store.journal import NOTHING
from store.readers import Plain, Reader

FROM_CHECKPOINT = "checkpoint"
FROM_FIRST = "first entry"
FROM_TABLES = "tables"


class Polled(Struct, frozen=True, kw_only=True):
    """What one look at the store brought."""

    entries: int
    caught_up: bool
    decided: bool  # whether any of it was a decision


class Follower:
    """One auditor and the connection it reads by. *began* says where it started."""

    def __init__(self, reader: Reader, auditor: Auditor, *, lineage: str, began: str) -> None:
        self.auditor = auditor
        self.lineage = lineage
        self.began = began
        self._reader = reader

    @classmethod
    def open(cls, run_dir: Path, checkpoint: Checkpoint | None, *, resume_max: int) -> Self:
        """Return a follower of the store in *run_dir*; at most *resume_max* entries are caught up.

        Raises StoreRefused, with NO_STORE while the executor has not made it.
        """
        reader = Reader.open(run_dir)
        try:
            with reader.snapshot():
                lineage = reader.meta()["lineage"]
                auditor, began = _start(reader, checkpoint, lineage, resume_max)
        except BaseException:
            reader.close()
            raise
        return cls(reader, auditor, lineage=lineage, began=began)

    def poll(self, most: int) -> Polled:
        """Audit up to *most* new entries, in one short read. Raises StoreFailed."""
        if self.auditor.breach is not None:
            return Polled(entries=0, caught_up=True, decided=False)
        reader, auditor = self._reader, self.auditor
        with reader.snapshot():
            rows = reader.journal_since(auditor.head.seq, most)
            if not rows:
                auditor.breach = _left(reader, auditor)
                return Polled(entries=0, caught_up=True, decided=False)
            auditor.step(rows)
            touched = auditor.touched()
            found = reader.rows_of(touched)
            orders = [one.client_order_id for one in orders_in(touched, found)]
            auditor.compare(touched, found, reader.booked(orders))
        return Polled(
            entries=len(rows),
            caught_up=len(rows) < most,
            decided="intent" in touched or "record" in touched,
        )

    def checkpoint(self) -> Checkpoint:
        """Return where this follower is."""
        return self.auditor.checkpoint(self.lineage)

    def decisions(self, most: int) -> list[Plain]:
        """Return the newest decisions, as the reader tells them."""
        return self._reader.decisions(most)

    def close(self) -> None:
        self._reader.close()


def _start(
    reader: Reader, checkpoint: Checkpoint | None, lineage: str, resume_max: int
) -> tuple[Auditor, str]:
    head = reader.head()
    if checkpoint is not None and checkpoint.lineage == lineage:
        auditor = Auditor.resumed(checkpoint)
        auditor.breach = auditor.breach or _left(reader, auditor)
        if auditor.breach is not None or head.seq - checkpoint.seq <= resume_max:
            return auditor, FROM_CHECKPOINT
    if head.seq <= resume_max:
        return Auditor(head=NOTHING), FROM_FIRST
    epoch = int(reader.meta()["epoch"])
    return Auditor(reader.load(), head=head, epoch=epoch), FROM_TABLES


def _left(reader: Reader, auditor: Auditor) -> Breach | None:
    """Return what is wrong with the entry audited last: it must still be there as it was."""
    if auditor.head.seq == 0:
        return None
    found = reader.hash_at(auditor.head.seq)
    if found == auditor.head.hash:
        return None
    return Breach(
        invariant="JOURNAL_STAYS",
        where=f"entry {auditor.head.seq}",
        expected=auditor.head.hash,
        found=found or f"a journal that ends with entry {reader.head().seq}",
    )
