"""A connection that stays open while one of its channels, or the account's own, says nothing."""

import json
import queue
import threading
from random import Random

import pytest
from websockets.sync.server import serve

from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import BookTop, Connected, Disconnected, PublicTrade
from actors.venues.settings import StreamSettings
from tests.actors.venues.served import CLOCK, await_event, venue

SIDES = {"AO": [{"A": "1", "P": "102"}], "BO": [{"A": "1", "P": "100"}]}
BOOK = [431, {"type": 431, "channel": "obdiff", "PS": "BTCTRY", "CS": 1, **SIDES}]
TRADE = {"D": "1", "I": "1", "A": "1", "P": "101", "S": 0}
KEYS = credentials("key", "c2VjcmV0")
QUICK = {"backoff_first_ms": 10, "backoff_max_ms": 20, "resnapshot_ms": 300}


class Talker:
    """Confirms every join and tells a book for each; trades only where it *lists* them."""

    def __init__(self, *, lists):
        self.lists, self.heard = lists, queue.Queue()
        self._server = serve(self._serve, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def _serve(self, socket):
        for text in socket:
            kind, body = json.loads(text)
            self.heard.put(body)
            if kind == 114:
                socket.send(json.dumps([114, {"type": 114, "ok": True}]))
                continue
            word = "join" if body["join"] else "leave"
            told = f"{word}|{body['channel']}:{body['event']}"
            socket.send(json.dumps([100, {"type": 100, "ok": True, "message": told}]))
            if body["join"] and body["channel"] == "obdiff":
                socket.send(json.dumps(BOOK))
            elif body["join"] and self.lists:
                socket.send(json.dumps([421, {"symbol": "BTCTRY", "items": []}]))

    def close(self):
        self._server.shutdown()
        self._thread.join(5)


@pytest.fixture
def talking():
    opened = []

    def open_one(*, lists=True, keys=None, venue_ms=None, **changed):
        talker, events = Talker(lists=lists), queue.Queue()
        instruments = () if keys else ("BTC_TRY",)
        stream = BtcturkStream(
            venue(talker.url, stream=StreamSettings(**QUICK | changed)),
            Subject(symbols=Symbols({"BTC_TRY": "BTCTRY"}), instruments=instruments, keys=keys),
            events.put,
            clock=CLOCK,
            random=Random(1),
            venue_ms=venue_ms,
        )
        opened.extend((stream.stop, talker.close))
        stream.start()
        return talker, events

    yield open_one
    for close in opened:
        close()


def joins(talker, count):
    """Return the next *count* words about the trades."""
    found = []
    while len(found) < count:
        body = talker.heard.get(timeout=10)
        if body.get("channel") == "trade":
            found.append(body["join"])
    return found


def test_trades_that_are_quiet_while_books_flow_are_joined_anew_and_a_quiet_market_is_not_dead(
    talking,
):
    talker, events = talking(trade_rejoin_ms=300, trade_silence_max_ms=1_200)

    assert joins(talker, 11) == [True, *[False, True] * 5]  # for longer than their silence may be
    told = [events.get() for _ in range(events.qsize())]
    assert not [one for one in told if isinstance(one, Disconnected | PublicTrade)]


def test_trades_that_are_dead_while_books_flow_end_the_connection(talking):
    _, events = talking(lists=False, trade_rejoin_ms=300, trade_silence_max_ms=1_200)

    await_event(events, BookTop)
    gone = await_event(events, Disconnected)

    assert gone.reason == "SILENT trade BTCTRY"
    await_event(events, BookTop)


def test_an_account_that_says_nothing_at_all_is_begun_anew_and_that_is_no_failure(talking):
    _, events = talking(keys=KEYS, private_silence_max_ms=100, backoff_max_ms=5_000)

    for _ in range(4):
        await_event(events, Connected)
        gone = await_event(events, Disconnected)
        assert gone.reason == "SILENT private"
        assert gone.retry_ms <= 12


def test_a_login_carries_the_time_of_the_venue(talking):
    talker, events = talking(keys=KEYS, venue_ms=lambda: 1_790_000_000_123)

    await_event(events, Connected)

    assert talker.heard.get()["timestamp"] == 1_790_000_000_123
