"""Where has the middle of the market been lately? The median of sampled mids, exact and bounded.

Moments are monotonic ms. One sample at most every so often, each forgotten when the window is past.
"""

from bisect import bisect_left, insort
from collections import deque
from decimal import Decimal

HALF = Decimal("0.5")


class Median:
    """The mids of the last *window_ms*, one each *sample_ms*: window / sample + 1 at most."""

    def __init__(self, *, window_ms: int, sample_ms: int) -> None:
        self._window_ms = window_ms
        self._sample_ms = sample_ms
        self._in_time: deque[tuple[int, Decimal]] = deque()
        self._in_order: list[Decimal] = []

    def __len__(self) -> int:
        return len(self._in_time)

    def take(self, mid: Decimal, now_ms: int) -> None:
        """Sample *mid*, unless a sample was taken a moment ago."""
        self._forget(now_ms)
        if self._in_time and now_ms - self._in_time[-1][0] < self._sample_ms:
            return
        self._in_time.append((now_ms, mid))
        insort(self._in_order, mid)

    def value(self, now_ms: int) -> Decimal | None:
        """Return the median of the window that ends now, None without a sample."""
        self._forget(now_ms)
        count = len(self._in_order)
        if not count:
            return None
        upper = self._in_order[count // 2]
        return upper if count % 2 else (self._in_order[count // 2 - 1] + upper) * HALF

    def _forget(self, now_ms: int) -> None:
        while self._in_time and now_ms - self._in_time[0][0] > self._window_ms:
            _, mid = self._in_time.popleft()
            del self._in_order[bisect_left(self._in_order, mid)]
