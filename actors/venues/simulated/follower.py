"""A public feed, read by a thread of its own; what it said waits here until the market takes it.

What waits is bounded: when the market does not take it in time the oldest is gone, and the next
whole book makes that good.
"""

from collections import deque
from collections.abc import Mapping
from random import Random

from msgspec import Struct

from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.clock import Clock
from actors.venues.port import StreamEvent
from actors.venues.settings import MirrorSettings, VenueSettings
from actors.venues.simulated.listing import Listing

WAITING_MAX = 20_000


class Heard(Struct, frozen=True):
    """What the feed said, and when it came, monotonic ms."""

    at_ms: int
    event: StreamEvent


class Follower:
    """Follows the public books and trades of *listed*."""

    def __init__(
        self, settings: MirrorSettings, listed: Mapping[str, Listing], clock: Clock
    ) -> None:
        self._clock = clock
        self._waiting: deque[Heard] = deque(maxlen=WAITING_MAX)
        self._stream = BtcturkStream(
            VenueSettings(ws_url=settings.ws_url, stream=settings.stream),
            Subject(
                symbols=Symbols({name: one.symbol for name, one in listed.items()}),
                instruments=tuple(listed),
                levels=settings.levels,
            ),
            self._hear,
            clock=clock,
            random=Random(),  # of when to connect again, which nobody replays
        )

    def start(self) -> None:
        """Begin to listen."""
        self._stream.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._stream.stop()

    def take(self) -> list[Heard]:
        """Return what came since the last time, oldest first."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _hear(self, event: StreamEvent) -> None:
        self._waiting.append(Heard(self._clock.mono_ms(), event))
