"""What two reads of the balances lead to: the opening, a clean bill, or halted instruments."""

from msgspec.structs import replace

from actors.executor import fitness, flows, opening, reconcile
from actors.executor.draft import Draft
from actors.executor.findings import halted
from actors.executor.levels import halt
from actors.executor.reconcile import Checked
from actors.executor.session import Now, Phase, Session
from actors.executor.venue_calls import Answer, ReadBalances
from actors.runtime.effects import Write
from actors.venues.port import VenueBalance
from messages.money import ZERO
from messages.state import Scope
from store.rows import MetaRow


def read(session: Session, request: ReadBalances, result: object, now: Now) -> list[Write]:
    if not isinstance(result, Answer) or not isinstance(result.value, list):
        return []
    rows = [row for row in result.value if isinstance(row, VenueBalance)]
    quiet = session.reconciler.heard(
        request.number,
        rows,
        fills=session.fills_booked,
        newest_fill_ms=session.newest_fill_ms,
        now_ms=now.mono_ms,
    )
    if quiet is None:
        return []
    standing, balances = quiet
    writes: list[Write] = []
    if opening.opened_ms(session.books) is None:
        writes.append(
            opening.open_books(
                session.books,
                [_opening(one) for one in balances] if session.foreign.is_let else balances,
                instruments=session.desk.instruments,
                owners=session.settings.adopt,
                venue_ms=session.venue_ms(now) - (now.mono_ms - session.reconciler.between_ms),
                at_ms=now.wall_ms,
            )
        )
    writes += flows.asked_for(session, balances, now)
    checked = reconcile.compare(
        session.books,
        balances,
        standing,
        now_ms=now.mono_ms,
        fees_gross=session.settings.fees.gross_taker,
        lately_ms=session.settings.hidden_since_ms(now.wall_ms),
        totals_only=session.foreign.is_let,
    )
    return [*writes, *_checked(session, checked, now)]


def _opening(one: VenueBalance) -> VenueBalance:
    """Return *one* with what orders of others hold as free: it is theirs only while they rest."""
    return replace(one, free=one.free + one.held, held=ZERO)


def _checked(session: Session, checked: Checked, now: Now) -> list[Write]:
    """Take a comparison: halt what differs for good; the first clean or certain one makes ready."""
    session.checked_seq = session.books.seq
    session.transfers.compared(checked)
    certain = session.reconciler.judge(checked)
    writes: list[Write] = []
    for instrument, reason in reconcile.affected(certain, session.watching.instruments).items():
        row = halt(Scope.INSTRUMENT, instrument, reason, 0)
        cause = {"differences": [one.plain() for one in certain]}
        writes += halted(session, row, cause, now)
    if session.phase is Phase.STARTING and (certain or not checked.differences):
        session.phase = Phase.RUNNING
        session.reconciled = True
        writes.append(reconciled(session, checked, now))
    return writes


def reconciled(session: Session, checked: Checked, now: Now) -> Write:
    """Return the entry that says how books and venue stand, with the venue's own amounts."""
    draft = Draft(session.books, at_ms=now.wall_ms)
    cause = {
        "clean": checked.is_clean,
        "phase": session.phase.value,
        "differences": [one.plain() for one in checked.differences],
        "unclear": list(checked.unclear),
        "venue": reconcile.plain(checked.balances),
    }
    if session.desk.mode == "live" and not fitness.is_of_run(session.books, session.run_id):
        draft.put(MetaRow(key=fitness.RUN, value=session.run_id))
    return draft.write("Reconciled", "desk", cause)
