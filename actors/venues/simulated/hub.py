"""Who listens to the stream, to what, and what each is still to be sent.

A listener that reads too slowly is cut off when its frames waiting reach the bound: it comes back
and takes a fresh book. A logged-in one hears of its own account without asking.
"""

import asyncio

from actors.venues.simulated.doorman import Account
from actors.venues.simulated.faults import Faults

CHANNELS = ("ticker", "trade", "orderbook", "obdiff", "tradeview")
ALL = "all"
Topic = tuple[str, str]  # channel and event: `("trade", "BTCTRY")`


class Listener:
    """One WebSocket connection."""

    def __init__(self, *, frames_max: int) -> None:
        self.topics: set[Topic] = set()
        self.account: Account | None = None
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(frames_max)

    def give(self, frame: bytes) -> None:
        """Put one frame in line; a full line is cut and ends the connection."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """End the connection: what waits is dropped."""
        while not self._frames.empty():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def next_frame(self) -> bytes | None:
        """Return the next frame to send, None when the connection is to end."""
        return await self._frames.get()


class Hub:
    """All listeners."""

    def __init__(self, faults: Faults) -> None:
        self._listeners: set[Listener] = set()
        self._faults = faults

    def join(self, listener: Listener) -> None:
        self._listeners.add(listener)

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def heard(self, *topics: Topic) -> bool:
        """Return whether anybody listens to one of *topics*."""
        return any(not one.topics.isdisjoint(topics) for one in self._listeners)

    def joined(self, channel: str) -> set[str]:
        """Return the events of *channel* that anybody listens to."""
        topics = (topic for one in self._listeners for topic in one.topics)
        return {event for name, event in topics if name == channel}

    def publish(self, topic: Topic, frame: bytes) -> None:
        """Tell everybody who listens to *topic*."""
        if self._faults.silent_ws:
            return
        for listener in list(self._listeners):
            if topic in listener.topics:
                listener.give(frame)

    def tell(self, account: str, frame: bytes) -> None:
        """Tell everybody who is logged in as *account*."""
        if self._faults.silent_ws:
            return
        for listener in list(self._listeners):
            if listener.account is not None and listener.account.name == account:
                listener.give(frame)
