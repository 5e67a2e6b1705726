"""What an answer of the venue leads to: entries of the journal, and what to ask next.

Whatever the books did not know before must have been recalled from the store by the caller. An
answer that did not come is no information about an order, but may be about our key or our clock.
"""

from collections.abc import Callable

from actors.executor import (
    clock_offset,
    comparing,
    evidence,
    facts,
    findings,
    fitness,
    flows,
    listing,
)
from actors.executor.facts import Seen
from actors.executor.levels import halt
from actors.executor.session import Now, Session
from actors.executor.states import Fact
from actors.executor.venue_calls import (
    Answer,
    AskRights,
    CancelOrder,
    NoAnswer,
    ReadAllOrders,
    ReadBalances,
    ReadFills,
    ReadOpenOrders,
    ReadOrder,
    ReadServerTime,
    ReadTransfers,
    SubmitOrder,
    lane_of,
    outcome_of,
)
from actors.runtime.effects import Called, Raised, Write
from actors.venues.port import (
    Connected,
    Lost,
    NotSent,
    OrderWoken,
    Reject,
    RejectKind,
    StreamEvent,
    VenueOrder,
)
from messages.state import Scope
from store.rows import OrderRow

NO_ANSWER = "NO_ANSWER"
AUTH_FAILED = "AUTH_FAILED"
ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
AUTH_REST_MS = 60_000  # many refusals in a row block the address: ask no more for a while
READS_REST_MS = 1_000  # after an answer that did not come without saying for how long
CANCELS_REST_MAX_MS = 60_000  # what must go is tried again, however long the venue says
LOOK_AFTER_ACK_MS = 150  # a new order may have met the book at once
LOOK_AFTER_WAKING_MS = 100  # the stream runs ahead of what queries show


def called(session: Session, heard: Called, now: Now) -> list[Write]:
    """Return what the answer of a lane leads to, already taken into the books."""
    request, result = heard.request, heard.result
    if isinstance(request, SubmitOrder):
        return _submitted(session, request, result, now)
    session.pending.pop(request, None)
    if isinstance(result, Raised):
        result = NoAnswer(code="RAISED", reason=type(result.error).__name__)
    if isinstance(result, Answer | NoAnswer):
        status = None if result.http is None else result.http.status
        fitness.answered(session, status, now)
        session.answering.heard(request, result, now.mono_ms)
    writes = _not_answered(session, request, result, now) if isinstance(result, NoAnswer) else []
    for kind, reaction in _REACTIONS.items():
        if isinstance(request, kind):
            return [*writes, *reaction(session, request, result, now)]
    return writes


def overdue(session: Session, now: Now) -> list[Write]:
    """Take calls without any answer for as not answered, so that they may be made again.

    An answer that comes later is one more fact.
    """
    most_ms = session.settings.asking.overdue_ms
    writes: list[Write] = []
    for request, asked_ms in list(session.pending.items()):
        if now.mono_ms - asked_ms >= most_ms:
            none = NoAnswer(code=NO_ANSWER, reason=f"none within {most_ms:,} ms")
            writes += called(session, Called(lane_of(request), request, none), now)
    return writes


def landed(session: Session, heard: Called) -> None:
    """Take note that an order is no longer on its way. Under the gate's lock."""
    if isinstance(heard.request, SubmitOrder):
        session.in_flight.pop(heard.request.client_order_id, None)


def woken(session: Session, event: StreamEvent, now: Now) -> list[Write]:
    """Take what a private stream says as a reason to look: only reads decide."""
    session.answering.streamed(event, now.mono_ms)
    match event:
        case OrderWoken():
            session.watching.look_at(event.instrument, now.mono_ms + LOOK_AFTER_WAKING_MS)
        case Connected():
            for instrument in session.watching.instruments:
                session.watching.look_at(instrument, now.mono_ms)
                session.watching.want_sweep(instrument, now.mono_ms)
    return []


def _submitted(session: Session, request: SubmitOrder, result: object, now: Now) -> list[Write]:
    order = session.books.orders.get(request.client_order_id)
    session.accepted_ms.pop(request.client_order_id, None)
    if order is None:
        return []
    outcome = outcome_of(result)
    http = result.http if isinstance(result, Answer) else None
    word = f"{type(outcome).__name__} {_word(outcome)}".strip()
    row = evidence.http_row(order.client_order_id, http, word)
    writes = facts.merge(
        session.books,
        order,
        evidence.of_outcome(outcome, row),
        session.context(order.instrument, now),
    )
    session.watching.look_at(order.instrument, now.mono_ms + LOOK_AFTER_ACK_MS)
    if isinstance(outcome, Reject):
        writes += _refused(session, outcome.kind, outcome.code, now)
        if outcome.kind is RejectKind.THROTTLED:
            session.orders_shut_ms = now.mono_ms + (outcome.retry_after_ms or READS_REST_MS)
    return writes


def _refused(session: Session, kind: RejectKind, code: str, now: Now) -> list[Write]:
    if kind is RejectKind.STAMP:
        session.clock_problem = f"the venue refused our time: {code}"
    if kind is not RejectKind.AUTH:
        return []
    fitness.key_refused(session, code)
    session.reads_shut_ms = now.mono_ms + AUTH_REST_MS
    return findings.halted(session, halt(Scope.DESK, "", AUTH_FAILED, 0), {"said": code}, now)


