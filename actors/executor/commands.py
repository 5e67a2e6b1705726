"""What commands lead to: kill, resume, levels, and the questions the executor is asked.

Every command may come again; it then changes nothing more and gets the same answer.
"""

from typing import Any

from actors.executor import levels, reconcile, resolver
from actors.executor.draft import Draft
from actors.executor.session import KILL_EPOCH, Now, Question, Session
from actors.runtime.effects import Back, Route, Write
from messages.control import Reply, SetLevel
from messages.money import text
from messages.state import Level, Scope
from store.rows import LevelRow, MetaRow

ALIVE_TOLD_MAX = 100
QUESTIONS_MAX = 64  # who may wait for a comparison at once


def kill(session: Session, reason: str, now: Now) -> list[Write]:
    """Return the entry of the kill latch, nothing when it stands."""
    session.resume_code = None
    if levels.is_latched(session.books.levels):
        return []
    draft = Draft(session.books, at_ms=now.wall_ms)
    draft.put(levels.latch(reason, now.wall_ms))
    cause = {"reason": reason, "in_flight": list(session.in_flight)}
    return [draft.write("KillLatched", "desk", cause)]


def kill_seen(session: Session, present: bool, now: Now) -> list[Write]:
    """Return what the file KILL leads to: it is a kill by itself.

    Where the latch stands it is no news: the code of a report stays good while a person reads.
    """
    if not present or levels.is_latched(session.books.levels):
        return []
    return kill(session, "the file KILL is there", now)


def killed(session: Session) -> Reply:
    """Return what a kill has come to so far."""
    report = _progress(session)
    return Reply(
        ok=True,
        code="OK",
        message="nothing is sent any more" + (", nothing rests" if report["clear"] else ""),
        report=report,
    )


def resume_report(session: Session, code: str, now: Now) -> Reply:
    """Return what lifting the latch would lead to, with the code that confirms it."""
    if (blocked := _resume_blocked(session, now)) is not None:
        return blocked
    until_ms = now.mono_ms + session.settings.resume_code_s * 1_000
    before = session.resume_code
    if before is None or before[1] <= now.mono_ms:
        session.resume_code = before = (code, until_ms)
    return Reply(
        ok=True,
        code="CONFIRM",
        message=f"confirm with this code within {session.settings.resume_code_s} s",
        report=status(session, now) | {"confirm": before[0]},
    )


def may_resume(session: Session, code: str, now: Now) -> Reply | None:
    """Return why *code* does not lift the latch, None when it does."""
    if (blocked := _resume_blocked(session, now)) is not None:
        return blocked
    given = session.resume_code
    if given is None or given[1] <= now.mono_ms or given[0] != code:
        return _no(session, "WRONG_CODE", "ask for a report first: its code counts for a minute")
    return None


def resume(session: Session, now: Now) -> list[Write]:
    """Return the entry that lifts the latch; everything said under the old epoch is worthless."""
    session.resume_code = None
    session.permits.forget()
    draft = Draft(session.books, at_ms=now.wall_ms)
    row = levels.latch("", now.wall_ms)
    draft.put(
        LevelRow(
            scope=row.scope,
            name=row.name,
            source=row.source,
            level=Level.ACTIVE,
            reason="RESUMED",
            at_ms=now.wall_ms,
        ),
        MetaRow(key=KILL_EPOCH, value=str(session.kill_epoch + 1)),
    )
    return [draft.write("Resumed", "desk", {"kill_epoch": session.kill_epoch + 1})]


def resumed(session: Session, now: Now) -> Reply:
    """Return the answer to a code that was right."""
    return Reply(
        ok=True,
        code="OK",
        message="the kill latch is lifted",
        report=status(session, now),
    )


