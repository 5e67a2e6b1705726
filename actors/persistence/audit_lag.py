"""How far behind the auditor is, and when it looks back. Monotonic ms."""

from messages.records import AuditStatus, Breach
from store.rows import Head


class Lag:
    """When the auditor had seen everything there was, for the last time."""

    def __init__(self, began_ms: int) -> None:
        self._caught_up_ms = began_ms
        self._ever = False

    def note(self, *, caught_up: bool, now_ms: int) -> None:
        """Note what the newest look at the journal found."""
        if caught_up:
            self._caught_up_ms = now_ms
            self._ever = True

    def ms(self, now_ms: int) -> int:
        """Return how long ago everything was audited; since the start where it never was."""
        return max(0, now_ms - self._caught_up_ms)

    def is_behind(self, now_ms: int, most_ms: int) -> bool:
        """Return whether everything was audited longer ago than *most_ms*."""
        return self.ms(now_ms) > most_ms

    def waiting_for(self, now_ms: int, most_ms: int) -> str:
        """Return what is still missing, "" when the auditor is close behind."""
        if not self._ever:
            return "the journal to be audited"
        lag = self.ms(now_ms)
        return f"the audit, {lag} ms behind" if lag > most_ms else ""


class Rounds:
    """When the journal is audited once more: piece by piece, with a rest after each round."""

    def __init__(self, *, rest_s: int) -> None:
        self._rest_ms = rest_s * 1_000
        self._due_ms = 0

    def is_due(self, now_ms: int) -> bool:
        return now_ms >= self._due_ms

    def over(self, now_ms: int) -> None:
        """Note that all of it was seen."""
        self._due_ms = now_ms + self._rest_ms


def is_news(heard: int, audited: int) -> bool:
    """Return whether the executor says it is past what was audited."""
    return heard > audited


def status(head: Head, breach: Breach | None, *, lag_ms: int, wall_ms: int) -> AuditStatus:
    """Return what the auditor says of itself."""
    return AuditStatus(
        audited_seq=head.seq, head_hash=head.hash, lag_ms=lag_ms, breach=breach, at_ms=wall_ms
    )
