"""How the executor ends: in order, or because nobody watches over it any more.

In order: no new send, what is in flight answers, what may not rest is taken back, lost orders are
resolved, the books are compared a last time. Orphaned: what rests is taken back, then it leaves.
Both are bounded.
"""

from actors.executor import cancels, comparing
from actors.executor.session import Now, Phase, Session
from actors.runtime.effects import After, Tick, Write
from messages.orders import OrderState

LEAVE = "leave"
COMPARE_MAX_MS = 3_000  # for the last comparison, after everything else


def stop(session: Session, reason: str, now: Now) -> None:
    """Begin to end in order."""
    if session.phase in (Phase.STOPPING, Phase.ORPHANED, Phase.STOPPED):
        return
    session.phase = Phase.STOPPING
    session.stop_reason = reason
    session.ends_ms = now.mono_ms + session.settings.stop_resolve_s * 1_000


def orphan(session: Session, reason: str, now: Now) -> None:
    """Begin to leave: nobody watches over us."""
    if session.phase in (Phase.ORPHANED, Phase.STOPPED):
        return
    session.phase = Phase.ORPHANED
    session.stop_reason = reason
    session.ends_ms = now.mono_ms + session.settings.orphan_s * 1_000


def is_over(session: Session, message: object) -> bool:
    """Return whether *message* comes too late: only to leave is still to be done.

    So the turn that closes the store writes nothing.
    """
    return session.phase is Phase.STOPPED and message != Tick(LEAVE)


def advance(session: Session, now: Now) -> list[Write | After]:
    """Return what the end needs next; its last word is to leave."""
    if session.phase is Phase.ORPHANED and _nothing_rests(session, now):
        return _leave(session)
    if session.phase is not Phase.STOPPING or not _settled(session, now):
        return []
    last = session.reconciler.last
    if session.final_ms is None:
        session.final_ms = now.mono_ms
        session.reconciler.want(now.mono_ms)
    if last is not None and last.asked_ms >= session.final_ms:
        return [comparing.reconciled(session, last, now), *_leave(session)]
    if not session.reconciled or now.mono_ms - session.final_ms >= COMPARE_MAX_MS:
        return list(_leave(session))
    return []


def _leave(session: Session) -> list[Write | After]:
    session.phase = Phase.STOPPED
    return [After(0, Tick(LEAVE))]


def _nothing_rests(session: Session, now: Now) -> bool:
    if session.ends_ms is not None and now.mono_ms >= session.ends_ms:
        return True
    if session.in_flight:
        return False
    if session.store_problem:
        return not cancels.ends_empty(session) or session.clearance.is_clear
    return not cancels.ends_empty(session) or not session.books.all_alive()


def _settled(session: Session, now: Now) -> bool:
    """Return whether nothing is left to wait for, or the time for it is over."""
    if session.ends_ms is not None and now.mono_ms >= session.ends_ms:
        return True
    alive = session.books.all_alive()
    if session.in_flight or any(o.state is not OrderState.LIVE for o in alive):
        return False
    if not (session.reconciled or alive or session.strays or session.store_problem):
        return True  # nothing was sent in this life, and nothing of an earlier one is open
    return not cancels.ends_empty(session) or session.clearance.is_clear