def _not_answered(session: Session, request: object, why: NoAnswer, now: Now) -> list[Write]:
    if isinstance(request, ReadTransfers) and why.retry_after_ms is None:
        return []  # a key may be without that permission; the difference stands without it
    if isinstance(request, ReadAllOrders):
        session.resolver.failed(request.instrument, f"{why.code}: {why.reason}"[:120])
    if isinstance(request, ReadBalances):
        session.reconciler.failed(request.number)
    if isinstance(request, ReadFills):
        session.watching.sweeps.pop(request.instrument, None)
    if isinstance(request, AskRights) and why.refused is RejectKind.AUTH:
        fitness.may_not_trade(session, why.code)
    if why.refused is not None:
        writes = _refused(session, why.refused, why.code, now)
        if writes or isinstance(request, ReadOrder | CancelOrder):
            return writes
    if isinstance(request, CancelOrder | AskRights):
        _rest_from_cancels(session, request, why, now)
        return []
    rest_ms = why.retry_after_ms or READS_REST_MS
    session.reads_shut_ms = max(session.reads_shut_ms, now.mono_ms + rest_ms)
    return []


def _rest_from_cancels(
    session: Session, request: CancelOrder | AskRights, why: NoAnswer, now: Now
) -> None:
    """Send no DELETE before the venue wants one again: until then each prolongs the block."""
    if why.retry_after_ms is None:
        return
    rest_ms = min(why.retry_after_ms, CANCELS_REST_MAX_MS)
    session.cancels_shut_ms = max(session.cancels_shut_ms, now.mono_ms + rest_ms)
    if isinstance(request, CancelOrder):
        session.deletes.hurry(str(request.venue_order_id))  # then it is among the first


def _cancelled(session: Session, request: CancelOrder, result: object, now: Now) -> list[Write]:
    session.strays.pop(request.venue_order_id, None)
    order = session.books.orders.get(request.client_order_id)
    if order is None:
        return []
    http = result.http if isinstance(result, Answer | NoAnswer) else None
    row = evidence.http_row(order.client_order_id, http, evidence.meaning(result))
    session.asks.hurry(order.client_order_id)
    seen = Seen(fact=Fact.ANSWER, code=evidence.meaning(result), http=row)
    return facts.merge(session.books, order, seen, session.context(order.instrument, now))


def _order_read(session: Session, request: ReadOrder, result: object, now: Now) -> list[Write]:
    order = session.books.orders.get(request.client_order_id)
    if order is None:
        return []
    http = result.http if isinstance(result, Answer | NoAnswer) else None
    row = evidence.http_row(order.client_order_id, http, evidence.meaning(result))
    context = session.context(order.instrument, now)
    if isinstance(result, Answer) and isinstance(result.value, VenueOrder):
        session.watching.missing.pop(order.client_order_id, None)
        session.not_found.pop(order.client_order_id, None)
        seen = evidence.of_order(result.value, row)
        if seen is None or result.value.client_order_id != order.client_order_id:
            seen = Seen(fact=Fact.ANSWER, code="UNREADABLE", http=row)
        return listing.order_seen(session, order, result.value, seen, now)
    seen = Seen(fact=Fact.ANSWER, code=evidence.meaning(result), http=row)
    writes = facts.merge(session.books, order, seen, context)
    if isinstance(result, NoAnswer) and result.refused is RejectKind.ORDER:
        writes += _not_found(session, order, result.code, now)
    return writes


def _not_found(session: Session, order: OrderRow, code: str, now: Now) -> list[Write]:
    """Count that the venue does not find an id of its own, once queries must show the order."""
    name = order.client_order_id
    session.watching.missing.pop(name, None)  # the next list says whether to ask again
    settings, lag_ms = session.settings, session.settings.visibility_lag_s * 1_000
    known_ms = now.wall_ms - (order.confirmed_ms or now.wall_ms)
    sent_ms = session.venue_ms(now) - order.stamp_ms  # the wall clock may have been stepped
    if min(known_ms, sent_ms) < lag_ms:
        return []
    count = session.not_found[name] = session.not_found.get(name, 0) + 1
    if count < settings.asking.not_found_max:
        return []
    row = halt(Scope.INSTRUMENT, order.instrument, f"{ORDER_NOT_FOUND} {name}", 0)
    return findings.halted(session, row, {"said": code, "times": count}, now)


def _timed(session: Session, request: ReadServerTime, result: object, now: Now) -> list[Write]:
    if not isinstance(result, Answer) or not isinstance(result.value, clock_offset.Measured):
        return []
    session.timed_ms = now.mono_ms
    if session.clock is None:
        for order in session.books.all_alive():  # what filled while nobody was here
            session.watching.want_sweep(order.instrument, now.mono_ms)
    before, wall_minus_mono_ms = session.belief, now.wall_ms - now.mono_ms
    believed = clock_offset.heard(
        before,
        result.value,
        wall_minus_mono_ms=wall_minus_mono_ms,
        step_max_ms=session.settings.clock_jump_max_ms,
    )
    session.belief = believed
    session.clock_problem = clock_offset.problem(believed, wall_minus_mono_ms)
    said_twice = None if before.against is None else believed.against
    if (clock := said_twice or believed.clock) is not None:
        fitness.clock_seen(session, clock, now)
    return []


def _rights_told(session: Session, request: AskRights, result: object, now: Now) -> list[Write]:
    session.doubts.told = isinstance(result, Answer)
    http = result.http if isinstance(result, Answer | NoAnswer) else None
    fitness.rights_answered(session, None if http is None else http.status, now)
    return []


def _word(outcome: object) -> str:
    match outcome:
        case Reject():
            return outcome.code
        case Lost() | NotSent():
            return outcome.reason
    return ""


_REACTIONS: dict[type, Callable[..., list[Write]]] = {
    AskRights: _rights_told,
    CancelOrder: _cancelled,
    ReadOrder: _order_read,
    ReadOpenOrders: listing.listed,
    ReadAllOrders: listing.paged,
    ReadFills: listing.swept,
    ReadBalances: comparing.read,
    ReadTransfers: flows.read,
    ReadServerTime: _timed,
}
