"""A stream outlives whoever it tells, and settings that would make a quiet book look dead."""

import threading
from random import Random

import pytest
from websockets.sync.server import serve

from actors.runtime.contain import attempt
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import BookTop, Connected, Disconnected
from actors.venues.settings import StreamSettings
from tests.actors.venues.served import CLOCK, venue

SIDES = '"AO":[{"A":"1","P":"102"}],"BO":[{"A":"1","P":"100"}]'
BOOK = f'[431,{{"type":431,"channel":"obdiff","PS":"BTCTRY","CS":1,{SIDES}}}]'
JOINED = '[100,{"type":100,"ok":true,"message":"join|%s:BTCTRY"}]'


@pytest.fixture
def quoting():
    """A server that confirms both joins, shows a book and counts who came."""
    came = []

    def handler(socket):
        came.append(CLOCK.mono_ms())
        for frame in (JOINED % "obdiff", JOINED % "trade", BOOK):
            socket.send(frame)
        for _ in socket:
            pass

    server = serve(handler, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", came
    server.shutdown()
    thread.join(5)


class Listener:
    """A sink that raises while *raising* says so, and keeps the rest."""

    def __init__(self, raising):
        self.raising, self.events, self.changed = raising, [], threading.Condition()

    def __call__(self, event):
        with self.changed:
            if self.raising(self, event):
                self.events.append("raised")
                self.changed.notify_all()
                raise RuntimeError("a sink that cannot")
            self.events.append(event)
            self.changed.notify_all()

    def await_that(self, holds):
        with self.changed:
            assert self.changed.wait_for(lambda: holds(self.events), 10), self.events


@pytest.fixture
def opened():
    streams = []

    def open_at(url, sink):
        settings = venue(url, stream=StreamSettings(backoff_first_ms=10, backoff_max_ms=20))
        subject = Subject(symbols=Symbols({"BTC_TRY": "BTCTRY"}), instruments=("BTC_TRY",))
        streams.append(
            BtcturkStream(settings, subject, sink, clock=CLOCK, random=Random(1), contain=attempt)
        )
        streams[-1].start()
        return streams[-1]

    yield open_at
    for one in streams:
        one.stop()


def test_a_sink_that_raises_ends_the_connection_which_is_told_and_begun_anew(quoting, opened):
    url, came = quoting
    sink = Listener(lambda it, event: isinstance(event, BookTop) and "raised" not in it.events)

    stream = opened(url, sink)

    sink.await_that(lambda events: any(isinstance(one, BookTop) for one in events))
    gone = next(one for one in sink.events if isinstance(one, Disconnected))
    assert gone.reason == "FAILED RuntimeError"
    assert (len(came), stream.failures) == (2, 1)
    assert sum(isinstance(one, Connected) for one in sink.events) >= 1


def test_a_sink_that_takes_nothing_at_all_for_a_while_is_told_again_when_it_does(quoting, opened):
    url, _ = quoting
    sink = Listener(lambda it, _: it.events.count("raised") < 4)

    stream = opened(url, sink)

    sink.await_that(lambda events: any(isinstance(one, BookTop) for one in events))
    assert stream.failures == 4


@pytest.mark.parametrize("resnapshot_ms", [999, 1_000, 1_001])
def test_a_book_is_asked_for_anew_before_its_silence_counts_as_death(resnapshot_ms):
    def read():
        return StreamSettings(book_silence_max_ms=1_000, resnapshot_ms=resnapshot_ms)

    if resnapshot_ms < 1_000:
        assert read().resnapshot_ms == resnapshot_ms
        return
    with pytest.raises(ValueError, match="resnapshot_ms must be less than book_silence_max_ms"):
        read()
