"""Whatever the server does to a stream, it connects no more often in a minute than it may."""

import queue
import socket
import threading
from itertools import pairwise
from random import Random

import pytest
from websockets.sync.server import serve

from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import Disconnected
from actors.venues.settings import StreamSettings
from tests.actors.venues.served import CLOCK, venue

TIMES = 60  # a minute of the stream is a second here
MINUTE_MS = 60_000
WATCHED_MS = 150_000


class Hurried:
    """The clock of this host, sixty times as fast."""

    def mono_ms(self):
        return CLOCK.mono_ms() * TIMES

    def wall_ms(self):
        return CLOCK.wall_ms()


class Quick(threading.Event):
    """Waits by the hurried clock."""

    def wait(self, timeout=None):
        return super().wait(None if timeout is None else timeout / TIMES)


class Door:
    """Takes every connection and does *what* with it; *came_ms* is when, by the hurried clock."""

    def __init__(self, what):
        self.came_ms, self._what = [], what
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._held = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            self.came_ms.append(Hurried().mono_ms())
            self._what(one)
            self._held.append(one)

    def close(self):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._held:
            one.close()


def closes(one):
    one.close()


def refuses(one):
    one.recv(4_096)
    one.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
    one.close()


def throttles(one):
    one.recv(4_096)
    one.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 42\r\nContent-Length: 0\r\n\r\n")
    one.close()


def says_nonsense(one):
    one.recv(4_096)
    one.sendall(b"\x00\xff" * 100)
    one.close()


def watched(url, came_ms, *, watch_ms=WATCHED_MS, **changed):
    """Let a stream try for so long; return how often it came within any minute at most."""
    settings = venue(url, stream=StreamSettings(**changed))
    subject = Subject(symbols=Symbols({"BTC_TRY": "BTCTRY"}), instruments=("BTC_TRY",))
    stream = BtcturkStream(settings, subject, lambda _: None, clock=Hurried(), random=Random(1))
    stream._stopping = Quick()
    stream.start()
    threading.Event().wait(watch_ms / TIMES / 1_000)
    stream.stop()
    times = list(came_ms)
    return max(sum(at <= other < at + MINUTE_MS for other in times) for at in times), times


# A connect takes a moment of its own, which is sixty here: what came late may look closer together.
LATE = 1


@pytest.mark.parametrize("what", [closes, refuses, says_nonsense], ids=lambda one: one.__name__)
def test_door_that_shuts_at_once_is_not_hurried(what):
    door = Door(what)

    most, times = watched(door.url, door.came_ms, backoff_first_ms=1, backoff_max_ms=1)
    door.close()

    assert most <= 7 + LATE
    assert len(times) >= 8


def test_server_that_accepts_and_closes_or_stays_silent_is_not_hurried():
    came = []

    def handler(socket):
        came.append(Hurried().mono_ms())
        if len(came) % 2:
            return
        for _ in socket:
            pass

    server = serve(handler, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"

    most, times = watched(url, came, backoff_first_ms=1, backoff_max_ms=1, confirm_timeout_ms=2_000)
    server.shutdown()
    thread.join(5)

    assert most <= 7 + LATE
    assert len(times) >= 8


def test_waits_grow():
    doors = [Door(closes) for _ in range(2)]
    waits = []
    for door in doors:
        _, times = watched(door.url, door.came_ms, backoff_first_ms=3_000, backoff_max_ms=60_000)
        waits.append([later - sooner for sooner, later in pairwise(times)])
        door.close()

    for one in waits:
        assert one[-1] > 2 * one[0]


def test_door_that_says_when_to_come_again_is_left_alone_for_so_long():
    door, told = Door(throttles), queue.Queue()
    settings = venue(door.url, stream=StreamSettings(backoff_first_ms=1, backoff_max_ms=1))
    subject = Subject(symbols=Symbols({"BTC_TRY": "BTCTRY"}), instruments=("BTC_TRY",))
    stream = BtcturkStream(settings, subject, told.put, clock=CLOCK, random=Random(1))

    stream.start()
    gone = told.get(timeout=10)
    stream.stop()
    door.close()

    assert gone == Disconnected(reason="HTTP 429", retry_ms=42_000)
