"""Which questions to put to the venue now: the most needed first, within every budget.

Nothing is asked twice at once, and only a few questions wait in the lane, so that what is urgent
is not behind what is routine.
"""

from collections.abc import Iterator

from actors.executor import opening, sweep, watching
from actors.executor.session import Now, Phase, Session
from actors.executor.sweep import Sweep
from actors.executor.venue_calls import (
    BUDGET_OF,
    READS,
    ReadFills,
    ReadOpenOrders,
    ReadOrder,
    ReadServerTime,
    ReadTransfers,
    Request,
)
from actors.runtime.effects import Call
from messages.orders import OrderState
from store.rows import OrderRow

AHEAD_MAX = 6  # reads given to the lane and not answered yet: two for each of its threads
CLOCK_AGAIN_MS = 1_000  # while it is not believed


def ahead() -> Call:
    """Return the one read that can be made before there is a session: it is not signed."""
    return Call(READS, ReadServerTime())


def asked_ahead(session: Session, now: Now) -> None:
    """Take note that it was made."""
    _asked(session, ReadServerTime(), now)


def due(session: Session, now: Now) -> list[Call]:
    """Return the reads to make now."""
    calls: list[Call] = []
    if now.mono_ms < session.reads_shut_ms:
        return calls
    for request in _wanted(session, now):
        if session.ahead(READS) >= AHEAD_MAX:
            break
        bucket = session.buckets[BUDGET_OF[type(request)]]
        if request in session.pending or not bucket.has_room(now.mono_ms):
            continue
        _asked(session, request, now)
        calls.append(Call(READS, request))
    return calls


def must_ask(order: OrderRow, *, is_missing: bool, is_deleted: bool) -> bool:
    """Return whether only a read of *order* itself can tell how it is."""
    if order.venue_order_id is None:
        return False
    if order.state is OrderState.CLOSING:
        return True
    return order.state is OrderState.LIVE and (is_missing or is_deleted)


def _wanted(session: Session, now: Now) -> Iterator[Request]:
    if _clock_due(session, now):
        yield ReadServerTime()
    if not session.may_sign(now):
        return
    yield from _orders(session, now)
    yield from session.resolver.pages_due(session.watching)
    yield from _fills(session, now, routine=False)
    if (balances := session.reconciler.request()) is not None:
        yield balances
    yield from session.transfers.requests(
        opening.opened_ms(session.books), session.venue_ms(now), now.mono_ms
    )
    yield from _lists(session, now)
    yield from _fills(session, now, routine=True)


def _clock_due(session: Session, now: Now) -> bool:
    age_ms = now.mono_ms - session.timed_ms
    if session.clock is None or session.clock_problem:
        return age_ms >= CLOCK_AGAIN_MS
    return age_ms >= session.settings.asking.clock_every_s * 1_000


def _orders(session: Session, now: Now) -> Iterator[Request]:
    deleted, alive = session.deletes, session.books.all_alive()
    # A count outlives the pause until the next list: only that says whether to ask again.
    session.not_found = {
        order.client_order_id: session.not_found[order.client_order_id]
        for order in alive
        if order.client_order_id in session.not_found
    }
    asked = [
        order
        for order in alive
        if must_ask(
            order,
            is_missing=order.client_order_id in session.watching.missing,
            is_deleted=order.cancel_wanted and deleted.was_tried(str(order.venue_order_id)),
        )
    ]
    names = [order.client_order_id for order in asked]
    session.asks.keep(names)
    for order in asked:
        if order.venue_order_id is not None and session.asks.is_due(
            order.client_order_id, now.mono_ms
        ):
            yield ReadOrder(
                client_order_id=order.client_order_id, venue_order_id=order.venue_order_id
            )


def _lists(session: Session, now: Now) -> Iterator[Request]:
    asking = session.settings.asking
    since = dict(session.resolver.lists_since())
    floor = [session.listed_since_ms]
    if (round_ms := session.clearance.since_ms()) is not None:
        floor.append(round_ms)
    for instrument in session.watching.instruments:
        since[instrument] = max([*floor, since.get(instrument, 0)])
    under_way = {one.instrument for one in session.pending if isinstance(one, ReadOpenOrders)}
    for instrument in session.watching.list_due(
        session.books,
        now.mono_ms,
        alive_ms=asking.open_orders_alive_ms,
        idle_ms=asking.open_orders_idle_ms,
        since=since,
    ):
        if instrument not in under_way:
            yield ReadOpenOrders(
                instrument=instrument,
                asked_ms=now.mono_ms,
                expected=watching.expected(session.books, instrument),
            )


def _fills(session: Session, now: Now, *, routine: bool) -> Iterator[Request]:
    """Yield sweeps: those under way and those that something waits for, or the routine ones."""
    waited = dict(session.resolver.sweeps_since())
    for name, from_ms in session.reconciler.sweeps_since(session.watching).items():
        waited[name] = max(from_ms, waited.get(name, from_ms))
    behind = [one for one in session.watching.instruments if sweep.wants_fills(session.books, one)]
    session.fills_again.keep(behind)
    for instrument in session.watching.instruments:
        under_way = session.watching.sweeps.get(instrument)
        since_ms = waited.get(instrument)
        if under_way is not None:
            if not routine:
                yield under_way.request()
        elif _sweep_due(session, instrument, now, routine=routine, since_ms=since_ms):
            yield _begin(session, instrument, now).request()


def _sweep_due(
    session: Session, instrument: str, now: Now, *, routine: bool, since_ms: int | None
) -> bool:
    books, watched, asking = session.books, session.watching, session.settings.asking
    age_ms = now.mono_ms - watched.swept_ms(instrument)
    if routine:
        alive = bool(books.alive(instrument))
        most_ms = asking.fills_alive_ms if alive else asking.fills_idle_s * 1_000
        return age_ms >= most_ms and session.phase is not Phase.STARTING
    if since_ms is not None and watched.swept_ms(instrument) < since_ms:
        return True
    if watched.sweep_wanted(instrument):
        return True
    return sweep.wants_fills(books, instrument) and session.fills_again.is_due(
        instrument, now.mono_ms
    )


def _begin(session: Session, instrument: str, now: Now) -> Sweep:
    return sweep.begin(
        instrument,
        session.books,
        session.settings.asking,
        now_ms=now.mono_ms,
        venue_ms=session.venue_ms(now),
    )


def _asked(session: Session, request: Request, now: Now) -> None:
    session.buckets[BUDGET_OF[type(request)]].take(now.mono_ms)
    session.pending[request] = now.mono_ms
    match request:
        case ReadServerTime():
            session.timed_ms = now.mono_ms
        case ReadOrder():
            session.asks.tried(request.client_order_id, now.mono_ms)
        case ReadOpenOrders():
            session.watching.asked(request.instrument, now.mono_ms)
        case ReadFills():
            instrument = request.instrument
            session.fills_again.tried(instrument, now.mono_ms)
            if instrument not in session.watching.sweeps:
                session.watching.sweeps[instrument] = _begin(session, instrument, now)
        case ReadTransfers():
            session.transfers.asked(request.kind, now.mono_ms)
        case _ if request == session.reconciler.request():
            session.reconciler.asked()
