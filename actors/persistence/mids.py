"""The recent past of each instrument: mids, one per step, so that a strategy can warm up.

Bounded per instrument and per answer. Mids are exact, times wall ms.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

from messages.codec import Unreadable, pack, unpack
from messages.market import Quote
from messages.money import canonical, text
from messages.records import Mid, WarmUp, WarmUpQuery

INSTRUMENTS_MAX = 100


class Mids:
    """The newest mids of each instrument, oldest first: time and canonical text."""

    def __init__(self, *, every_ms: int, most: int) -> None:
        self._every_ms = every_ms
        self._most = most
        self._by_instrument: dict[str, deque[tuple[int, str]]] = {}

    def heard(self, quote: Quote) -> None:
        """Keep the mid of *quote*, unless it must not be traded on or another is as young."""
        mid = quote.mid
        if mid is None or quote.problem is not None:
            return
        kept = self._of(quote.instrument)
        if kept is not None and self.has_room(quote.instrument, quote.at_ms):
            kept.append((quote.at_ms, text(mid)))

    def has_room(self, instrument: str, at_ms: int) -> bool:
        """Return whether a mid of *at_ms* would be kept: not where another is as young."""
        kept = self._by_instrument.get(instrument)
        return not kept or at_ms - kept[-1][0] >= self._every_ms

    def saved(self) -> list[bytes]:
        """Return what is kept over a restart: one piece for each instrument."""
        return [pack((name, tuple(kept))) for name, kept in self._by_instrument.items()]

    def recall(self, raw: bytes) -> None:
        """Take back what was `saved` of one instrument; what cannot be read is left."""
        try:
            plain: Any = unpack(raw)
        except Unreadable:
            return
        name, some = plain
        kept = self._of(name)
        if kept is not None:
            kept.extend(some)

    def _of(self, instrument: str) -> deque[tuple[int, str]] | None:
        kept = self._by_instrument.get(instrument)
        if kept is None and len(self._by_instrument) < INSTRUMENTS_MAX:
            kept = self._by_instrument[instrument] = deque(maxlen=self._most)
        return kept

    def page(self, query: WarmUpQuery, most: int) -> WarmUp:
        """Return what *query* asks for: at most *most* mids in all, the newest where it is more."""
        names = list(dict.fromkeys(query.instruments))[:INSTRUMENTS_MAX]
        each = max(1, most // max(1, len(names)))
        return WarmUp(
            mids={
                name: thinned(
                    self._by_instrument.get(name, ()),
                    since_ms=query.since_ms,
                    step_ms=max(1, query.step_ms),
                )[-each:]
                for name in names
            }
        )


def thinned(mids: Iterable[tuple[int, str]], *, since_ms: int, step_ms: int) -> tuple[Mid, ...]:
    """Return one mid for each whole step since *since_ms*: the last one known then.

    Steps are the same instants for every instrument. A step in which nothing was heard is left out,
    and so is the newest one while it is not over.
    """
    last: dict[int, str] = {}
    newest = 0
    for heard_ms, mid in mids:
        newest = max(newest, heard_ms)
        at_ms = -(-heard_ms // step_ms) * step_ms
        if at_ms >= since_ms:
            last[at_ms] = mid
    return tuple(
        Mid(at_ms=at_ms, mid=canonical(mid)) for at_ms, mid in last.items() if at_ms <= newest
    )
