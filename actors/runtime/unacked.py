"""Records on their way to be remembered: kept until acknowledged, said again, never dropped.

Numbers rise by one per record. They start at a number that no earlier process of this sender can
have reached, so that a late acknowledgement of the old one says nothing about the new one's.
Moments are monotonic ms.
"""

from collections import OrderedDict
from typing import Any

from actors.runtime.failures import InvariantBroken
from messages.records import Record

FULL_AT = 256  # from here on the sender is not ready
ROOM = 256  # above that, for what was already on its way when it became full
AGAIN_MS = 1_000
AGAIN_MAX = 64  # records said again at once, oldest first


class Unacked:
    """What one sender said and nobody has confirmed yet."""

    def __init__(self, *, wall_ms: int, full_at: int = FULL_AT) -> None:
        self._next = wall_ms * 1_000
        self._full_at = full_at
        self._kept: OrderedDict[int, tuple[Record, int]] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether the sender has to stop making records."""
        return len(self._kept) >= self._full_at

    def __len__(self) -> int:
        return len(self._kept)

    def keep(
        self, kind: str, body: dict[str, Any], *, instrument: str, at_ms: int, now_ms: int
    ) -> Record:
        """Return *body* as the next record, to be said now. *at_ms* is wall time.

        Raises InvariantBroken when the sender went on long after it was full.
        """
        if len(self._kept) >= self._full_at + ROOM:
            raise InvariantBroken(f"{len(self._kept)} records wait and none was acknowledged")
        record = Record(seq=self._next, kind=kind, at_ms=at_ms, instrument=instrument, body=body)
        self._kept[self._next] = (record, now_ms)
        self._next += 1
        return record

    def acknowledged(self, upto: int) -> None:
        """Forget every record up to number *upto*."""
        while self._kept and next(iter(self._kept)) <= upto:
            self._kept.popitem(last=False)

    def again(self, now_ms: int) -> list[Record]:
        """Return the oldest records that were last said AGAIN_MS ago or earlier."""
        due = [seq for seq, (_, said_ms) in self._kept.items() if now_ms - said_ms >= AGAIN_MS]
        for seq in due[:AGAIN_MAX]:
            self._kept[seq] = (self._kept[seq][0], now_ms)
        return [self._kept[seq][0] for seq in due[:AGAIN_MAX]]
