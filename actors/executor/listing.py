"""What lists of orders and fills lead to: facts about ours, findings about everybody else's."""

from collections.abc import Iterable, Sequence

from actors.executor import (
    cancels,
    contradictions,
    evidence,
    facts,
    flows,
    opening,
    sweep,
    watching,
)
from actors.executor.draft import Draft
from actors.executor.evidence import Stranger
from actors.executor.facts import Seen
from actors.executor.findings import halted, impossible, strange
from actors.executor.levels import halt
from actors.executor.session import Now, Session
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, ReadAllOrders, ReadFills, ReadOpenOrders
from actors.runtime.effects import Write
from actors.venues.port import VenueFill, VenueOrder, VenueStatus
from messages.orders import ALIVE, OrderState
from messages.state import Scope
from store.rows import CursorRow, OrderRow


def fills(session: Session, rows: Sequence[VenueFill], now: Now) -> list[Write]:
    """Return what executions lead to, wherever they were seen; those booked before to nothing."""
    opened_ms = opening.opened_ms(session.books)
    if opened_ms is None:
        return []
    rows = [row for row in rows if not evidence.is_old(row, session.books)]
    rows = sweep.before_us(rows, opened_ms, session.books)
    found = evidence.strangers(rows, session.books, prefix=_prefix(session))
    writes = strange(session, found, now)
    others = _foreign(found) if session.foreign.is_let else set()
    for row in evidence.in_time_order(rows):
        order = session.books.orders.get(row.client_order_id)
        if session.books.is_booked(row.trade_id):
            continue
        if order is None:
            if row.venue_order_id in others:
                writes += flows.foreign_fill(session, row, now)
            continue
        booked = facts.merge(
            session.books, order, evidence.of_fill(row), session.context(order.instrument, now)
        )
        _not_absent(session, order, "a fill that contradicts it")
        if session.books.is_booked(row.trade_id):
            session.fills_booked += 1
            session.newest_fill_ms = max(session.newest_fill_ms, row.at_ms)
        writes += booked
    return writes


def order_seen(
    session: Session, order: OrderRow, row: VenueOrder, seen: Seen, now: Now
) -> list[Write]:
    """Merge what a list or a read says of *order*; have its fills fetched when some are missing."""
    writes = impossible(session, order, row, now)
    if contradictions.differs(order, row):
        seen = Seen(fact=Fact.ANSWER, code=contradictions.ORDER_DIFFERS, http=seen.http)
    context = session.context(order.instrument, now)
    writes += facts.merge(session.books, order, seen, context)
    _not_absent(session, order, "shown, but not as it was ordered")
    after = session.books.orders.get(order.client_order_id, order)
    if seen.filled > order.filled_quantity:
        session.fills_again.hurry(order.instrument)
    if seen.filled > after.booked_quantity and after.state not in ALIVE:
        session.watching.want_sweep(order.instrument, now.mono_ms)
    return writes


def listed(session: Session, request: ReadOpenOrders, result: object, now: Now) -> list[Write]:
    rows = _orders(result)
    if rows is None:
        return []
    writes: list[Write] = []
    for row in rows:
        order = session.books.orders.get(row.client_order_id)
        if order is None:
            continue
        if order.venue_order_id not in (None, row.venue_order_id):
            session.strays[row.venue_order_id] = row.client_order_id  # a second order of ours
        if (seen := evidence.of_order(row)) is None:
            _not_absent(session, order, "shown with a status that nobody knows")
        else:
            session.watching.missing.pop(row.client_order_id, None)
            session.not_found.pop(row.client_order_id, None)
            writes += order_seen(session, order, row, seen, now)
        writes += _still_open(session, order, row, request, now)
    _forget_closed(session, request.instrument, rows)
    found = evidence.strangers(rows, session.books, prefix=_prefix(session))
    ours = [one for one in found if one.code == evidence.UNKNOWN_ORDER]
    session.strays.update({one.venue_order_id: one.client_order_id for one in ours})
    others = _foreign(found)
    session.foreign.listed(
        request.instrument, [row for row in rows if row.venue_order_id in others]
    )
    shown = {
        row.venue_order_id: row.client_order_id for row in rows if row.venue_order_id not in others
    }
    session.watching.listed(request.instrument, request.asked_ms, shown)
    for name in watching.not_shown(request.expected, shown, session.books):
        session.watching.missing[name] = None
        session.asks.hurry(name)
    return [*writes, *strange(session, found, now)]


