"""When the store's write-ahead log is emptied: between bursts, or when it has grown too long.

It stalls the loop for some milliseconds (measured: 3-5 ms), which no order should have to wait for.
"""

from actors.executor.session import Now, Session

QUIET_MS = 500  # without a new order
ENTRIES_MIN = 200  # worth it between bursts
ENTRIES_MAX = 2_000  # not to be put off any longer


def is_due(session: Session, now: Now) -> bool:
    """Return whether to empty the log now; take note that it is done."""
    grown = session.books.seq - session.checkpoint_seq
    newest_ms = session.accepted[-1] if session.accepted else now.mono_ms - QUIET_MS
    quiet = not session.accepted_ms and now.mono_ms - newest_ms >= QUIET_MS
    due = grown >= ENTRIES_MAX or (quiet and grown >= ENTRIES_MIN)
    if due:
        session.checkpoint_seq = session.books.seq
    return due
