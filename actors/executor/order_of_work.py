"""In which order a turn's effects happen: durable first, then what is said, then what is sent.

New orders leave before anybody is told of them: who hears of them has nothing to do for them.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from actors.executor import cancels, commands, duties, ending, published
from actors.executor.accept import Accepted, Moment
from actors.executor.session import Now, Session
from actors.executor.venue_calls import ORDERS, SubmitOrder
from actors.runtime.effects import After, Call, Exit, Tick, Write

WORK, STATUS, STATES = "work", "status", "states"  # timers
EVERY_MS = {WORK: 50, STATUS: 250, STATES: 1_000}


class Lane(Struct, frozen=True):
    """What the shell saw of the orders lane: room, the file KILL, the first stamp to sign."""

    room: int
    kill_file: bool
    stamp_ms: int


def after(session: Session, effects: Iterable[object], now: Now) -> list[object]:
    """Return *effects* and everything that is due because of them, in order."""
    heard = [*effects, *duties.do(session, now), *ending.advance(session, now)]
    heard += changed(session, now)
    return in_order([*heard, *commands.answers(session, now)])


def in_order(effects: Sequence[object]) -> list[object]:
    """Return *effects*: writes, then what is said, then calls, timers and the end."""
    return sorted(effects, key=_rank)


def again(timer: str) -> After:
    """Return what lets *timer* ring again."""
    return After(EVERY_MS[timer], Tick(timer))


def moment(session: Session, instrument: str, now: Now, *, lane: Lane) -> Moment:
    """Return what holds right now for a batch on *instrument*."""
    shut = now.mono_ms < session.orders_shut_ms
    paid = session.buckets["submit"].calls_left(now.mono_ms)
    return Moment(
        context=session.context(instrument, now),
        view=session.view(now),
        gate=session.gate(),
        kill_file=lane.kill_file,
        room=0 if shut else min(lane.room, paid),
        now_ns=now.mono_ns,
        stamp_ms=lane.stamp_ms,
        is_hushed=commands.wants_quiet(session, now),
    )


def answered(session: Session, answer: Accepted, now: Now) -> list[object]:
    """Return what an answered batch leads to; takes note of what is now on its way.

    Nothing else is looked after here: between a quote and its order every millisecond counts.
    """
    for send in answer.sends:
        session.accepted.append(now.mono_ms)
        session.accepted_ms[send.client_order_id] = now.mono_ms
        session.buckets["submit"].take(now.mono_ms)
    said = [] if answer.ack is None else [answer.ack]
    calls = [Call(ORDERS, send) for send in answer.sends]
    due = cancels.due(session, now) if answer.ack is not None and answer.ack.cancels else []
    return [*answer.writes, *calls, *said, *answer.refused, *changed(session, now), *due]


def changed(session: Session, now: Now) -> list[object]:
    """Return the states of what changed since they were said last, and the account's with them.

    Without a store nothing is known that could be said.
    """
    if session.store_problem:
        return []
    states = [
        published.instrument_state(session, name, now)
        for name in session.books.take_touched()
        if name in session.desk.instruments
    ]
    return [*states, published.account_state(session, now)] if states else []


def all_states(session: Session, now: Now) -> list[object]:
    """Return every state, as they are repeated."""
    if session.store_problem:
        return []
    states = [published.instrument_state(session, name, now) for name in session.desk.instruments]
    return [*states, published.account_state(session, now)]


def _rank(effect: object) -> int:
    match effect:
        case Write():
            return 0
        case Call():
            return 2 if isinstance(effect.request, SubmitOrder) else 3
        case After() | Exit():
            return 4
    return 1
