"""Doing a thing every so often. Pace moves latencies up to threefold: idle cores sleep."""

import threading
from collections.abc import Iterator

from actors.runtime.clock import SystemClock


class Pace:
    """One beat every *every_ms*; 0 is as fast as it goes. What comes late is not made up for."""

    def __init__(self, every_ms: int) -> None:
        self.every_ms = every_ms
        self._clock = SystemClock()
        self._never = threading.Event()

    def beats(self, count: int) -> Iterator[int]:
        """Give 0 … *count* − 1, each no sooner than one pace after the one before."""
        due = self._clock.mono_ns()
        for beat in range(count):
            self.rest((due - self._clock.mono_ns()) / 1e9)
            yield beat
            due = max(due + self.every_ms * 1_000_000, self._clock.mono_ns())

    def rest(self, seconds: float) -> None:
        """Let *seconds* go by."""
        if seconds > 0:
            self._never.wait(seconds)
