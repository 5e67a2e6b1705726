"""Which orders must go, and which DELETEs are due for it.

A cancel is a wish until the venue shows the order over with all its fills booked. So a DELETE is
repeated until then, ever more slowly, and its answer decides nothing. An order of which we have no
venue id yet is resolved first.
"""

from actors.executor import facts, fitness, levels
from actors.executor.facts import Seen
from actors.executor.session import Now, Phase, Session
from actors.executor.states import Fact
from actors.executor.venue_calls import CANCELS, AskRights, CancelOrder
from actors.runtime.effects import Call, Write
from messages.orders import OrderState
from messages.state import Level
from store.rows import OrderRow

HALTED, SILENCE, STOPPING = "HALTED", "SILENCE", "STOPPING"
AHEAD_MAX = 4  # DELETEs given to the lane and not answered yet


def wish(session: Session, now: Now) -> list[Write]:
    """Return the entries that mark alive orders which must go, already taken into the books."""
    writes: list[Write] = []
    for order in session.books.all_alive():
        reason = why_gone(session, order)
        if reason is None or order.cancel_wanted or order.state is OrderState.CLOSING:
            continue
        seen = Seen(fact=Fact.CANCEL, code=reason)
        context = session.context(order.instrument, now)
        writes += facts.merge(session.books, order, seen, context)
    return writes


def why_gone(session: Session, order: OrderRow) -> str | None:
    """Return why *order* must not rest, None when it may."""
    level = levels.of_order(
        session.books.levels, strategy=order.strategy, instrument=order.instrument
    )
    if level is Level.HALTED:
        return HALTED
    if session.silent and session.settings.on_silence == "cancel":
        return SILENCE
    if session.phase is Phase.STOPPING and session.settings.on_stop == "cancel":
        return STOPPING
    if session.phase is Phase.ORPHANED and session.settings.on_silence == "cancel":
        return SILENCE
    return None


def ends_empty(session: Session) -> bool:
    """Return whether we are ending and nothing of ours may stay at the venue."""
    if session.phase is Phase.ORPHANED:
        return session.settings.on_silence == "cancel"
    return session.phase is Phase.STOPPING and session.settings.on_stop == "cancel"


def due(session: Session, now: Now) -> list[Call]:
    """Return the DELETEs to make now, within budget and lane; none while unarmed or throttled."""
    if session.settings.not_armed is not None or session.settings.dry_run:
        return []  # nothing at all is written to the venue
    if now.mono_ms < session.cancels_shut_ms or not session.may_sign(now):
        return []
    wanted = [
        CancelOrder(client_order_id=order.client_order_id, venue_order_id=order.venue_order_id)
        for order in session.books.all_alive()
        if order.cancel_wanted
        and order.state is OrderState.LIVE
        and order.venue_order_id is not None
    ]
    wanted += [
        CancelOrder(client_order_id=name, venue_order_id=key)
        for key, name in session.strays.items()
    ]
    session.deletes.keep(str(one.venue_order_id) for one in wanted)
    calls = _rights(session, now)
    bucket = session.buckets["cancel"]
    for request in wanted:
        key = str(request.venue_order_id)
        busy = request in session.pending or session.ahead(CANCELS) >= AHEAD_MAX
        if busy or not session.deletes.is_due(key, now.mono_ms):
            continue
        if not bucket.has_room(now.mono_ms):
            break
        bucket.take(now.mono_ms)
        session.deletes.tried(key, now.mono_ms)
        session.asks.tried(request.client_order_id, now.mono_ms)  # its answer hurries that
        session.pending[request] = now.mono_ms
        calls.append(Call(CANCELS, request))
    return calls


def _rights(session: Session, now: Now) -> list[Call]:
    """Return the question whether the key may write at all, where `live` is to begin with it."""
    asked = AskRights()
    if asked in session.pending or not fitness.rights_due(session, now):
        return []
    session.buckets["cancel"].take(now.mono_ms)
    session.doubts.asked_ms = now.mono_ms
    session.pending[asked] = now.mono_ms
    return [Call(CANCELS, asked)]
