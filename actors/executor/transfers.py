"""Which transfers explain what differs, and when the venue is asked for them.

Asked only while the total of an asset differs. Those that are in no books must sum to the
difference to the last digit, and the books must still hold the total that was compared; else the
difference stays what it is. Monotonic milliseconds where a name does not say otherwise.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal

from actors.executor.books import Books
from actors.executor.pace import Backoff
from actors.executor.reconcile import Checked, Difference
from actors.executor.settings import Asking
from actors.executor.venue_calls import ReadTransfers
from actors.venues.port import TransferKind, VenueBalance, VenueTransfer
from messages.money import ZERO, text
from store.rows import WITHDRAWING

DAY_MS = 86_400_000
BOOKED_TOLD_MAX = 10
DAYS_BACK = 30  # an older one would have been booked, or halted, long ago


class Transfers:
    """The totals that differ and the venue's amounts beside them."""

    def __init__(self, asking: Asking) -> None:
        self.differing: dict[str, Difference] = {}
        self._venue: dict[str, VenueBalance] = {}
        self.booked: deque[dict[str, str | int]] = deque(maxlen=BOOKED_TOLD_MAX)  # newest last
        self._again = Backoff(first_ms=asking.transfers_first_ms, most_ms=asking.transfers_most_ms)

    def compared(self, checked: Checked) -> None:
        """Take the newest comparison: what differs otherwise than before is asked about at once."""
        before = {one.key for one in self.differing.values()}
        self.differing = {one.asset: one for one in checked.differences if one.account == "total"}
        self._venue = {one.asset: one for one in checked.balances}
        if {one.key for one in self.differing.values()} != before:
            self._again.keep(())

    def requests(
        self, opened_ms: int | None, venue_ms: int, now_ms: int
    ) -> Iterator[ReadTransfers]:
        """Yield the reads that are due; *opened_ms* and *venue_ms* are the venue's time."""
        if opened_ms is None or not self.differing:
            return
        since_ms = max(opened_ms, venue_ms // DAY_MS * DAY_MS - DAYS_BACK * DAY_MS)
        for kind in TransferKind:
            if self._again.is_due(kind, now_ms):
                yield ReadTransfers(kind=kind, since_ms=since_ms)

    def asked(self, kind: TransferKind, now_ms: int) -> None:
        """Take note that a read is on its way."""
        self._again.tried(kind, now_ms)

    def took(self, name: str, word: str, asset: str, amount: Decimal, at_ms: int) -> None:
        """Remember a booked transfer, to be told by `btcbot status`."""
        told = {"transfer": name, "what": word, "asset": asset}
        self.booked.append({**told, "amount": text(amount), "at_ms": at_ms})

    def withdrawing(self, asset: str) -> Decimal:
        """Return what the venue had set aside for withdrawals when it was compared."""
        found = self._venue.get(asset)
        return found.withdrawing if found else ZERO


def mark(transfer_id: str) -> str:
    """Return the name under which the store remembers that a transfer is booked."""
    return f"transfer:{transfer_id}"


def explaining(
    found: Difference, rows: Iterable[VenueTransfer], books: Books, *, opened_ms: int
) -> list[VenueTransfer]:
    """Return the transfers that *found* is made of, oldest first; none when they do not."""
    unseen = {
        one.transfer_id: one
        for one in rows
        if one.asset == found.asset
        and one.settled
        and one.at_ms > opened_ms
        and books.meta(mark(one.transfer_id)) is None
    }
    total = books.owned(found.asset) + books.balance(WITHDRAWING, found.asset)
    if total != found.books or sum((one.amount for one in unseen.values()), ZERO) != found.amount:
        return []
    return sorted(unseen.values(), key=lambda one: (one.at_ms, one.transfer_id))