def set_level(session: Session, wish: SetLevel, now: Now) -> tuple[list[Write], Reply]:
    """Return what a new level leads to and the answer."""
    if session.store_problem:
        return [], _no(session, "STORE_UNUSABLE", "no level would be remembered; nothing is sent")
    if (unknown := _unknown_name(session, wish)) is not None:
        return [], unknown
    draft = Draft(session.books, at_ms=now.wall_ms)
    held = [(wish.scope, wish.name, source) for source in levels.MACHINES]
    missing = _missing(session, max(session.books.raised.get(key, 0) for key in held))
    writes, reply = levels.set_level(draft, wish, missing=missing)
    if reply.code == levels.NOT_RECONCILED:
        session.reconciler.want(now.mono_ms)
    return writes, reply


def status_reply(session: Session, now: Now) -> Reply:
    """Return the answer to who asks how we are."""
    waiting = session.waiting_for()
    return Reply(
        ok=True,
        code="OK",
        message=f"waiting for {waiting}" if waiting else session.phase.value,
        report=status(session, now),
    )


def status(session: Session, now: Now) -> dict[str, Any]:
    """Return how the executor stands, as plain values."""
    last = session.reconciler.last
    clock, answering = session.clock, session.answering
    return _progress(session) | {
        "phase": session.phase.value,
        "level": levels.of_scope(session.books.levels, Scope.DESK, "").value,
        "levels": [
            {
                "scope": one.scope.value,
                "name": one.name,
                "source": one.source,
                "level": one.level.value,
                "reason": one.reason,
                "at_ms": one.at_ms,
            }
            for one in levels.entries(session.books.levels)
        ],
        "latched": levels.is_latched(session.books.levels),
        "kill_epoch": session.kill_epoch,
        "epoch": session.epoch,
        "reconciled": session.reconciled,
        "differences": [] if last is None else [one.plain() for one in last.differences],
        "reconciled_age_ms": None if last is None else now.mono_ms - last.heard_ms,
        "reconcile_every_ms": session.settings.asking.reconcile_every_s * 1_000,
        "reads_failing": answering.reads_failing(now.mono_ms),
        "unanswered": answering.unanswered,
        "unreadable": answering.misread.count,
        "odd": dict(answering.odd),
        "private_stream": answering.stream(now.mono_ms),
        "unknown_orders": resolver.report(session.books, session.resolver.evidence, now.wall_ms),
        "clock_offset_ms": None if clock is None else clock.now_ms(now.mono_ms) - now.wall_ms,
        "clock_error_ms": None if clock is None else clock.error_at(now.mono_ms),
        "permit_silence_ms": session.permits.silent_ms(now.mono_ms),
        "dry_run": session.settings.dry_run,
        "armed": session.settings.not_armed,
        "fills_booked": session.fills_booked,
        "transfers": list(session.transfers.booked),
        "foreign_orders": [one.plain() for one in session.foreign.orders()[:ALIVE_TOLD_MAX]],
    }


def ask_to_reconcile(session: Session, route: Route, now: Now) -> list[Back]:
    """Have a comparison made for whoever asks at *route*; asking again changes nothing.

    Returns the answer to who comes when too many wait already.
    """
    if any(one.route == route for one in session.questions):
        return []
    if len(session.questions) >= QUESTIONS_MAX:
        return [Back(route, _no(session, "BUSY", f"{QUESTIONS_MAX} wait for a comparison already"))]
    session.questions.append(Question(route=route, asked_ms=now.mono_ms))
    session.reconciler.want(now.mono_ms)
    return []


def wants_quiet(session: Session, now: Now) -> bool:
    """Return whether somebody has waited so long for a comparison that entries make way for it.

    Bounded by the patience of a question. Exits and cancels go on.
    """
    hush_ms = session.settings.asking.reconcile_hush_ms
    return any(now.mono_ms - one.asked_ms >= hush_ms for one in session.questions)


def answers(session: Session, now: Now) -> list[Back]:
    """Return the answers that are due to those who asked for a comparison."""
    due = [one for one in session.questions if _is_answered(session, one, now)]
    session.questions = [one for one in session.questions if one not in due]
    return [Back(one.route, _comparison(session, one, now)) for one in due]


def _is_answered(session: Session, one: Question, now: Now) -> bool:
    last = session.reconciler.last
    patience_ms = session.settings.asking.reconcile_patience_s * 1_000
    if now.mono_ms - one.asked_ms >= patience_ms:
        return True
    if last is None or last.asked_ms < one.asked_ms:
        return False
    return last.is_clean or bool(session.reconciler.certain)


