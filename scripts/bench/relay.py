"""A wire tap in front of the exchange: when did the first byte of each order arrive?

It forwards every connection byte for byte and notes, per request, the monotonic time at which its
first bytes were read, before they are forwarded: what it costs itself is not in its figures.
"""

import contextlib
import socket
import threading
from collections import deque

from msgspec import Struct

from actors.runtime.clock import SystemClock

READ_BYTES = 65_536
SEEN_MAX = 100_000  # requests kept; the oldest go first
CONNECTIONS_MAX = 64
HEADER_BYTES_MAX = 65_536


class Seen(Struct, frozen=True):
    """One request as it came by: when its first byte was here, its first line and its body."""

    at_ns: int
    line: str
    body: bytes


class Relay:
    """Forwards TCP from a free loopback port to *target*; `close` ends all its threads."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.seen: deque[Seen] = deque(maxlen=SEEN_MAX)
        self._target = target
        self._clock = SystemClock()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS_MAX)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close every connection; the threads end with them."""
        with self._lock:
            mine = [self._listener, *self._open]
        for one in mine:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {near, far}
            threading.Thread(target=self._requests, args=(near, far), daemon=True).start()
            threading.Thread(target=self._answers, args=(far, near), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket) -> None:
        tap = Tap()
        while data := _read(near):
            # Noted before it goes on, so that whoever has the answer finds the request here.
            self.seen.extend(tap.take(data, self._clock.mono_ns()))
            if not _write(far, data):
                break
        self._part(near, far)

    def _answers(self, far: socket.socket, near: socket.socket) -> None:
        while data := _read(far):
            if not _write(near, data):
                break
        self._part(near, far)

    def _part(self, *both: socket.socket) -> None:
        for one in both:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        with self._lock:
            self._open -= set(both)


class Tap:
    """Finds the requests in one connection's bytes. What is no HTTP any more is let pass unread."""

    def __init__(self) -> None:
        self._buffer = b""
        self._began_ns = 0
        self._blind = False

    def take(self, data: bytes, at_ns: int) -> list[Seen]:
        """Return the requests that *data*, read at *at_ns*, completes."""
        if self._blind:
            return []
        if not self._buffer:
            self._began_ns = at_ns
        self._buffer += data
        done: list[Seen] = []
        while (one := self._first()) is not None:
            done.append(one)
            self._began_ns = at_ns
        return done

    def _first(self) -> Seen | None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            self._blind |= len(head) > HEADER_BYTES_MAX
            return None
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if "upgrade" in headers:
            self._blind = True
        length = int(headers.get("content-length", "0") or 0)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return Seen(self._began_ns, lines[0], rest[:length])


def _read(one: socket.socket) -> bytes:
    try:
        return one.recv(READ_BYTES)
    except OSError:
        return b""


def _write(one: socket.socket, data: bytes) -> bool:
    try:
        one.sendall(data)
    except OSError:
        return False
    return True
