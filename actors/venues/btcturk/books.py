"""A book as the stream tells it: levels by price, and the best of each side without a search.

Quantities are kept as the venue wrote them; who asks for the best level reads that one. Each side
is bounded: a book that outgrows it is no book.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

LEVELS_MAX = 10_000  # of one side; a whole book of the venue has a few hundred
Levels = Mapping[Decimal, object]


class TooManyLevels(ValueError):
    """A side of a book has more levels than any market."""


class Side:
    """Price -> quantity as written. *first* is max for bids, min for asks."""

    def __init__(self, first: Callable[[Iterable[Decimal]], Decimal], levels: Levels) -> None:
        self._first = first
        self.levels: dict[Decimal, object] = dict(levels)
        self._bound()
        self._best: Decimal | None = None

    def put(self, price: Decimal, quantity: object) -> None:
        """Set what stands at *price*. Raises TooManyLevels."""
        self.levels[price] = quantity
        self._bound()
        if self._best is not None:
            self._best = self._first((self._best, price))

    def drop(self, price: Decimal) -> None:
        """Take *price* out, where it stands."""
        self.levels.pop(price, None)
        if price == self._best:
            self._best = None

    def best(self) -> Decimal | None:
        """Return the best price, None for an empty side."""
        if self._best is None and self.levels:
            self._best = self._first(self.levels)
        return self._best

    def _bound(self) -> None:
        if len(self.levels) > LEVELS_MAX:
            raise TooManyLevels(f"a side of a book has more than {LEVELS_MAX} levels")


class Book:
    """One instrument's levels."""

    def __init__(self, bids: Levels, asks: Levels) -> None:
        """Raises TooManyLevels."""
        self.bids, self.asks = Side(max, bids), Side(min, asks)
