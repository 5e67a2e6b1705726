"""Which books are asked for by REST, because the stream has left them alone? Monotonic ms.

One question per instrument at a time, each a while after the one before, all of them within a
budget a minute; an answer that tells us to wait is obeyed.
"""

from collections import deque
from collections.abc import Mapping

from actors.market_data.settings import Settings

MINUTE_MS = 60_000


class Fallback:
    """What was asked, and when."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked_ms: dict[str, int] = {}
        self._waiting: dict[str, None] = {}
        self._minute: deque[int] = deque()
        self._shut_until_ms: int | None = None

    def wanted(self, book_ages_ms: Mapping[str, int], now_ms: int) -> list[str]:
        """Return the instruments to ask for now; they count as asked.

        *book_ages_ms* says how long the stream has been silent about each.
        """
        wanted = [name for name, age in book_ages_ms.items() if self._wants(name, age, now_ms)]
        taken = wanted[: self._room(now_ms)]
        for name in taken:
            self._asked_ms[name] = now_ms
            self._waiting[name] = None
            self._minute.append(now_ms)
        return taken

    def answered(self, instrument: str, *, now_ms: int, retry_after_ms: int | None = None) -> None:
        """Note that a question came back; with *retry_after_ms* none is asked for so long."""
        self._waiting.pop(instrument, None)
        if retry_after_ms is not None:
            self._shut_until_ms = max(self._shut_until_ms or now_ms, now_ms + retry_after_ms)

    def _wants(self, name: str, book_age_ms: int, now_ms: int) -> bool:
        asked_ms = self._asked_ms.get(name)
        waits = asked_ms is not None and now_ms - asked_ms < self._settings.rest_every_ms
        silent = book_age_ms >= self._settings.rest_after_ms
        return silent and not waits and name not in self._waiting

    def _room(self, now_ms: int) -> int:
        if self._shut_until_ms is not None and now_ms < self._shut_until_ms:
            return 0
        while self._minute and now_ms - self._minute[0] >= MINUTE_MS:
            self._minute.popleft()
        return max(0, self._settings.rest_per_min_max - len(self._minute))
