"""What everything we own is worth, and when that is written down."""

from decimal import Decimal

from actors.executor import day, opening
from actors.executor.draft import Draft
from actors.executor.session import Now, Phase, Session
from actors.runtime.effects import Write
from messages.money import text

EQUITY_EVERY_MS = 60_000


def equity(session: Session, now: Now) -> Decimal | None:
    """Return what we own in the desk's quote asset, None without a young mark of all of it."""
    if opening.opened_ms(session.books) is None:
        return None
    marks = session.holdings()
    owned = {asset: session.books.owned(asset) for asset in (*marks, session.desk.quote)}
    return day.equity(owned, quote=session.desk.quote, marks=marks, now_ms=now.mono_ms)


def write_down(session: Session, now: Now) -> list[Write]:
    """Return the entry of the newest equity: each minute, and as soon as a day begins."""
    books = session.books
    row = day.current(books.day, day.day_of(now.wall_ms))
    begins = books.day is None or row.day != books.day.day or row.baseline is None
    age_ms = now.mono_ms - session.equity_written_ms
    if session.phase is not Phase.RUNNING or not (begins or age_ms >= EQUITY_EVERY_MS):
        return []
    worth = equity(session, now)
    if worth is None:
        return []
    session.equity_written_ms = now.mono_ms
    draft = Draft(books, at_ms=now.wall_ms)
    draft.put(day.with_equity(row, worth))
    return [draft.write("EquityMarked", row.day, {"equity": text(worth)})]
