"""With which weight the log says what an entry of the journal says."""

from collections.abc import Callable

from actors.executor.answering import STREAM, Answering, Turn
from actors.runtime.parts import Log
from store.rows import Entry


def tell(log: Log, entry: Entry) -> None:
    """Say in the log what an entry of the journal says, with the weight it has."""
    say = _TOLD.get(entry.kind, _TOLD[""])
    say(log.bind(kind=entry.kind, subject=entry.subject, cause=entry.cause))


def answered(log: Log, answering: Answering) -> None:
    """Say in the log what the venue answers no longer or again, and what cannot be read."""
    if (misread := answering.misread.take()) is not None:
        log.warning("frames_unreadable", **misread)
    for code in answering.take_odd():
        log.warning("read_odd", code=code)
    for turn in answering.take_turns():
        _turned(log, turn)


def _turned(log: Log, turn: Turn) -> None:
    if turn.what == STREAM and turn.code:
        log.warning("private_stream_lost", reason=turn.reason)
    elif turn.what == STREAM:
        log.info("private_stream_up", lost_ms=turn.for_ms)
    elif turn.code:
        log.warning("read_failed", read=turn.what, code=turn.code, reason=turn.reason)
    else:
        log.info("read_answered", read=turn.what, failed_ms=turn.for_ms, times=turn.times)


_TOLD: dict[str, Callable[[Log], object]] = {
    "": lambda log: log.debug("entry_written"),
    "Opened": lambda log: log.info("books_opened"),
    "OrderAccepted": lambda log: log.info("order_accepted"),
    "OrderLive": lambda log: log.info("order_live"),
    "OrderClosing": lambda log: log.info("order_closing"),
    "OrderRejected": lambda log: log.warning("order_rejected"),
    "OrderNotSent": lambda log: log.warning("order_not_sent"),
    "OrderUnknown": lambda log: log.warning("order_outcome_unknown"),
    "OrderAbsent": lambda log: log.warning("order_absent"),
    "CancelWanted": lambda log: log.info("cancel_wanted"),
    "FillBooked": lambda log: log.info("fill_booked"),
    "FillLate": lambda log: log.error("late_fill_booked"),
    "GhostRevived": lambda log: log.critical("ghost_revived"),
    "VenueContradicted": lambda log: log.error("venue_contradicted"),
    "LevelChanged": lambda log: log.warning("level_changed"),
    "KillLatched": lambda log: log.critical("desk_latched"),
    "Resumed": lambda log: log.warning("desk_unlatched"),
    "Reconciled": lambda log: log.info("reconcile_finished"),
    "PermitsLapsed": lambda log: log.warning("permit_lapsed"),
    "PermitsReturned": lambda log: log.info("permit_returned"),
}
