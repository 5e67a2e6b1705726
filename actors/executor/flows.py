"""What transfers lead to: postings, the day's flows, and another look at the balances.

A withdrawal is a flow when it is asked for: what the venue sets aside is not ours to trade with. Of
one that left, only what was not set aside before is a flow.
"""

from collections.abc import Sequence
from decimal import Decimal

from actors.executor import day, foreign, opening, postings, reconcile
from actors.executor.day import MARK_AGE_MAX_MS
from actors.executor.draft import Draft
from actors.executor.session import Now, Session
from actors.executor.transfers import explaining, mark
from actors.executor.venue_calls import Answer, ReadTransfers
from actors.runtime.effects import Write
from actors.venues.port import VenueBalance, VenueFill, VenueTransfer
from messages.money import ZERO, text
from store.rows import WITHDRAWING, MetaRow

FLOW_UNVALUED = "FLOW_UNVALUED"  # without a young mark: it counts as the day's gain or loss
BOOKED = "TransferBooked"
ASKED_FOR = "WithdrawalAskedFor"
EXTERNAL_FILL = "ExternalFill"


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


def foreign_fill(session: Session, row: VenueFill, now: Now) -> list[Write]:
    """Return the entry of an execution of somebody else's order on our account, once."""
    name = f"fill:{row.trade_id}"
    if session.books.meta(mark(name)) is not None:
        return []
    draft = Draft(session.books, at_ms=now.wall_ms)
    legs = foreign.moved(row)
    draft.transfer(f"external:{name}", legs)
    draft.put(MetaRow(key=mark(name), value=text(row.quantity)))
    prices = {asset: _price(session, asset, now) for asset in session.holdings()}
    value = foreign.worth(legs, prices, quote=session.desk.quote)
    if value is None:
        draft.flag(FLOW_UNVALUED)
    today = day.current(session.books.day, day.day_of(now.wall_ms))
    draft.put(day.with_flow(today, ZERO if value is None else value))
    session.fills_booked += 1
    session.newest_fill_ms = max(session.newest_fill_ms, row.at_ms)
    cause = {
        "client_order_id": row.client_order_id,
        "venue_order_id": row.venue_order_id,
        "what": f"{row.side.value} of somebody else",
        "asset": postings.assets(row.instrument)[0],
        "amount": text(row.quantity),
        "price": text(row.price),
        "fee": text(row.fee),
        "tax": text(row.tax),
        "value": None if value is None else text(value),
        "venue_ms": row.at_ms,
    }
    return [draft.write(EXTERNAL_FILL, name, cause)]


def asked_for(session: Session, balances: Sequence[VenueBalance], now: Now) -> list[Write]:
    """Return the entries by which the books follow what the venue sets aside for withdrawals."""
    found = reconcile.set_aside(session.books, balances, totals_only=session.foreign.is_let)
    return [_set_aside(session, asset, amount, now) for asset, amount in found.items()]


def _set_aside(session: Session, asset: str, amount: Decimal, now: Now) -> Write:
    draft = Draft(session.books, at_ms=now.wall_ms)
    name = f"withdrawing:{asset}:{session.books.seq + 1}"
    draft.transfer(name, postings.asked_for(asset, amount))
    word = "withdrawal asked for" if amount > 0 else "withdrawal taken back"
    value = _flow(session, draft, asset, -amount, now)
    cause = _told(session, name, word, (asset, -amount, value), now)
    return draft.write(ASKED_FOR, name, cause)


def _booked(session: Session, row: VenueTransfer, now: Now) -> Write:
    draft = Draft(session.books, at_ms=now.wall_ms)
    set_aside = _set_aside_before(session, row, draft)
    if row.amount > 0:
        word, moved = "deposit", postings.opening(row.asset, free=row.amount, withdrawing=ZERO)
    else:
        word = "withdrawal"
        moved = postings.withdrawal(row.asset, -row.amount, withdrawing=set_aside)
    draft.transfer(f"{word}:{row.transfer_id}", moved)
    draft.put(MetaRow(key=mark(row.transfer_id), value=text(row.amount)))
    value = _flow(session, draft, row.asset, row.amount + set_aside, now)
    cause = _told(session, row.transfer_id, word, (row.asset, row.amount, value), now)
    return draft.write(BOOKED, row.transfer_id, {**cause, "venue_ms": row.at_ms})


def _set_aside_before(session: Session, row: VenueTransfer, draft: Draft) -> Decimal:
    """Return how much of a withdrawal was set aside and is so no longer: that left first."""
    gone = draft.balance(WITHDRAWING, row.asset) - session.transfers.withdrawing(row.asset)
    return min(max(ZERO, -row.amount), max(ZERO, gone))


def _flow(session: Session, draft: Draft, asset: str, amount: Decimal, now: Now) -> Decimal | None:
    """Make *amount* a flow of the day; return what it is worth, None without a young price."""
    value = _value(session, asset, amount, now)
    if value is None:
        draft.flag(FLOW_UNVALUED)
    today = day.current(session.books.day, day.day_of(now.wall_ms))
    draft.put(day.with_flow(today, ZERO if value is None else value))
    return value


def _told(
    session: Session, name: str, word: str, moved: tuple[str, Decimal, Decimal | None], now: Now
) -> dict[str, str | int | None]:
    """Return the cause of an entry; `btcbot status` tells the same."""
    asset, amount, value = moved
    session.transfers.took(name, word, asset, amount, now.wall_ms)
    return {
        "what": word,
        "asset": asset,
        "amount": text(amount),
        "value": None if value is None else text(value),
    }


def _value(session: Session, asset: str, amount: Decimal, now: Now) -> Decimal | None:
    """Return what *amount* is worth in the desk's quote; what is not traded counts nothing."""
    if asset == session.desk.quote or not amount:
        return amount
    if asset not in session.holdings():
        return ZERO
    price = _price(session, asset, now)
    return None if price is None else amount * price


def _price(session: Session, asset: str, now: Now) -> Decimal | None:
    """Return the mid of a traded asset, None without a young one."""
    known = session.holdings()[asset]
    if known is None or now.mono_ms - known.heard_ms > MARK_AGE_MAX_MS:
        return None
    return known.mid
