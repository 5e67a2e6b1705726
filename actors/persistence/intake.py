"""Records on their way into the store: each once, confirmed only when it is durable.

A sender numbers its records by one and says them again until they are confirmed, oldest first. What
is confirmed is "everything up to here", so a number is only reached without a gap; where a sender's
numbers begin is known once it had the time to say everything again. A jump in the numbers is a new
process of the sender: what the old one had not confirmed died with it. Moments are monotonic ms.
"""

import hashlib
from collections import deque
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from messages.codec import pack
from messages.records import Record, RecordBatch, StoredRecord

SENDERS_MAX = 16
WAITING_MAX = 2_048  # records of all senders together
JUMP = 2_048  # no sender keeps that many unconfirmed
SETTLE_MS = 3_000  # three times what a sender waits before it says everything again
RECORD_BYTES_MAX = 262_144
BATCH_ID_BYTES = 16


class Waiting(Struct, frozen=True, kw_only=True):
    """One record that is not in the store yet."""

    sender: str
    seq: int
    record: StoredRecord
    size: int
    digest: bytes


class Series:
    """The numbers of one process of one sender."""

    def __init__(self, first_ms: int) -> None:
        self.first_ms = first_ms
        self.lowest: int | None = None
        self.newest = -1
        self.next: int | None = None  # everything before it is stored, once that is known
        self.stored: set[int] = set()
        self.said: int | None = None  # confirmed last

    @property
    def start(self) -> int:
        """The first number that is not known to be stored."""
        return (self.lowest or 0) if self.next is None else self.next

    def upto(self, now_ms: int) -> int | None:
        """Return the highest number that may be confirmed, None while there is none."""
        if self.lowest is None or now_ms - self.first_ms < SETTLE_MS:
            return None
        at = self.start
        while at in self.stored:
            self.stored.discard(at)
            at += 1
        self.next = at
        return at - 1 if at > self.lowest else None


class Intake:
    """What was heard and is not durable. Each sender is confirmed up to its own number."""

    def __init__(self, *, rows_max: int, bytes_max: int, again_ms: int) -> None:
        self.refused = 0  # no room, or too many senders: it comes again
        self.shortened = 0  # records whose body was too long to be kept
        self._rows_max = rows_max
        self._bytes_max = bytes_max
        self._again_ms = again_ms
        self._series: dict[str, Series] = {}
        self._queue: deque[Waiting] = deque()
        self._known: set[tuple[str, int]] = set()  # in the queue or outstanding
        self._outstanding: tuple[RecordBatch, list[Waiting]] | None = None
        self._said_ms = 0

    def heard(self, sender: str, record: Record, now_ms: int) -> int | None:
        """Take *record* in; return a number to confirm at once when it was stored before."""
        series = self._of(sender, record.seq, now_ms)
        if series is None or record.seq < series.newest - JUMP:
            self.refused += 1  # a stranger too many, or the voice of a process that is gone
            return None
        series.newest = max(series.newest, record.seq)
        if (series.next is not None and record.seq < series.next) or record.seq in series.stored:
            return series.upto(now_ms)
        if (sender, record.seq) in self._known:
            return None
        if len(self._known) >= WAITING_MAX:
            self.refused += 1
            return None
        if series.next is None:
            series.lowest = record.seq if series.lowest is None else min(series.lowest, record.seq)
        self._known.add((sender, record.seq))
        self._queue.append(self._waiting(sender, record))
        return None

    def knows(self, sender: str) -> bool:
        """Return whether *sender* is one of those that are listened to."""
        return sender in self._series

    def batch(self, now_ms: int) -> RecordBatch | None:
        """Return what to say now: the next batch, or the one that nobody confirmed, again."""
        if self._outstanding is not None:
            if now_ms - self._said_ms < self._again_ms:
                return None
            self._said_ms = now_ms
            return self._outstanding[0]
        some = list(self._next())
        if not some:
            return None
        digest = hashlib.blake2b(b"".join(w.digest for w in some), digest_size=BATCH_ID_BYTES)
        batch = RecordBatch(batch_id=digest.hexdigest(), records=tuple(w.record for w in some))
        self._outstanding = batch, some
        self._said_ms = now_ms
        return batch

    def stored(self, batch_id: str) -> bool:
        """Note that the batch is durable; return whether it was the one awaited."""
        if self._outstanding is None or self._outstanding[0].batch_id != batch_id:
            return False
        for one in self._outstanding[1]:
            self._known.discard((one.sender, one.seq))
            series = self._series.get(one.sender)
            if series is not None and one.seq >= series.start:
                series.stored.add(one.seq)
        self._outstanding = None
        return True

    def confirmed(self, now_ms: int) -> list[tuple[str, int]]:
        """Return each sender with the number it can now be confirmed up to, where that rose."""
        told = []
        for sender, series in self._series.items():
            upto = series.upto(now_ms)
            if upto is not None and upto != series.said:
                series.said = upto
                told.append((sender, upto))
        return told

    def __len__(self) -> int:
        return len(self._known)

    def _of(self, sender: str, seq: int, now_ms: int) -> Series | None:
        series = self._series.get(sender)
        if series is None and len(self._series) >= SENDERS_MAX:
            return None
        if series is None or (series.newest >= 0 and seq > series.newest + JUMP):
            series = self._series[sender] = Series(now_ms)
        return series

    def _waiting(self, sender: str, record: Record) -> Waiting:
        stored = StoredRecord(
            sender=sender,
            kind=record.kind,
            at_ms=record.at_ms,
            instrument=record.instrument,
            body=record.body,
        )
        raw = pack(stored)
        if len(raw) > RECORD_BYTES_MAX:
            self.shortened += 1
            stored = replace(stored, body={"too_long_bytes": len(raw)})
        # The number is part of it: the same words said twice are two records.
        digest = hashlib.blake2b(raw, key=f"{record.seq}".encode(), digest_size=BATCH_ID_BYTES)
        return Waiting(
            sender=sender,
            seq=record.seq,
            record=stored,
            size=min(len(raw), RECORD_BYTES_MAX),
            digest=digest.digest(),
        )

    def _next(self) -> Iterator[Waiting]:
        rows, size = 0, 0
        while self._queue and rows < self._rows_max:
            one = self._queue[0]
            if rows and size + one.size > self._bytes_max:
                return
            rows, size = rows + 1, size + one.size
            yield self._queue.popleft()
