"""How often something may be done: token buckets for the venue's budgets, backoff for repeats.

Milliseconds, monotonic. A bucket starts full: after a start everything may be asked at once.
"""

from collections.abc import Iterable

from actors.executor.settings import Budget

MINUTE_MS = 60_000
TRIES_COUNTED_MAX = 16  # doubling further changes nothing


class Bucket:
    """The tokens of one budget, in thousandths of a call."""

    def __init__(self, budget: Budget, *, now_ms: int) -> None:
        self._budget = budget
        self._millis = budget.burst * 1_000
        self._at_ms = now_ms

    def has_room(self, now_ms: int) -> bool:
        """Return whether a call may be made now."""
        self._refill(now_ms)
        return self._millis >= 1_000

    def calls_left(self, now_ms: int) -> int:
        """Return how many calls may be made now."""
        self._refill(now_ms)
        return max(0, self._millis // 1_000)

    def take(self, now_ms: int) -> None:
        """Count one call."""
        self._refill(now_ms)
        self._millis -= 1_000

    def _refill(self, now_ms: int) -> None:
        gained = (now_ms - self._at_ms) * self._budget.per_min * 1_000 // MINUTE_MS
        if gained > 0:
            self._millis = min(self._budget.burst * 1_000, self._millis + gained)
            self._at_ms = now_ms


class Backoff:
    """When each of several things may be tried again: at once, then after twice as long each."""

    def __init__(self, *, first_ms: int, most_ms: int) -> None:
        self._first_ms = first_ms
        self._most_ms = most_ms
        self._tried: dict[str, tuple[int, int]] = {}  # key -> due_ms, tries

    def is_due(self, key: str, now_ms: int) -> bool:
        return key not in self._tried or now_ms >= self._tried[key][0]

    def was_tried(self, key: str) -> bool:
        return key in self._tried

    def tried(self, key: str, now_ms: int, *, at_least_ms: int = 0) -> None:
        """Count a try of *key* now; the next is due later than the one before was."""
        _, tries = self._tried.get(key, (0, 0))
        wait_ms = min(self._most_ms, self._first_ms << min(tries, TRIES_COUNTED_MAX))
        self._tried[key] = (now_ms + max(wait_ms, at_least_ms), tries + 1)

    def hurry(self, key: str) -> None:
        """Let *key* be due at once and begin its waits anew."""
        self._tried.pop(key, None)

    def keep(self, keys: Iterable[str]) -> None:
        """Forget all but *keys*."""
        self._tried = {key: self._tried[key] for key in keys if key in self._tried}