def _comparison(session: Session, one: Question, now: Now) -> Reply:
    last = session.reconciler.last
    lost = resolver.report(session.books, session.resolver.evidence, now.wall_ms)
    if last is None or last.asked_ms < one.asked_ms:
        report: dict[str, Any] = {"clean": False, "unknown": lost, "at_seq": session.books.seq}
        return Reply(ok=False, code="NOT_QUIET", message=session.waiting_for(), report=report)
    report = {
        "clean": last.is_clean,
        "differences": [one.plain() for one in last.differences],
        "unclear": list(last.unclear),
        "unknown": lost,
        "at_seq": session.checked_seq,
        "venue": reconcile.plain(last.balances),
    }
    code = "OK" if last.is_clean else reconcile.BOOKS_DIFFER
    if last.unclear:
        code = "UNKNOWN_ORDERS"
    said = "books and venue agree" if last.is_clean else "books and venue differ, or may differ"
    return Reply(ok=last.is_clean, code=code, message=said, report=report)


def _progress(session: Session) -> dict[str, Any]:
    alive = session.books.all_alive()
    lost = resolver.unknown(session.books)
    return {
        "seq": session.books.seq,
        "in_flight": list(session.in_flight),
        "passed_ns": session.passed_ns,
        "alive": [order.client_order_id for order in alive[:ALIVE_TOLD_MAX]],
        "alive_count": len(alive),
        "unknown": [order.client_order_id for orders in lost.values() for order in orders],
        "clear": session.clearance.is_clear,
    }


def _missing(session: Session, from_seq: int) -> str:
    """Return what is missing until books and venue agree, empty when nothing is.

    Only a comparison whose reads began after the entry *from_seq* says something of what it was
    about.
    """
    last, lost = session.reconciler.last, resolver.unknown(session.books)
    if lost:
        names = [order.client_order_id for orders in lost.values() for order in orders]
        return f"what became of {', '.join(names[:ALIVE_TOLD_MAX])} is not known yet"
    if last is None or last.from_seq < from_seq:
        return "they are compared anew, ask again in a moment"
    said = [f"{one.asset} {one.account} differs by {text(one.amount)}" for one in last.differences]
    said += [f"an order that touches {asset} is incomplete" for asset in last.unclear]
    return ", ".join(said)


def _resume_blocked(session: Session, now: Now) -> Reply | None:
    if not levels.is_latched(session.books.levels):
        return Reply(ok=True, code="NOT_LATCHED", message="nothing to resume: not killed")
    if missing := _missing(session, session.books.raised.get(levels.LATCH, 0)):
        session.reconciler.want(now.mono_ms)
        return _no(session, levels.NOT_RECONCILED, f"books and venue must agree first: {missing}")
    return None


def _unknown_name(session: Session, wish: SetLevel) -> Reply | None:
    """Return why a person's level would hold nothing back, None when it does.

    A mistyped name must not be answered with "halted". Taking a level back is never refused here.
    """
    if wish.source != levels.OPERATOR or wish.level is Level.ACTIVE:
        return None
    held = session.books.positions
    if wish.scope is Scope.INSTRUMENT:
        code, kind = "UNKNOWN_INSTRUMENT", "instruments"
        known = {*session.watching.instruments, *(instrument for _, instrument in held)}
    elif wish.scope is Scope.STRATEGY:
        code, kind = "UNKNOWN_STRATEGY", "strategies"
        known = {*session.desk.strategies, *(strategy for strategy, _ in held if strategy)}
    else:
        return None
    if not wish.name or wish.name in known:  # no name at all is told apart: WRONG_SCOPE
        return None
    said = f"{wish.name!r:.80} is none of this desk's {kind}: {', '.join(sorted(known))}"
    return _no(session, code, said)


def _no(session: Session, code: str, message: str) -> Reply:
    return Reply(ok=False, code=code, message=message, report=_progress(session))
