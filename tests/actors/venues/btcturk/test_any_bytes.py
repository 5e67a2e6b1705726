"""Any bytes at all as an answer or as a frame: read, refused or told, and never more than that."""

import socket
import threading
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.venues.btcturk.feed import RAW_KEPT_MAX, Feed
from actors.venues.btcturk.outcome import decode
from actors.venues.btcturk.rest import BtcturkPrivate, BtcturkPublic
from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import (
    ANSWER_KEPT_MAX,
    Ack,
    Lost,
    NewOrder,
    Reject,
    UnreadableFrame,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from messages.money import amount
from messages.orders import Side
from tests.actors.venues.clocks import StandingClock
from tests.actors.venues.recorded import NAMES, SYMBOLS, raw, status
from tests.actors.venues.served import venue

KEYS = credentials("key", "c2VjcmV0")
STAMP = 1_700_000_000_000
EXPECTED = (VenueUnreadable, VenueUnavailable, VenueRefused)
ORDER = NewOrder(
    client_order_id="ours",
    instrument="BTC_TRY",
    side=Side.BUY,
    price=amount("100"),
    quantity=amount("1"),
)
READS = {
    "open orders": lambda one: one.open_orders("BTC_TRY", STAMP),
    "all orders": lambda one: one.all_orders("BTC_TRY", since_ms=0, page=1, stamp_ms=STAMP),
    "one order": lambda one: one.order(5, STAMP),
    "fills": lambda one: one.fills("BTC_TRY", since_ms=0, stamp_ms=STAMP),
    "balances": lambda one: one.balances(STAMP),
    "cancel": lambda one: one.cancel(5, STAMP),
    "time": lambda one: one.server_time_ms(),
}
PUBLIC = {
    "rules": lambda one: one.instruments(),
    "book": lambda one: one.quote("BTC_TRY"),
    "public time": lambda one: one.server_time_ms(),
}
BODIES = [raw(name) for name in NAMES if not name.startswith("ws")]
FRAMES = [raw(name) for name in NAMES if name.startswith("ws")]
BEYOND = [b"1e99999999999999999999", b"-0e-99999999999999999999", str(2**63).encode(), b"9" * 40]
BEYOND += [b'"%s"' % number for number in (*BEYOND, b"9" * 5_000, b"0." + b"1" * 100)]
swapped = st.sampled_from(
    [b"null", b"true", b"-1", b"1e400", b"1e-400", b"NaN", b'""', b"[]", b"{}", b'"1,5"', *BEYOND]
)


@st.composite
def mutated(draw, wholes):
    """One of *wholes* with bits turned over, a value swapped, a piece gone or twice there."""
    body = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(1, 4))):
        if not body:
            break
        at = draw(st.integers(0, len(body) - 1))
        to = min(len(body), at + draw(st.integers(1, 40)))
        match draw(st.sampled_from(["bit", "cut", "gone", "twice", "swap"])):
            case "bit":
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del body[at:]
            case "gone":
                del body[at:to]
            case "twice":
                body[at:at] = body[at:to]
            case "swap":
                begin = body.find(b":", at) + 1
                ends = [n for n in (body.find(end, begin) for end in b",}]") if n >= 0]
                if begin and ends:
                    body[begin : min(ends)] = draw(swapped)
    return bytes(body)


class Speaker:
    """Answers every request with *said*, byte for byte, and closes."""

    def __init__(self):
        self.said = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def body(self, code, body, wait="1"):
        head = f"HTTP/1.1 {code} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        self.said = f"{head}Retry-After: {wait}\r\n\r\n".encode() + body

    def close(self):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self):
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            with one:
                one.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data:
                    data += one.recv(65_536)
                one.sendall(self.said)
                one.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def spoken():
    speaker, clock = Speaker(), StandingClock(STAMP)
    settings_ = venue(speaker.url, read_timeout_ms=2_000)
    private = BtcturkPrivate(settings_, clock, KEYS, Symbols(SYMBOLS))
    public = BtcturkPublic(settings_, clock)
    yield speaker, private, public
    private.close()
    public.close()
    speaker.close()


