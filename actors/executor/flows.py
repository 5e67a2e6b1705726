"""What transfers lead to: postings, the day's flows, and another look at the balances."""

from decimal import Decimal

from actors.executor import day, opening, postings
from actors.executor.day import MARK_AGE_MAX_MS
from actors.executor.draft import Draft
from actors.executor.session import Now, Session
from actors.executor.transfers import explaining, mark
from actors.executor.venue_calls import Answer, ReadTransfers
from actors.runtime.effects import Write
from actors.venues.port import VenueTransfer
from messages.money import ZERO, text
from store.rows import WITHDRAWING, MetaRow

FLOW_UNVALUED = "FLOW_UNVALUED"  # without a young mark: it counts as the day's gain or loss
BOOKED = "TransferBooked"


def read(session: Session, _request: ReadTransfers, result: object, now: Now) -> list[Write]:
    """Return the entries of the transfers that explain what differs; often none."""
    opened_ms = opening.opened_ms(session.books)
    if not isinstance(result, Answer) or not isinstance(result.value, list) or opened_ms is None:
        return []
    rows = [row for row in result.value if isinstance(row, VenueTransfer)]
    writes = [
        _booked(session, row, now)
        for found in session.transfers.differing.values()
        for row in explaining(found, rows, session.books, opened_ms=opened_ms)
    ]
    if writes:
        session.reconciler.want(now.mono_ms)
    return writes


def _booked(session: Session, row: VenueTransfer, now: Now) -> Write:
    draft = Draft(session.books, at_ms=now.wall_ms)
    if row.amount > 0:
        word, moved = "deposit", postings.opening(row.asset, free=row.amount, withdrawing=ZERO)
    else:
        word, moved = "withdrawal", _leaving(session, row, draft)
    draft.transfer(f"{word}:{row.transfer_id}", moved)
    draft.put(MetaRow(key=mark(row.transfer_id), value=text(row.amount)))
    value = _value(session, row, now)
    if value is None:
        draft.flag(FLOW_UNVALUED)
    today = day.current(session.books.day, day.day_of(now.wall_ms))
    draft.put(day.with_flow(today, ZERO if value is None else value))
    session.transfers.took(word, row, now.wall_ms)
    cause = {
        "what": word,
        "asset": row.asset,
        "amount": text(row.amount),
        "value": None if value is None else text(value),
        "venue_ms": row.at_ms,
    }
    return draft.write(BOOKED, row.transfer_id, cause)


def _leaving(session: Session, row: VenueTransfer, draft: Draft) -> list[postings.Leg]:
    """Return the legs of a withdrawal: first from what was set aside and is so no longer."""
    gone = draft.balance(WITHDRAWING, row.asset) - session.transfers.withdrawing(row.asset)
    set_aside = min(-row.amount, max(ZERO, gone))
    return postings.withdrawal(row.asset, -row.amount, withdrawing=set_aside)


def _value(session: Session, row: VenueTransfer, now: Now) -> Decimal | None:
    """Return what the transfer is worth in the desk's quote; what is not traded counts nothing."""
    if row.asset == session.desk.quote:
        return row.amount
    marks = session.holdings()
    if row.asset not in marks:
        return ZERO
    known = marks[row.asset]
    if known is None or now.mono_ms - known.heard_ms > MARK_AGE_MAX_MS:
        return None
    return row.amount * known.mid
