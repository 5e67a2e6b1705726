"""What the executor owes at any moment without being asked: to look after what is alive.

Called after everything that was heard and on every tick. Returns entries first, then calls.
"""

from actors.executor import (
    cancels,
    clock_offset,
    facts,
    findings,
    fitness,
    hear,
    levels,
    opening,
    reads,
    silence,
    valuing,
)
from actors.executor.draft import Draft
from actors.executor.facts import Seen
from actors.executor.levels import EXECUTOR
from actors.executor.resolver import unknown
from actors.executor.session import Now, Phase, Session
from actors.executor.states import Fact
from actors.runtime.effects import Call, Write
from messages.orders import OrderState
from messages.state import Level, Scope
from store.rows import LevelRow

RESTART = "RESTART"
CAUSE_OVER = "CAUSE_OVER"


def do(session: Session, now: Now) -> list[Write | Call]:
    """Return everything that is due now."""
    writes = [
        *_lost(session, now),
        *hear.overdue(session, now),
        *_pause(session, now),
        *_hear_silence(session, now),
        *cancels.wish(session, now),
        *_resolve(session, now),
        *findings.fills_missing(session, now),
        *opening.cost_known(session.books, session.marks, at_ms=now.wall_ms),
        *valuing.write_down(session, now),
    ]
    session.watching.forget_ended(session.books)
    _reconcile(session, now)
    _clear(session, now)
    return [*writes, *cancels.due(session, now), *reads.due(session, now)]


def restarted(session: Session, now: Now) -> list[Write]:
    """Return the entries by which we do not know what was sent before the start."""
    writes: list[Write] = []
    for order in session.books.all_alive():
        if order.state is OrderState.SENDING:
            seen = Seen(fact=Fact.RESTART, code=RESTART)
            context = session.context(order.instrument, now)
            writes += facts.merge(session.books, order, seen, context)
    return writes


def _lost(session: Session, now: Now) -> list[Write]:
    """Declare answers lost that are overdue; one that comes later is one more fact."""
    writes: list[Write] = []
    for name, accepted_ms in list(session.accepted_ms.items()):
        if now.mono_ms - accepted_ms < session.settings.answer_wait_ms:
            continue
        del session.accepted_ms[name]
        order = session.books.orders.get(name)
        if order is not None and order.state is OrderState.SENDING:
            seen = Seen(fact=Fact.LOST, code=hear.NO_ANSWER)
            context = session.context(order.instrument, now)
            writes += facts.merge(session.books, order, seen, context)
    return writes


def _pause(session: Session, now: Now) -> list[Write]:
    """Return the entry of the executor's own PAUSED, which comes and goes with its cause."""
    apart_ms = now.wall_ms - now.mono_ms
    most_ms = session.settings.clock_jump_max_ms
    if clock_offset.jumped(session.wall_minus_mono_ms, apart_ms, most_ms=most_ms):
        jump_ms = apart_ms - session.wall_minus_mono_ms
        session.clock_problem = f"the wall clock jumped by {jump_ms} ms"
    session.wall_minus_mono_ms = apart_ms
    there = session.books.levels.get((Scope.DESK, "", EXECUTOR))
    level = there.level if there is not None else Level.ACTIVE
    if level is Level.HALTED:
        return []
    reason = _pause_reason(session)
    if reason is None and level is Level.ACTIVE:
        return []
    row = LevelRow(
        scope=Scope.DESK,
        name="",
        source=EXECUTOR,
        level=Level.ACTIVE if reason is None else Level.PAUSED,
        reason=reason or CAUSE_OVER,
        at_ms=now.wall_ms,
    )
    return findings.halted(session, row, {}, now)


def _pause_reason(session: Session) -> str | None:
    if session.clock_problem and session.phase is not Phase.STARTING:
        return "CLOCK_UNKNOWN"
    lost = sum(len(orders) for orders in unknown(session.books).values())
    if lost >= session.settings.unknown_max:
        return "UNKNOWN_ORDERS"
    return None


def _hear_silence(session: Session, now: Now) -> list[Write]:
    changed = silence.listen(session, now)
    if changed is None:
        return []
    draft = Draft(session.books, at_ms=now.wall_ms)
    silent_ms = session.permits.silent_ms(now.mono_ms)
    return [draft.write(changed, "desk", {"silent_ms": silent_ms})]


def _resolve(session: Session, now: Now) -> list[Write]:
    resolver = session.resolver
    resolver.begin(session.books, session.clock, now.mono_ms)
    writes: list[Write] = []
    for name in resolver.conclude(session.books, session.watching, session.clock):
        order = session.books.orders[name]
        seen = Seen(fact=Fact.ABSENT, code="NOT_FOUND_TWICE")
        writes += facts.merge(session.books, order, seen, session.context(order.instrument, now))
    return writes


def _reconcile(session: Session, now: Now) -> None:
    reconciler, watching = session.reconciler, session.watching
    if session.store_problem or fitness.asks_rights(session):
        return  # there are no books to compare, or the key is not known to be fit for trading
    if reconciler.is_due(now.mono_ms) and session.clock is not None:
        reconciler.begin(session.books, watching.instruments, now_ms=now.mono_ms)
    all_listed = watching.all_listed_since(session.started_ms) and not watching.missing
    reconciler.advance(session.books, watching, all_listed=all_listed, now_ms=now.mono_ms)


def _clear(session: Session, now: Now) -> None:
    """Keep asking whether the venue shows anything of ours, while nothing of it may rest."""
    level = levels.of_scope(session.books.levels, Scope.DESK, "")
    silent = session.silent and session.settings.on_silence == "cancel"
    ends = cancels.ends_empty(session)
    if level is Level.HALTED or silent or ends:
        session.clearance.advance(
            session.books, session.watching, _on_their_way(session, now), now.mono_ms
        )
    else:
        session.clearance.stop()


def _on_their_way(session: Session, now: Now) -> int:
    """Return how many orders may still reach the venue.

    Without books nobody knows what a process that died has sent: one is assumed for as long as the
    venue takes a signed stamp and then shows what came of it.
    """
    settings = session.settings
    known_ms = session.started_ms + settings.window_ms + settings.visibility_lag_s * 1_000
    assumed = bool(session.store_problem) and now.mono_ms <= known_ms
    return len(session.in_flight) + assumed
