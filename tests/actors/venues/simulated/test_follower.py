"""A public feed that says what nobody foresaw, or says no: what can be followed is followed on."""

import json
import threading
from contextlib import contextmanager

import pytest
from websockets.sync.server import serve

from actors.runtime.contain import attempt
from actors.venues.port import BookDepth, Connected, Disconnected
from actors.venues.settings import MirrorSettings, StreamSettings
from actors.venues.simulated.follower import Follower
from actors.venues.simulated.listing import LISTINGS
from tests.actors.venues.served import CLOCK

QUICK = StreamSettings(backoff_first_ms=10, backoff_max_ms=20, resnapshot_ms=2_000)
PATIENT = StreamSettings(backoff_first_ms=5_000, resnapshot_ms=2_000)
WITHIN_MS = 10_000


class Public:
    """A feed: *refused* are the symbols it does not know, *odd* is a frame that it sends once."""

    def __init__(self, refused=(), odd=None):
        self.refused, self.odd, self.came = refused, odd, []

    def __call__(self, socket):
        self.came.append(set())
        for frame in socket:
            kind, body = json.loads(frame)
            if kind == 151 and body["join"]:
                self._join(socket, body["channel"], body["event"])

    def _join(self, socket, channel, symbol):
        ok = symbol not in self.refused
        self.came[-1].add(symbol)
        word = "join" if ok else "unknown"
        said = {"type": 100, "ok": ok, "message": f"{word}|{channel}:{symbol}"}
        socket.send(json.dumps([100, said]))
        if ok and channel == "obdiff":
            odd, self.odd = self.odd, None
            if odd is not None:
                socket.send(odd)
            book = {"AO": [{"A": "1", "P": "102"}], "BO": [{"A": "1", "P": "100"}], "CS": 1}
            socket.send(json.dumps([431, book | {"channel": channel, "PS": symbol, "type": 431}]))


@contextmanager
def following(public, *names, stream=PATIENT):
    server = serve(public, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
    listed = {name: LISTINGS[name] for name in names}
    found = Follower(MirrorSettings(ws_url=url, stream=stream), listed, CLOCK, attempt)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        server.shutdown()
        thread.join(5)


def heard_until(follower, holds):
    """Return what the follower heard up to the moment in which *holds* is true of it."""
    events, deadline = [], CLOCK.mono_ms() + WITHIN_MS
    while not holds(events):
        assert CLOCK.mono_ms() < deadline, events
        events += [heard.event for heard in follower.take()]
        threading.Event().wait(0.01)
    return events


def books(events):
    return {one.instrument for one in events if isinstance(one, BookDepth)}


@pytest.mark.parametrize(
    "odd",
    [
        '[422,{"type":422,"PS":"BTCTRY","D":"1","I":"1","A":1e99999999999999999999,"P":"3","S":0}]',
        "[" * 5_000,
        b"\xff\xfe",
    ],
    ids=["a number of no size", "a nest", "bytes"],
)
def test_a_frame_that_nobody_foresaw_does_not_end_the_following(odd):
    with following(Public(odd=odd), "BTC_TRY", stream=QUICK) as follower:
        events = heard_until(follower, lambda events: books(events) == {"BTC_TRY"})

    assert sum(isinstance(one, Connected) for one in events) >= 1


def test_a_symbol_that_is_refused_is_left_out_and_the_others_are_followed():
    public = Public(refused=("DOGETRY",))
    with following(public, "BTC_TRY", "DOGE_TRY", "ETH_TRY") as follower:
        both = {"BTC_TRY", "ETH_TRY"}
        events = heard_until(
            follower,
            lambda events: any(isinstance(e, Connected) for e in events) and books(events) == both,
        )

        assert follower.left_out == ("DOGE_TRY",)
        assert len([one for one in events if isinstance(one, Disconnected)]) == 1
        assert public.came[-1] == {"BTCTRY", "ETHTRY"}


def test_a_feed_that_refuses_everything_is_asked_no_more():
    public = Public(refused=("BTCTRY", "ETHTRY"))
    with following(public, "BTC_TRY", "ETH_TRY") as follower:
        heard_until(follower, lambda _: len(follower.left_out) == 2)

        assert len(public.came) == 2
        assert not follower._stream._thread.is_alive()
