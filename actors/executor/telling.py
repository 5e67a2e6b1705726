"""With which weight the log says what an entry of the journal says."""

from collections.abc import Callable

from actors.runtime.parts import Log
from store.rows import Entry


def tell(log: Log, entry: Entry) -> None:
    """Say in the log what an entry of the journal says, with the weight it has."""
    say = _TOLD.get(entry.kind, _TOLD[""])
    say(log.bind(kind=entry.kind, subject=entry.subject, cause=entry.cause))


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
