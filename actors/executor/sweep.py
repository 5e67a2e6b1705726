"""Which fills to fetch: of each instrument from a cursor, with an overlap, without a gap.

The venue gives the newest rows of a window, at most `fills_cap` of them. A full page hides what is
older, so the window is narrowed from its new end until a page is not full. Wall milliseconds of the
venue's clock, but `asked_ms`, which is monotonic.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from actors.executor.books import Books, is_behind
from actors.executor.settings import Asking
from actors.executor.venue_calls import ReadFills
from actors.venues.port import VenueFill

BEFORE_STAMP_MS = 10_000  # an order's fills cannot be older than its stamp; clocks may differ
CURSOR_KEPT_MS = 300_000  # the cursor is written with fills, and this often without


class Sweep(Struct, frozen=True, kw_only=True):
    """One pass over the fills of an instrument, begun at *asked_ms* and *asked_venue_ms*."""

    instrument: str
    asked_ms: int
    asked_venue_ms: int
    since_ms: int
    until_ms: int | None = None
    booked: int = 0

    def request(self) -> ReadFills:
        return ReadFills(instrument=self.instrument, since_ms=self.since_ms, until_ms=self.until_ms)


def begin(instrument: str, books: Books, asking: Asking, *, now_ms: int, venue_ms: int) -> Sweep:
    """Return the sweep to make now: from the cursor minus the overlap, or from the oldest order."""
    cursor_ms = books.cursor(instrument)
    since_ms = (venue_ms if cursor_ms is None else cursor_ms) - asking.fills_overlap_s * 1_000
    stamps = [order.stamp_ms - BEFORE_STAMP_MS for order in books.alive(instrument).values()]
    return Sweep(
        instrument=instrument,
        asked_ms=now_ms,
        asked_venue_ms=venue_ms,
        since_ms=max(0, min([since_ms, *stamps])),
    )


def after_page(sweep: Sweep, rows: Sequence[VenueFill], *, booked: int, cap: int) -> Sweep | None:
    """Return the sweep with its window narrowed, None when it reached its beginning.

    *booked* of the *rows* were new. A page that is full of one single moment cannot be narrowed:
    what is older then comes with the next sweeps, and no order ends before its fills are complete.
    """
    if len(rows) < cap:
        return None
    oldest_ms = min(row.at_ms for row in rows)
    if sweep.until_ms is not None and oldest_ms >= sweep.until_ms:
        return None
    return Sweep(
        instrument=sweep.instrument,
        asked_ms=sweep.asked_ms,
        asked_venue_ms=sweep.asked_venue_ms,
        since_ms=sweep.since_ms,
        until_ms=oldest_ms,
        booked=sweep.booked + booked,
    )


def wants_fills(books: Books, instrument: str) -> bool:
    """Return whether an order of *instrument* waits for fills that the venue says exist."""
    return any(is_behind(order) for order in books.alive(instrument).values())


def moves_cursor(sweep: Sweep, books: Books, *, booked: int) -> bool:
    """Return whether a finished sweep is worth an entry of the journal."""
    before = books.cursor(sweep.instrument)
    if before is None or booked or sweep.booked:
        return True
    return sweep.asked_venue_ms - before >= CURSOR_KEPT_MS


def before_us(rows: Iterable[VenueFill], opened_ms: int, books: Books) -> list[VenueFill]:
    """Return *rows* without those of unknown orders from before the books were opened."""
    return [row for row in rows if row.at_ms > opened_ms or row.client_order_id in books.orders]
