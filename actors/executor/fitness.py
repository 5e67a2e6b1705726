"""May this process begin to trade for real? What a person has to put right first ends the start.

Asked in `live` until books and venue agreed once in this run of the desk. Later the same findings
pause or halt: then there are orders to look after, and somebody has to be there for them.
"""

from actors.executor.books import Books
from actors.executor.clock_offset import VenueClock
from actors.executor.session import Now, Session

RUN = "run"  # meta: the run of the desk in which books and venue agreed last


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


def _begins(session: Session) -> bool:
    return session.desk.mode == "live" and not is_of_run(session.books, session.run_id)
