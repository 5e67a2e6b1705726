"""When the stream may connect again. Pure: times in, ms to wait out.

Waits double and jitter; they begin anew only after a while *with data*, since a venue that accepts
connections and says nothing is not back. A budget of connects a minute stands above all of it.
"""

from collections import deque
from random import Random

from actors.venues.settings import StreamSettings

JITTER_PERCENT = 20
MINUTE_MS = 60_000
FAILURES_MAX = 20  # more do not make the wait longer


class Backoff:
    """The waits of one stream."""

    def __init__(self, settings: StreamSettings, random: Random) -> None:
        self._settings, self._random = settings, random
        self._failures = 0
        self._data_since_ms: int | None = None
        self._connects: deque[int] = deque()
        self._least_ms = 0

    def connecting(self, now_ms: int) -> None:
        """Note that a connect is tried now."""
        self._connects.append(now_ms)
        self._data_since_ms = None

    def data(self, now_ms: int) -> None:
        """Note that data came."""
        if self._data_since_ms is None:
            self._data_since_ms = now_ms
        elif now_ms - self._data_since_ms >= self._settings.backoff_reset_ms:
            self._failures = 0

    def slow_down(self) -> None:
        """Make the next wait the longest."""
        self._failures = max(self._failures, FAILURES_MAX)

    def renew(self) -> None:
        """The connection is left in good order: that is no failure."""
        self._failures = 0

    def keep_away(self, least_ms: int) -> None:
        """Make the next wait at least so long: the venue asked for it."""
        self._least_ms = least_ms

    def wait_ms(self, now_ms: int) -> int:
        """Return how long to wait after a connection that failed or ended."""
        longest = self._settings.backoff_max_ms
        plain = min(self._settings.backoff_first_ms << min(self._failures, FAILURES_MAX), longest)
        self._failures += 1
        jitter = plain * JITTER_PERCENT // 100
        least_ms, self._least_ms = max(self._least_ms, self._budget_ms(now_ms)), 0
        return max(plain + self._random.randint(-jitter, jitter), least_ms)

    def _budget_ms(self, now_ms: int) -> int:
        """Return how long until the budget of connects a minute has room."""
        while self._connects and self._connects[0] <= now_ms - MINUTE_MS:
            self._connects.popleft()
        if len(self._connects) < self._settings.connects_per_minute:
            return 0
        return self._connects[0] + MINUTE_MS - now_ms
