"""The stop orders that wait for their price, and the prices traded since somebody looked.

A stop buy wakes when a trade is at its stop price or above, a stop sell at it or below. Prices in
ticks; an order is known by its id here.
"""

from collections import defaultdict

from msgspec import Struct


class _Waiting(Struct, frozen=True):
    buying: bool
    ticks: int


class Stops:
    """All waiting stop orders, by instrument."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, _Waiting]] = defaultdict(dict)
        self._traded: dict[str, tuple[int, int]] = {}  # lowest, highest

    def wait(self, instrument: str, order_id: int, *, buying: bool, ticks: int) -> None:
        """Let the order wait until *ticks* are traded."""
        self._waiting[instrument][order_id] = _Waiting(buying, ticks)

    def withdraw(self, instrument: str, order_id: int) -> None:
        """Take the order out, when it waits here."""
        self._waiting[instrument].pop(order_id, None)

    def traded(self, instrument: str, ticks: int) -> None:
        """Note one trade."""
        low, high = self._traded.get(instrument, (ticks, ticks))
        self._traded[instrument] = min(low, ticks), max(high, ticks)

    def due(self, instrument: str) -> list[int]:
        """Return the orders whose price was traded since the last time, oldest first; they wait no
        longer."""
        span = self._traded.pop(instrument, None)
        if span is None:
            return []
        low, high = span
        waiting = self._waiting[instrument]
        found = [
            order_id
            for order_id, one in waiting.items()
            if (high >= one.ticks if one.buying else low <= one.ticks)
        ]
        for order_id in found:
            del waiting[order_id]
        return found
