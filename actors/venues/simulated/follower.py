"""A public feed, read by a thread of its own; what it said waits here until the market takes it.

What waits is bounded: when the market does not take it in time the oldest is gone, and the next
whole book makes that good. The feed says no to a whole connection for one symbol that it does not
know: that one is left out from then on.
"""

from collections import deque
from collections.abc import Mapping
from random import Random

from msgspec import Struct

from actors.venues.btcturk.stream import BtcturkStream, Contain, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.clock import Clock
from actors.venues.port import Disconnected, StreamEvent
from actors.venues.settings import MirrorSettings, VenueSettings
from actors.venues.simulated.listing import Listing

WAITING_MAX = 20_000
REFUSED = "SUBSCRIPTION_REFUSED "  # how the stream begins to say why, the topic stands behind it


class Heard(Struct, frozen=True):
    """What the feed said, and when it came, monotonic ms."""

    at_ms: int
    event: StreamEvent


class Follower:
    """Follows the public books and trades of *listed*, but of those in *left_out*.

    *contain* is the stream's: whatever its thread meets ends one connection, not the thread.
    """

    def __init__(
        self,
        settings: MirrorSettings,
        listed: Mapping[str, Listing],
        clock: Clock,
        contain: Contain,
    ) -> None:
        self._settings, self._clock, self._contain = settings, clock, contain
        self._symbols = {name: one.symbol for name, one in listed.items()}
        self._waiting: deque[Heard] = deque(maxlen=WAITING_MAX)
        self.left_out: tuple[str, ...] = ()
        self._stream = self._made()

    def start(self) -> None:
        """Begin to listen."""
        self._stream.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._stream.stop()

    def take(self) -> list[Heard]:
        """Return what came since the last time, oldest first."""
        found = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for heard in found:
            if isinstance(heard.event, Disconnected) and heard.event.reason.startswith(REFUSED):
                self._leave_out(heard.event.reason.rpartition(":")[2])
        return found

    def _leave_out(self, symbol: str) -> None:
        """Begin anew without *symbol*."""
        gone = [name for name, one in self._symbols.items() if one == symbol]
        if not gone:
            return
        self._stream.stop()
        self.left_out += tuple(gone)
        self._symbols = {name: one for name, one in self._symbols.items() if one != symbol}
        if self._symbols:
            self._stream = self._made()
            self._stream.start()

    def _made(self) -> BtcturkStream:
        settings = self._settings
        return BtcturkStream(
            VenueSettings(ws_url=settings.ws_url, stream=settings.stream),
            Subject(
                symbols=Symbols(self._symbols),
                instruments=tuple(self._symbols),
                levels=settings.levels,
            ),
            self._hear,
            clock=self._clock,
            random=Random(),  # of when to connect again, which nobody replays
            contain=self._contain,
        )

    def _hear(self, event: StreamEvent) -> None:
        self._waiting.append(Heard(self._clock.mono_ms(), event))
