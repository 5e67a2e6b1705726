"""What became of an order whose answer was lost: found, or surely never there.

One *complete scan* of an instrument asks, in this order, for what is open, for every page of all
orders until an empty one, and for the fills. An order that closes in between is in the later part.
An order is absent only when two complete scans, the second begun long enough after the first, both
began after the venue must have refused or shown it: stamp + window + lag, on the venue's clock and
against us by its error. Whatever fails on the way is no information.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from actors.executor.books import Books
from actors.executor.clock_offset import VenueClock
from actors.executor.pace import Backoff
from actors.executor.settings import Settings
from actors.executor.sweep import BEFORE_STAMP_MS
from actors.executor.venue_calls import ReadAllOrders
from actors.executor.watching import Watching
from messages.money import text
from messages.orders import OrderState
from store.rows import OrderRow


class Scan(Struct, frozen=True, kw_only=True):
    """One scan under way. *page* is the next to ask for; *paged_ms*: the empty one came.

    *began_ms* and *paged_ms* are monotonic, *began_venue_ms* the venue's clock at its earliest.
    """

    instrument: str
    targets: tuple[str, ...]
    began_ms: int
    began_venue_ms: int
    since_ms: int
    page: int = 1
    paged_ms: int | None = None

    def request(self) -> ReadAllOrders:
        return ReadAllOrders(instrument=self.instrument, since_ms=self.since_ms, page=self.page)


class Evidence(Struct, frozen=True, kw_only=True):
    """What is known of a lost order, for a person."""

    scans: int = 0
    missed_ms: int | None = None  # when the first scan that counts began, monotonic
    last: str = "not asked yet"


class Resolver:
    """The scans under way and what the finished ones did not find."""

    def __init__(self, settings: Settings) -> None:
        self.scans: dict[str, Scan] = {}
        self.evidence: dict[str, Evidence] = {}
        self._settings = settings
        asking = settings.asking
        self._again = Backoff(first_ms=asking.scan_first_ms, most_ms=asking.scan_most_ms)

    def begin(self, books: Books, clock: VenueClock | None, now_ms: int) -> None:
        """Begin a scan for each instrument with lost orders that is due."""
        lost = unknown(books)
        self._again.keep(lost)
        self.evidence = {
            order.client_order_id: self.evidence.get(order.client_order_id, Evidence())
            for orders in lost.values()
            for order in orders
        }
        self.scans = {name: scan for name, scan in self.scans.items() if name in lost}
        for instrument, orders in lost.items():
            if clock is None or instrument in self.scans:
                continue
            if self._again.is_due(instrument, now_ms):
                self._again.tried(instrument, now_ms)
                self.scans[instrument] = _scan(instrument, orders, clock, now_ms)

    def lists_since(self) -> dict[str, int]:
        """Return from when the list of open orders must be, by instrument."""
        return {name: scan.began_ms for name, scan in self.scans.items()}

    def sweeps_since(self) -> dict[str, int]:
        """Return from when a sweep of fills must be, by instrument."""
        return {
            name: scan.paged_ms for name, scan in self.scans.items() if scan.paged_ms is not None
        }

    def pages_due(self, watching: Watching) -> list[ReadAllOrders]:
        """Return the pages to ask for: of scans whose list of open orders has come."""
        return [
            scan.request()
            for scan in self.scans.values()
            if scan.paged_ms is None and watching.listed_ms(scan.instrument) >= scan.began_ms
        ]

    def page(self, request: ReadAllOrders, rows: int, now_ms: int) -> None:
        """Take note of a page of *rows* orders, or of the empty one that ends them."""
        scan = self.scans.get(request.instrument)
        if scan is None or scan.request() != request:
            return
        if rows == 0:
            self.scans[request.instrument] = replace(scan, paged_ms=now_ms)
        elif scan.page >= self._settings.asking.scan_pages_max:
            self.failed(request.instrument, f"more than {scan.page} pages of orders")
        else:
            self.scans[request.instrument] = replace(scan, page=scan.page + 1)

    def failed(self, instrument: str, why: str) -> None:
        """Drop the scan of *instrument*: it is no information. The next begins in its time."""
        scan = self.scans.pop(instrument, None)
        for name in () if scan is None else scan.targets:
            if name in self.evidence:
                self.evidence[name] = replace(self.evidence[name], last=why)

    def conclude(self, books: Books, watching: Watching, clock: VenueClock | None) -> list[str]:
        """End the scans that are complete; return the orders that are now surely absent."""
        absent: list[str] = []
        for instrument, scan in list(self.scans.items()):
            if scan.paged_ms is None or watching.swept_ms(instrument) < scan.paged_ms:
                continue
            del self.scans[instrument]
            for name in scan.targets:
                order = books.orders.get(name)
                if order is not None and order.state is OrderState.UNKNOWN:
                    absent += self._missed(order, scan)
        return absent if clock is not None else []

    def _missed(self, order: OrderRow, scan: Scan) -> list[str]:
        name = order.client_order_id
        before = self.evidence.get(name, Evidence())
        told = replace(before, scans=before.scans + 1, last="not in a complete scan")
        settings = self._settings
        settled_ms = order.stamp_ms + settings.window_ms + settings.visibility_lag_s * 1_000
        if scan.began_venue_ms <= settled_ms:
            self.evidence[name] = replace(told, last="not found, and too early to conclude")
            return []
        if before.missed_ms is None:
            self.evidence[name] = replace(told, missed_ms=scan.began_ms)
            return []
        self.evidence[name] = told
        apart_ms = scan.began_ms - before.missed_ms
        return [name] if apart_ms >= settings.asking.twice_apart_ms else []


def unknown(books: Books) -> dict[str, list[OrderRow]]:
    """Return the lost orders by instrument."""
    found: dict[str, list[OrderRow]] = {}
    for order in books.all_alive():
        if order.state is OrderState.UNKNOWN:
            found.setdefault(order.instrument, []).append(order)
    return found


def report(books: Books, evidence: Mapping[str, Evidence], wall_ms: int) -> list[dict[str, object]]:
    """Return every lost order with its age and what is known of it, as plain values."""
    return [
        {
            "client_order_id": order.client_order_id,
            "instrument": order.instrument,
            "age_ms": max(0, wall_ms - order.created_ms),
            "hold_asset": order.hold_asset,
            "held": text(order.hold_left),
            "scans": evidence.get(order.client_order_id, Evidence()).scans,
            "last_evidence": evidence.get(order.client_order_id, Evidence()).last,
        }
        for orders in unknown(books).values()
        for order in orders
    ]


def _scan(instrument: str, orders: list[OrderRow], clock: VenueClock, now_ms: int) -> Scan:
    oldest_ms = min(order.stamp_ms for order in orders)
    return Scan(
        instrument=instrument,
        targets=tuple(order.client_order_id for order in orders),
        began_ms=now_ms,
        began_venue_ms=clock.now_ms(now_ms) - clock.error_at(now_ms),
        since_ms=max(0, oldest_ms - BEFORE_STAMP_MS),
    )
