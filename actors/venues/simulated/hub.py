"""Who listens to the stream, to what, and what each is still to be sent.

A listener that reads too slowly is cut off when its frames waiting reach the bound: it comes back
and takes a fresh book. A logged-in one hears of its own account without asking.
"""

import asyncio

from actors.venues.simulated.doorman import Account
from actors.venues.simulated.faults import Faults
from actors.venues.simulated.spoiling import UNKNOWN_FRAME, spoiled_frame

CHANNELS = ("ticker", "trade", "orderbook", "obdiff", "tradeview")
ALL = "all"
CUT = b""  # in the place of a frame: the connection ends without a word
Topic = tuple[str, str]  # channel and event: `("trade", "BTCTRY")`


class Listener:
    """One WebSocket connection."""

    def __init__(self, *, frames_max: int) -> None:
        self.topics: set[Topic] = set()
        self.account: Account | None = None
        self.held: bytes | None = None  # waits for the frame after it: they change places
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
        on = self._faults.on
        if on.silent_ws or topic[0] in on.silent_channels:
            return
        for listener in list(self._listeners):
            if topic in listener.topics:
                self._give(listener, frame)

    def tell(self, account: str, frame: bytes) -> None:
        """Tell everybody who is logged in as *account*."""
        if self._faults.on.silent_ws:
            return
        for listener in list(self._listeners):
            if listener.account is not None and listener.account.name == account:
                self._give_private(listener, frame)

    def announce(self, frame: bytes) -> None:
        """Tell everybody."""
        for listener in list(self._listeners):
            self._give(listener, frame)

    def _give_private(self, listener: Listener, frame: bytes) -> None:
        held, listener.held = listener.held, None
        if held is None and self._faults.on.reordered_frames:
            listener.held = frame
            return
        self._give(listener, frame)
        if held is not None:
            self._give(listener, held)

    def _give(self, listener: Listener, frame: bytes) -> None:
        on = self._faults.on
        if on.lost_frames and kind_of(frame) in on.lost_frames:
            return
        if self._faults.use("ws_cuts"):
            listener.give(CUT)
            return
        frame = spoiled_frame(frame, on)
        if self._faults.use("unreadable_frames"):
            frame = frame[: len(frame) // 2]
        listener.give(frame)
        if on.double_frames:
            listener.give(frame)
        if on.unknown_frames:
            listener.give(UNKNOWN_FRAME)


def kind_of(frame: bytes) -> int:
    """Return the type of a frame, 0 where none can be read."""
    number = frame[1:].partition(b",")[0]
    return int(number) if number.isdigit() else 0
