"""Is nothing of ours left at the venue? Only the venue's own lists can say so, and only twice.

A round asks for the open orders of every instrument. Nothing is left when two rounds, the second
begun long enough after the first, both show none of ours, and the books hold no alive order.
"""

from actors.executor.books import Books
from actors.executor.watching import Watching

ROUND_EVERY_MS = 500


class Clearance:
    """The rounds made since it was asked for. Monotonic milliseconds."""

    def __init__(self, *, apart_ms: int) -> None:
        self._apart_ms = apart_ms
        self._round_ms: int | None = None
        self._empty_ms: int | None = None
        self._clear = False

    @property
    def is_clear(self) -> bool:
        """Return whether the venue showed nothing of ours, twice, and nothing came since."""
        return self._clear

    def stop(self) -> None:
        """Ask no more: what rests may rest."""
        self._round_ms = self._empty_ms = None
        self._clear = False

    def since_ms(self) -> int | None:
        """Return from when the lists of this round must be, None when none is wanted."""
        return None if self._clear else self._round_ms

    def advance(self, books: Books, watching: Watching, in_flight: int, now_ms: int) -> None:
        """Look at what was listed; begin the next round where it is time."""
        if books.all_alive() or in_flight or (self._clear and watching.ours()):
            self._empty_ms, self._clear = None, False
        if self._clear:
            return
        if self._round_ms is None:
            self._round_ms = now_ms
        elif watching.all_listed_since(self._round_ms):
            self._judge(books, watching, in_flight, now_ms)

    def _judge(self, books: Books, watching: Watching, in_flight: int, now_ms: int) -> None:
        round_ms = self._round_ms or 0
        if watching.ours() or books.all_alive() or in_flight:
            self._empty_ms = None
        elif self._empty_ms is None:
            self._empty_ms = round_ms
        elif round_ms - self._empty_ms >= self._apart_ms:
            self._clear = True
            return
        wait_ms = ROUND_EVERY_MS if self._empty_ms is None else self._apart_ms
        if now_ms - round_ms >= wait_ms:
            self._round_ms = now_ms
