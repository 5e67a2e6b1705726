"""A stream like the venue's that says what a benchmark wants, as fast as it is read.

It speaks as much WebSocket as its two clients need: whole unmasked text frames out, short masked
frames in. Each frame moves the best bid of one instrument to a price that tells the frame's number.
"""

import base64
import contextlib
import hashlib
import itertools
import socket
import struct
import threading
from typing import BinaryIO

import msgspec

from actors.runtime.clock import SystemClock

KEY_OF_ALL = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
SYMBOLS = ("BTCTRY", "ETHTRY", "SOLTRY")
BID_FIRST = 1_000_000  # the bid of frame 0
LEVELS = 100
LOGIN, JOIN = 114, 151


class Crier:
    """Listens on *port*; `cry` sends to everyone who joined a book."""

    def __init__(self) -> None:
        self.sent_ns: dict[int, int] = {}  # by number of the frame
        self.last = -1
        self._clock = SystemClock()
        self._numbers = itertools.count()
        self._bids = dict.fromkeys(SYMBOLS, BID_FIRST - 1)
        self._lock = threading.Lock()
        self._hearers: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cry(self, count: int) -> int:
        """Send *count* frames, one after the other; return the number of the last."""
        with self._lock:
            frames = b"".join(self._next() for _ in range(count))
            now_ns = self._clock.mono_ns()
            for number in range(self.last - count + 1, self.last + 1):
                self.sent_ns[number] = now_ns
            for one in list(self._hearers):
                self._give(one, frames)
            return self.last

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            mine = [self._listening, *self._open]
        for one in mine:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _next(self) -> bytes:
        self.last = number = next(self._numbers)
        symbol = SYMBOLS[number % len(SYMBOLS)]
        before, self._bids[symbol] = self._bids[symbol], BID_FIRST + number
        rows = [
            {"A": "0.5", "P": str(BID_FIRST + number), "CP": 1},
            {"A": "0", "P": str(before), "CP": 3},
        ]
        return framed(432, channel="obdiff", PS=symbol, CS=number, AO=[], BO=rows)

    def _whole(self, symbol: str) -> bytes:
        asks = [{"A": "1", "P": str(9 * BID_FIRST + level)} for level in range(LEVELS)]
        bids = [{"A": "1", "P": str(self._bids[symbol])}]
        bids += [{"A": "1", "P": str(BID_FIRST - 2 - level)} for level in range(LEVELS - 1)]
        return framed(431, channel="obdiff", PS=symbol, CS=self.last, AO=asks, BO=bids)

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(one)
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), one.makefile("rb") as said:
            one.sendall(_welcome(said))
            while True:
                self._heard(one, _unmasked(said))
        with self._lock:
            self._hearers.discard(one)
            self._open.discard(one)
        one.close()

    def _heard(self, one: socket.socket, text: bytes) -> None:
        try:
            kind, body = msgspec.json.decode(text, type=tuple[int, dict[str, object]])
        except msgspec.DecodeError:
            return  # a ping, or a goodbye
        with self._lock:
            if kind == LOGIN:
                self._give(one, framed(LOGIN, ok=True, message="OK"))
            if kind != JOIN:
                return
            channel, symbol = str(body["channel"]), str(body["event"])
            word = "join" if body["join"] else "leave"
            self._give(one, framed(100, ok=True, message=f"{word}|{channel}:{symbol}"))
            if channel == "obdiff" and word == "join" and symbol in self._bids:
                self._give(one, self._whole(symbol))
                self._hearers.add(one)

    def _give(self, one: socket.socket, frames: bytes) -> None:
        try:
            one.sendall(frames)
        except OSError:
            self._hearers.discard(one)


def framed(kind: int, **body: object) -> bytes:
    """Return one text frame with a message of the venue's form."""
    text = msgspec.json.encode([kind, {"type": kind, **body}])
    if len(text) < 126:
        return struct.pack("!BB", 0x81, len(text)) + text
    return struct.pack("!BBH", 0x81, 126, len(text)) + text


def _welcome(said: BinaryIO) -> bytes:
    key = b""
    while line := said.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    token = base64.b64encode(hashlib.sha1(key + KEY_OF_ALL, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"


def _unmasked(said: BinaryIO) -> bytes:
    """Return the next frame's bytes. Raises EOFError when there is none."""
    head = _exactly(said, 2)
    length = head[1] & 0x7F
    if length == 126:
        length = int.from_bytes(_exactly(said, 2))
    mask = _exactly(said, 4)
    data = _exactly(said, length)
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def _exactly(said: BinaryIO, count: int) -> bytes:
    data = said.read(count)
    if len(data) < count:
        raise EOFError
    return data
