"""Following a store while it is written: read what is new, audit it, compare the tables.

Where it starts: at its checkpoint when that fits the journal; from the first entry when the journal
is short; else from the tables as they are, so that being ready costs the same however long the
history is. What lies before that start, and what changed after it was audited, is met by looking
back: the whole journal once more, a piece at a time.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from msgspec import Struct

from messages.records import Breach
from store.audit import Auditor, Checkpoint, Kept, orders_in
from store.failures import CORRUPT, StoreFailed
from store.journal import NOTHING, JournalRow
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
        self._back = Auditor(head=NOTHING)

    @classmethod
    def open(cls, run_dir: Path, checkpoint: Checkpoint | None, *, resume_max: int) -> Self:
        """Return a follower of the store in *run_dir*; at most *resume_max* entries are caught up.

        Raises StoreRefused, with NO_STORE while the executor has not made it.
        """
        reader = Reader.open(run_dir)
        lineage, auditor, began = "", Auditor(head=NOTHING), FROM_FIRST
        try:
            with _finding(auditor), reader.snapshot():
                lineage = reader.meta()["lineage"]
                auditor, began = _start(reader, checkpoint, lineage, resume_max)
        except BaseException:
            reader.close()
            raise
        return cls(reader, auditor, lineage=lineage, began=began)

    def poll(self, most: int) -> Polled:
        """Audit up to *most* new entries, in one short read. Raises StoreFailed.

        Damage of the file is a breach like any other.
        """
        reader, auditor = self._reader, self.auditor
        rows: list[JournalRow] = []
        decided = False
        if auditor.breach is None:
            with _finding(auditor), reader.snapshot():
                rows = reader.journal_since(auditor.head.seq, most)
                if not rows:
                    auditor.breach = _left(reader, auditor)
                touched = _audited(reader, auditor, rows)
                decided = "intent" in touched or "record" in touched
        return Polled(entries=len(rows), caught_up=len(rows) < most, decided=decided)

    def look_back(self, most: int) -> bool:
        """Audit up to *most* entries once more; return whether all were. Raises StoreFailed.

        The next call then begins with the first entry.
        """
        reader, auditor, back = self._reader, self.auditor, self._back
        most = min(most, auditor.head.seq - back.head.seq)
        if auditor.breach is not None:
            return True
        with _finding(auditor), reader.snapshot():
            _audited(reader, back, reader.journal_since(back.head.seq, most))
            auditor.breach = back.breach or _left(reader, auditor)
        if back.head.seq < auditor.head.seq and auditor.breach is None:
            return False
        self._back = Auditor(head=NOTHING)
        return True

    def checkpoint(self) -> Checkpoint:
        """Return where this follower is."""
        return self.auditor.checkpoint(self.lineage)

    def decisions(self, most: int) -> list[Plain]:
        """Return the newest decisions, as the reader tells them; none where they are damaged."""
        found: list[Plain] = []
        with _finding(self.auditor):
            found += self._reader.decisions(most)
        return found

    def close(self) -> None:
        self._reader.close()


def _audited(reader: Reader, auditor: Auditor, rows: Sequence[JournalRow]) -> Kept:
    """Return what *rows* touched, after they were audited and held against the tables."""
    auditor.step(rows)
    touched = auditor.touched()
    found = reader.rows_of(touched)
    orders = [one.client_order_id for one in orders_in(touched, found)]
    auditor.compare(touched, found, reader.booked(orders))
    return touched


@contextmanager
def _finding(auditor: Auditor) -> Iterator[None]:
    """Have *auditor* keep as a breach that the file is damaged. Any other failure is raised."""
    try:
        yield
    except StoreFailed as error:
        if error.code != CORRUPT:
            raise
        auditor.breach = auditor.breach or Breach(
            invariant="FILE_IS_SOUND",
            where=f"after entry {auditor.head.seq}",
            expected="ok",
            found=f"{error}"[:200],
        )


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