codes = st.one_of(st.sampled_from([200, 200, 200, 400, 401, 429, 504]), st.integers(200, 599))
bodies = st.one_of(st.binary(max_size=300), mutated(BODIES))
waits = st.sampled_from(
    ["1", "0." + "1" * 100, "9" * 400, "soon", "Mon, 01 Jan 2024 00:00:00 +99999999999999"]
)


def asked(spoken, name):
    """Ask; return the call as it was noted."""
    _, private, public = spoken
    client = private if name in READS else public
    with suppress(*EXPECTED):
        (READS | PUBLIC)[name](client)
    return client.last_call


@pytest.mark.parametrize("name", [*READS, *PUBLIC])
@settings(max_examples=25, deadline=None)
@given(code=codes, body=bodies, wait=waits)
def test_any_body_is_read_or_is_one_of_three_answers_and_its_beginning_is_kept(
    spoken, name, code, body, wait
):
    spoken[0].body(code, body, wait)

    call = asked(spoken, name)

    assert len(call.answer) <= ANSWER_KEPT_MAX
    if body.isascii() and code not in (204, 304):
        assert call.answer == body.decode()[:ANSWER_KEPT_MAX]


@pytest.mark.parametrize("name", ["open orders", "fills", "rules", "cancel"])
@settings(max_examples=20, deadline=None)
@given(said=st.binary(max_size=400))
def test_bytes_that_are_no_http_are_no_answer(spoken, name, said):
    spoken[0].said = said

    asked(spoken, name)


@settings(max_examples=80, deadline=None)
@given(code=codes, body=bodies, wait=waits)
def test_order_on_its_way_stays_unknown_unless_the_answer_proves_something(
    spoken, code, body, wait
):
    speaker, private, _ = spoken
    speaker.body(code, body, wait)

    found = private.submit(ORDER, STAMP)

    assert isinstance(found, Ack | Reject | Lost)
    if isinstance(found, Ack):
        assert b"ours" in body
        assert found.venue_order_id < 2**63
    if isinstance(found, Reject) and code not in (401, 429):
        assert any(one.encode() in body.upper() for one in definite(private))


def definite(private):
    return private._definite


@settings(max_examples=60, deadline=None)
@given(said=st.binary(max_size=400))
def test_order_answered_with_no_http_stays_unknown(spoken, said):
    speaker, private, _ = spoken
    speaker.said = said

    assert isinstance(private.submit(ORDER, STAMP), Lost | Reject)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.text(max_size=200),
            mutated(FRAMES),
            mutated(FRAMES).map(lambda raw: raw.decode(errors="replace")),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_frame_text_or_binary_is_read_or_told_with_its_first_bytes(frames):
    feed = Feed(Symbols(SYMBOLS))
    for frame in FRAMES:
        feed.read(frame)
    for frame in frames:
        for event in feed.read(frame):
            if isinstance(event, UnreadableFrame):
                whole = frame.encode() if isinstance(frame, str) else frame
                assert event.raw == whole[:RAW_KEPT_MAX]
                assert len(event.reason) <= 200


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 9_999), st.binary(max_size=60))
def test_any_number_of_a_frame_is_read_or_told(kind, rest):
    Feed(Symbols(SYMBOLS)).read(b"[%d," % kind + rest)
    Feed(Symbols(SYMBOLS)).read(b"[%d,{" % kind + rest + b"}]")


def test_a_recorded_body_and_frame_of_every_kind_is_there_to_be_mutated():
    assert len(BODIES) >= 15
    kinds = {decode(frame)[0] for frame in FRAMES}
    assert kinds >= {100, 114, 401, 402, 421, 422, 423, 431, 432, 441, 451, 452, 453}
    assert {status(name) for name in NAMES} >= {200, 400, 401, 429}