def paged(session: Session, request: ReadAllOrders, result: object, now: Now) -> list[Write]:
    rows = _orders(result)
    if rows is None:
        return []
    writes: list[Write] = []
    for row in rows:
        order = session.books.orders.get(row.client_order_id)
        seen = evidence.of_order(row)
        if order is not None and seen is not None:
            writes += order_seen(session, order, row, seen, now)
    if any(row.status is VenueStatus.UNREADABLE for row in rows):
        session.resolver.failed(request.instrument, "an order with a status that nobody knows")
    else:
        session.resolver.page(request, len(rows), now.mono_ms)
    return writes


def swept(session: Session, request: ReadFills, result: object, now: Now) -> list[Write]:
    under_way = session.watching.sweeps.get(request.instrument)
    if not isinstance(result, Answer) or not isinstance(result.value, list):
        return []
    rows = [row for row in result.value if isinstance(row, VenueFill)]
    before = session.fills_booked
    writes = fills(session, rows, now)
    if under_way is None or under_way.request() != request:
        return writes
    booked = session.fills_booked - before
    cap = session.settings.asking.fills_cap
    further = sweep.after_page(under_way, rows, booked=booked, cap=cap)
    if further is not None:
        session.watching.sweeps[request.instrument] = further
        return writes
    del session.watching.sweeps[request.instrument]
    session.watching.swept(request.instrument, under_way.asked_ms)
    if opening.opened_ms(session.books) is None:
        return writes
    if sweep.moves_cursor(under_way, session.books, booked=booked):
        draft = Draft(session.books, at_ms=now.wall_ms)
        draft.put(CursorRow(instrument=request.instrument, since_ms=under_way.asked_venue_ms))
        writes.append(draft.write("CursorMoved", request.instrument, {"rows": len(rows)}))
    return writes


def _not_absent(session: Session, order: OrderRow, why: str) -> None:
    """Let no scan conclude that *order* is absent when the venue has just shown its name."""
    after = session.books.orders.get(order.client_order_id, order)
    if after.state is OrderState.UNKNOWN:
        session.resolver.failed(after.instrument, why)


def _still_open(
    session: Session, before: OrderRow, row: VenueOrder, request: ReadOpenOrders, now: Now
) -> list[Write]:
    """Return what follows when *row* rests at the venue and the books do not hold it for alive.

    A list may lag, so that is a contradiction only when it stays so. Where nothing of ours may rest
    the venue's list counts more than the books: what it shows is cancelled at once.
    """
    order = session.books.orders.get(before.client_order_id, before)
    if row.status in evidence.ENDED or order.state is OrderState.LIVE:
        return []
    if cancels.why_gone(session, order) is not None:
        session.strays[row.venue_order_id] = order.client_order_id
    if order.state is OrderState.UNKNOWN:
        return []  # not over: the resolver goes on looking for it
    since_ms = session.still_open.setdefault(row.venue_order_id, request.asked_ms)
    if request.asked_ms - since_ms <= session.settings.visibility_lag_s * 1_000:
        return []
    why = f"{contradictions.STILL_OPEN} {order.client_order_id}: {order.state.value} in the books"
    session.strays[row.venue_order_id] = order.client_order_id
    level = halt(Scope.INSTRUMENT, order.instrument, why, 0)
    return halted(session, level, {"venue_order_id": row.venue_order_id}, now)


def _forget_closed(session: Session, instrument: str, rows: Sequence[VenueOrder]) -> None:
    shown = {row.venue_order_id for row in rows}
    listed_here = session.watching.shown(instrument)
    for key in [key for key in session.still_open if key in listed_here and key not in shown]:
        del session.still_open[key]


def _foreign(found: Iterable[Stranger]) -> set[int]:
    return {one.venue_order_id for one in found if one.code == evidence.FOREIGN_ORDER}


def _orders(result: object) -> list[VenueOrder] | None:
    if not isinstance(result, Answer) or not isinstance(result.value, list):
        return None
    return [row for row in result.value if isinstance(row, VenueOrder)]


def _prefix(session: Session) -> str:
    return session.desk.prefix
