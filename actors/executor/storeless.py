"""When the store cannot be used: nothing is sent, and what is ours at the venue is taken back.

A disk that is full or read-only, a file that is damaged or gone leave us without books. Then every
order that carries our prefix is a stranger, and strangers of ours are cancelled wherever the venue
lists them. What would have been written is told to the log and forgotten. The store is tried again
and again; once it opens, the process begins anew.
"""

from collections.abc import Callable, Iterable, Sequence

from actors.executor.findings import halted
from actors.executor.levels import halt
from actors.executor.session import Now, Phase, Session
from actors.runtime.effects import After, Exit, Tick, Write
from actors.runtime.failures import UNEXPECTED
from messages.state import Scope
from store.failures import (
    CORRUPT,
    DISK_FULL,
    IO_ERROR,
    READ_ONLY,
    STORE_GONE,
    StoreFailed,
    StoreRefused,
)
from store.rows import Entry, Head, IntentRow, OrderRow, Row
from store.writer import Writer

UNUSABLE = (READ_ONLY, DISK_FULL, CORRUPT, IO_ERROR, STORE_GONE)
STORE_UNUSABLE = "STORE_UNUSABLE"
AGAIN_MS = 5_000
TRY_STORE = "store"  # a timer


class Storeless:
    """What stands for the store while it cannot be used: it knows nothing and keeps nothing."""

    epoch = 0
    lineage = ""
    head = Head(seq=0, hash="")

    def __init__(self, why: str) -> None:
        self.why = why

    def append(self, _: Sequence[Entry]) -> Head:
        return self.head

    def intents(self, _: Iterable[str]) -> dict[str, IntentRow]:
        return {}

    def orders(self, _: Iterable[str]) -> dict[str, OrderRow]:
        return {}

    def orders_by_venue_id(self, _: Iterable[int]) -> dict[int, OrderRow]:
        return {}

    def known_fills(self, _: Iterable[str]) -> dict[str, str]:
        return {}

    def known_batches(self, _: Iterable[str]) -> set[str]:
        return set()

    def checkpoint(self) -> int:
        return 0

    def remember(self) -> None:
        """There is nothing to note."""

    def close(self) -> None:
        """There is nothing to let go of."""


def opened(
    make: Callable[[], Writer], *, ended_since_ms: int
) -> tuple[Writer | Storeless, list[Row]]:
    """Return the store with the rows that decisions start from, or what stands for it.

    Among them are the orders that ended at *ended_since_ms* or later with a rest: the venue may
    still hide fills of theirs.
    Raises StoreRefused where another store or another writer is the matter: then nothing here is
    ours to take back.
    """
    try:
        writer = make()
    except StoreRefused as why:
        if why.code not in UNUSABLE:
            raise
        return Storeless(str(why)), []
    try:
        return writer, [*writer.load().rows(), *writer.lately_ended(ended_since_ms)]
    except StoreFailed as why:
        writer.close()
        return Storeless(str(why)), []


def begun(session: Session, store: Writer | Storeless, now: Now) -> list[Write | After]:
    """Return what a start without a store leads to; nothing when there is one."""
    if not isinstance(store, Storeless):
        return []
    session.phase = Phase.CANCEL_ONLY
    session.store_problem = store.why
    row = halt(Scope.DESK, "", STORE_UNUSABLE, 0)
    return [*halted(session, row, {"why": store.why}, now), After(AGAIN_MS, Tick(TRY_STORE))]


def again(store: Writer | Storeless, *, kill_is_kept: bool) -> After | Exit:
    """Return what another try to open the store leads to.

    The end is not one that says no store can be used: then a first start would be given up.
    """
    if isinstance(store, Storeless) or not kill_is_kept:
        return After(AGAIN_MS, Tick(TRY_STORE))
    return Exit(UNEXPECTED, "the store can be used again")
