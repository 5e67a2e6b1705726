"""May this process begin to trade for real? What a person has to put right first ends the start.

Asked in `live` until books and venue agreed once in this run of the desk. Later the same findings
pause or halt: then there are orders to look after, and somebody has to be there for them.
"""

from actors.executor import levels
from actors.executor.books import Books
from actors.executor.clock_offset import VenueClock
from actors.executor.session import Now, Session

RUN = "run"  # meta: the run of the desk in which books and venue agreed last
FORBIDDEN = 403  # what stands before the venue refuses our address, or the venue the key
FORBIDDEN_MAX_MS = 3_000  # of nothing else: a single one may pass
RIGHTS_AGAIN_MS = 1_000  # while the venue does not say whether the key may trade


class NotFit(Exception):
    """The desk must not start; the text says why and what to do."""

    exit_code = 78


def key_refused(session: Session, said: str) -> None:
    """Raise NotFit when the venue's first word is that it does not take our key."""
    if _begins(session):
        raise NotFit(
            f"the venue refuses the key: {said}. Check public and private key, the rights of the "
            "key and the address it is bound to, then start again"
        )


def may_not_trade(session: Session, said: str) -> None:
    """Raise NotFit when the venue refuses the key a write after it allowed it to read."""
    if _begins(session):
        raise NotFit(
            f"the venue lets the key read and not trade: {said}. Give it the right to trade, "
            "or set executor.dry_run = true, then start again"
        )


def answered(session: Session, status: int | None, now: Now) -> None:
    """Take note of one answer's HTTP status. Raise NotFit when all we hear is that we may not."""
    since_ms = session.doubts.forbidden_ms = _since(session.doubts.forbidden_ms, status, now)
    for_ms = 0 if since_ms is None else now.mono_ms - since_ms
    if for_ms >= FORBIDDEN_MAX_MS and _begins(session):
        raise NotFit(
            f"the venue, or what stands before it, refuses this address or the key: HTTP "
            f"{FORBIDDEN} and nothing else for {for_ms:,} ms. See which addresses the key is bound "
            "to, then start again"
        )


def rights_answered(session: Session, status: int | None, now: Now) -> None:
    """Take note of the answer to the question of rights, as `answered` does of every one."""
    doubts = session.doubts
    since_ms = doubts.writes_forbidden_ms = _since(doubts.writes_forbidden_ms, status, now)
    for_ms = 0 if since_ms is None else now.mono_ms - since_ms
    if for_ms >= FORBIDDEN_MAX_MS:
        may_not_trade(session, f"HTTP {FORBIDDEN} to a cancel and nothing else for {for_ms:,} ms")


def asks_rights(session: Session) -> bool:
    """Return whether the venue is to be asked if the key may trade, before anything is sent.

    Not where nothing would be sent in this run anyway: a key that may only read is enough there.
    """
    own = session.settings
    sends = (
        own.not_armed is None and not own.dry_run and not levels.is_latched(session.books.levels)
    )
    return sends and not session.doubts.told and _begins(session)


def rights_due(session: Session, now: Now) -> bool:
    """Return whether to ask now: after the reads that the key must be good for, until told."""
    asked_ms = session.doubts.asked_ms
    if asked_ms is not None and now.mono_ms - asked_ms < RIGHTS_AGAIN_MS:
        return False
    return session.watching.all_listed_since(session.started_ms) and asks_rights(session)


def clock_seen(session: Session, clock: VenueClock, now: Now) -> None:
    """Raise NotFit when this host's clock is as far from the venue's as it must not be."""
    off_ms = now.wall_ms - clock.now_ms(now.mono_ms)
    most_ms = session.settings.clock_off_max_ms
    if _begins(session) and abs(off_ms) - clock.error_at(now.mono_ms) >= most_ms:
        raise NotFit(
            f"this machine's clock is {off_ms:+} ms from the venue's, {most_ms} ms is too much. "
            "Set it (chrony, systemd-timesyncd), then start again"
        )


def is_of_run(books: Books, run_id: str) -> bool:
    """Return whether books and venue agreed before in the run *run_id* of the desk."""
    return books.meta(RUN) == run_id


def _since(since_ms: int | None, status: int | None, now: Now) -> int | None:
    """Return since when every answer is a 403, None when *status* is not one."""
    if status != FORBIDDEN:
        return None
    return now.mono_ms if since_ms is None else since_ms


def _begins(session: Session) -> bool:
    return session.desk.mode == "live" and not is_of_run(session.books, session.run_id)
