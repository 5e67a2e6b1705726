"""A thread that does nothing but listen to one command socket, so that a turn delays no kill.

The loop of an actor hears between two messages; a reaction, and the commit of a whole turn, stand
in between. What may not wait is overheard here the moment it arrives, and the loop hears it as
everything else, in its order. The socket belongs to this thread: what is said through it is handed
over.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import zmq

from actors.runtime import realtime
from actors.runtime.contain import attempt
from actors.runtime.effects import Raised

HEARD_MAX = 1_024  # commands that may wait for the loop; more wait in ZeroMQ
JOIN_MAX_S = 1.0
# A thread that has something to do waits this long for one that computes; Python's own 5 ms would
# be longer than a kill may take.
SWITCH_S = 0.000_5

Overhear = Callable[[list[bytes]], None]


class Ear:
    """Listens to *handle*, bound and handed over. *overhear* is called in the thread of the ear.

    *send* sends frames without waiting. *broken* is called with what ended the thread.
    """

    def __init__(
        self,
        handle: "zmq.Socket[Any]",
        *,
        overhear: Overhear,
        send: Callable[["zmq.Socket[Any]", Sequence[bytes]], bool],
        broken: Callable[[BaseException], None],
    ) -> None:
        self._handle = handle
        self._overhear, self._send, self._broken = overhear, send, broken
        self._heard: deque[list[bytes]] = deque()
        self._to_say: deque[Sequence[bytes]] = deque()
        self._linger_ms: int | None = None  # set: close and end
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)  # rings for the loop
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)  # wakes the ear
        self._thread = threading.Thread(target=self._live, name="ear", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()

    def read(self, most: int) -> list[list[bytes]]:
        """Return what was heard, oldest first, at most *most* at a time."""
        _clear(self.bell)
        frames = [self._heard.popleft() for _ in range(min(most, len(self._heard)))]
        if self._heard:
            os.eventfd_write(self.bell, 1)
        elif len(frames) >= HEARD_MAX:
            os.eventfd_write(self._wake, 1)
        return frames

    def say(self, frames: Sequence[bytes]) -> None:
        """Send *frames* from the thread that owns the socket."""
        self._to_say.append(frames)
        os.eventfd_write(self._wake, 1)

    def close(self, *, linger_ms: int = 0) -> None:
        """Send what is still to be said, close the socket, end the thread."""
        self._linger_ms = linger_ms
        os.eventfd_write(self._wake, 1)
        self._thread.join(JOIN_MAX_S)

    def _live(self) -> None:
        realtime.take()
        ended = attempt(partial(self._listen))
        if isinstance(ended, Raised):
            self._broken(ended.error)

    def _listen(self) -> None:
        poller = zmq.Poller()
        poller.register(self._wake, zmq.POLLIN)
        while self._linger_ms is None:
            has_room = len(self._heard) < HEARD_MAX
            poller.register(self._handle, zmq.POLLIN if has_room else 0)
            ready = dict(poller.poll())
            if self._handle in ready:
                self._hear()
            if self._wake in ready:
                _clear(self._wake)
                self._say_all()
        self._say_all()
        self._handle.close(self._linger_ms)

    def _hear(self) -> None:
        while len(self._heard) < HEARD_MAX:
            try:
                frames = self._handle.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._overhear(frames)
            self._heard.append(frames)
            os.eventfd_write(self.bell, 1)

    def _say_all(self) -> None:
        while self._to_say:
            self._send(self._handle, self._to_say.popleft())


def _clear(descriptor: int) -> None:
    try:
        os.eventfd_read(descriptor)
    except BlockingIOError:
        return
