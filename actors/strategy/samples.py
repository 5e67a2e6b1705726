"""A bounded memory of mids: one each so often, the older ones forgotten. Times ms UTC.

Time steps backwards when the host's clock is set: what then lies in the future is forgotten.
"""

from collections import deque
from decimal import Decimal

SAMPLES_MAX = 3_600


class Samples:
    """The mids of one instrument, at most *most* of them and none older than *window_ms*."""

    def __init__(self, *, every_ms: int, window_ms: int, most: int = SAMPLES_MAX) -> None:
        self._every_ms = every_ms
        self._window_ms = window_ms
        self._most = min(most, SAMPLES_MAX)
        self._kept: deque[tuple[int, Decimal]] = deque()
        self._total = Decimal(0)

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, now_ms: int, mid: Decimal) -> None:
        """Keep *mid*, if no sample was taken since the last multiple of the interval."""
        self.forget(now_ms)
        if self._kept and now_ms // self._every_ms <= self._kept[-1][0] // self._every_ms:
            return
        if len(self._kept) == self._most:
            self._total -= self._kept.popleft()[1]
        self._kept.append((now_ms, mid))
        self._total += mid

    def forget(self, now_ms: int) -> None:
        """Forget what is older than the window that ends at *now_ms*, or younger than now."""
        while self._kept and self._kept[-1][0] > now_ms:
            self._total -= self._kept.pop()[1]
        while self._kept and now_ms - self._kept[0][0] > self._window_ms:
            self._total -= self._kept.popleft()[1]

    def newest(self, count: int) -> list[Decimal]:
        """Return the *count* newest mids, or all there are, oldest first."""
        mids = [mid for _, mid in self._kept]
        return mids[-count:] if count else []

    def total(self) -> Decimal:
        """Return the sum of all mids."""
        return self._total
