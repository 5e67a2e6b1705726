"""What silence of those who permit trading does: after a while everything that rests is taken back.

Not latched: once permits return, sends wait only until the open orders of every instrument were
listed again.
"""

from actors.executor.session import Now, Session

LAPSED, RETURNED = "PermitsLapsed", "PermitsReturned"  # kinds of entries


def listen(session: Session, now: Now) -> str | None:
    """Take note of silence or of its end; return which of both, None when neither."""
    silent_ms = session.permits.silent_ms(now.mono_ms)
    if not session.silent and silent_ms > session.settings.silence_ms:
        session.silent = True
        return LAPSED
    if session.silent and silent_ms <= session.settings.permit_ms:
        session.silent = False
        session.listed_since_ms = now.mono_ms
        return RETURNED
    return None
