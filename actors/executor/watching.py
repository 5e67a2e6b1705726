"""What the venue was last seen to show of each instrument, and when it was asked.

Times are when the question was put, monotonic: whatever happened later is not in the answer.
"""

from collections.abc import Iterable, Mapping, Sequence

from actors.executor.books import Books
from actors.executor.sweep import Sweep
from messages.orders import OrderState

NEVER = -1


class Watching:
    """Per instrument the newest list of open orders and the newest whole sweep of fills."""

    def __init__(self, instruments: Sequence[str]) -> None:
        self.instruments = tuple(instruments)
        self.sweeps: dict[str, Sweep] = {}  # under way
        self.missing: dict[str, None] = {}  # client order ids that a list did not show
        self._listed_ms: dict[str, int] = {}
        self._ours: dict[str, dict[int, str]] = {}
        self._swept_ms: dict[str, int] = {}
        self._early_ms: dict[str, int] = {}
        self._sweep_from_ms: dict[str, int] = {}

    def listed(self, instrument: str, asked_ms: int, ours: Mapping[int, str]) -> None:
        """Take a list of open orders: *ours* by venue order id, with their client order id."""
        if asked_ms >= self.listed_ms(instrument):
            self._listed_ms[instrument] = asked_ms
            self._ours[instrument] = dict(ours)

    def swept(self, instrument: str, asked_ms: int) -> None:
        """Take note of a sweep that reached back as far as it should."""
        self._swept_ms[instrument] = max(asked_ms, self.swept_ms(instrument))

    def listed_ms(self, instrument: str) -> int:
        return self._listed_ms.get(instrument, NEVER)

    def swept_ms(self, instrument: str) -> int:
        return self._swept_ms.get(instrument, NEVER)

    def ours(self) -> dict[int, str]:
        """Return our orders that the newest lists show, by venue order id."""
        return {key: name for shown in self._ours.values() for key, name in shown.items()}

    def shown(self, instrument: str) -> Mapping[int, str]:
        """Return our orders that the newest list of *instrument* showed, by venue order id."""
        return self._ours.get(instrument, {})

    def all_listed_since(self, since_ms: int) -> bool:
        return all(self.listed_ms(one) >= since_ms for one in self.instruments)

    def all_swept_since(self, since_ms: int) -> bool:
        return all(self.swept_ms(one) >= since_ms for one in self.instruments)

    def look_at(self, instrument: str, at_ms: int) -> None:
        """Have the open orders of *instrument* listed at *at_ms*, or earlier."""
        self._early_ms[instrument] = min(at_ms, self._early_ms.get(instrument, at_ms))

    def want_sweep(self, instrument: str, from_ms: int) -> None:
        """Have the fills of *instrument* swept at *from_ms* or later."""
        self._sweep_from_ms[instrument] = from_ms

    def sweep_wanted(self, instrument: str) -> bool:
        return self.swept_ms(instrument) < self._sweep_from_ms.get(instrument, NEVER)

    def asked(self, instrument: str, now_ms: int) -> None:
        """Take note that a list is on its way."""
        if self._early_ms.get(instrument, now_ms + 1) <= now_ms:
            del self._early_ms[instrument]

    def forget_ended(self, books: Books) -> None:
        """Miss no longer what is over, however that became known."""
        for name in [name for name in self.missing if not _is_live(books, name)]:
            del self.missing[name]

    def list_due(
        self, books: Books, now_ms: int, *, alive_ms: int, idle_ms: int, since: Mapping[str, int]
    ) -> list[str]:
        """Return the instruments whose list is due, those that are waited for first.

        *since* says of some instruments from when their list must be.
        """
        waited = [one for one in self.instruments if self.listed_ms(one) < since.get(one, NEVER)]
        early = [one for one in self.instruments if self._early_ms.get(one, now_ms + 1) <= now_ms]
        aged = [
            one
            for one in self.instruments
            if now_ms - self.listed_ms(one) >= (alive_ms if books.alive(one) else idle_ms)
            or self.listed_ms(one) == NEVER
        ]
        return list(dict.fromkeys([*waited, *early, *aged]))


def expected(books: Books, instrument: str) -> tuple[str, ...]:
    """Return the orders that a list asked for now must show, unless they end meanwhile."""
    return tuple(
        order.client_order_id
        for order in books.alive(instrument).values()
        if order.state is OrderState.LIVE
    )


def not_shown(expected_ids: Iterable[str], shown: Mapping[int, str], books: Books) -> list[str]:
    """Return which of *expected_ids* a list did not show and are still thought to be open."""
    there = set(shown.values())
    return [name for name in expected_ids if name not in there and _is_live(books, name)]


def _is_live(books: Books, name: str) -> bool:
    order = books.orders.get(name)
    return order is not None and order.state is OrderState.LIVE
