"""Whatever the venue sends, what comes of it is one of the answers that are expected."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.venues.btcturk.feed import Feed
from actors.venues.btcturk.instruments import Rules, rules
from actors.venues.btcturk.outcome import decode, of_answer
from actors.venues.btcturk.reader import Reader
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import Ack, Lost, Reject, VenueUnreadable
from tests.actors.venues.btcturk import test_feed, test_instruments, test_reader

KINDS = [100, 101, 114, 201, 401, 402, 421, 422, 423, 431, 432, 441, 451, 452, 801, 991]
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(max_size=12),
    st.sampled_from(["1", "0", "-1", "1,5", "BTCTRY", "BTC_TRY", "buy", "Closed", "1e9", "0E-16"]),
)
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
FRAMES = [
    msgspec.json.decode(frame)
    for frame in (
        test_feed.whole([("100", "2")], [("102", "3")]),
        test_feed.difference((1, "101", "4")),
        test_feed.frame(423, **test_feed.FILL),
        test_feed.frame(422, PS="BTCTRY", I="1", A="1", P="1", D="1", S=0),
        test_feed.frame(421, symbol="BTCTRY", items=[{"D": "1", "I": "1", "A": "1", "P": "1"}]),
        test_feed.frame(401, items=[{"B": "1", "A": "2", "PS": "BTCTRY"}]),
        test_feed.frame(441, id=1, symbol="BTCTRY", clientId="x"),
        test_feed.frame(100, ok=True, message="join|obdiff:BTCTRY"),
    )
]


@st.composite
def spoiled(draw, wholes):
    """One of *wholes* with one value, anywhere in it, put in place of another or taken out."""
    return _spoil(draw, draw(st.sampled_from(wholes)), 3)


def _spoil(draw, value, depth):
    if depth and isinstance(value, dict) and value:
        key = draw(st.sampled_from(sorted(value)))
        if draw(st.booleans()):
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: _spoil(draw, value[key], depth - 1)}
    if depth and isinstance(value, list) and value:
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _spoil(draw, value[at], depth - 1), *value[at + 1 :]]
    return draw(anything)


def as_heard(value):
    """*value* as it comes out of JSON, where it can be written so at all."""
    try:
        return decode(encoded(value))
    except ValueError:
        return value


def encoded(value):
    return msgspec.json.encode(value, enc_hook=str)


@settings(max_examples=120, deadline=None)
@given(st.one_of(spoiled(FRAMES), st.tuples(st.sampled_from(KINDS), anything), anything))
def test_no_frame_ends_the_stream(message):
    feed = Feed(Symbols({"BTC_TRY": "BTCTRY"}))
    feed.read(msgspec.json.encode(FRAMES[0]))

    events = feed.read(encoded(message))

    assert isinstance(events, list)


ROWS = [
    msgspec.json.decode(raw)
    for raw in (test_reader.MARKET_BUY, test_reader.FILL, test_reader.BALANCE)
]


@settings(max_examples=120, deadline=None)
@given(st.one_of(spoiled(ROWS), anything))
def test_every_row_is_read_or_unreadable(row):
    reader = Reader(Symbols())
    row = as_heard(row)
    for read in (
        reader.order,
        reader.fill,
        lambda one: reader.balances([one]),
        lambda one: reader.open_orders({"asks": one, "bids": []}),
        lambda one: reader.book_top("BTC_TRY", {"bids": [one], "asks": one}),
    ):
        try:
            read(row)
        except VenueUnreadable:
            continue


@settings(max_examples=120, deadline=None)
@given(
    st.integers(100, 599),
    st.one_of(
        spoiled([{"data": {"id": 5, "newOrderClientId": "ours"}, "success": True, "code": 0}]),
        anything,
    ),
)
def test_an_ack_or_reject_needs_all_of_its_evidence(status, body):
    found = of_answer(
        status,
        {"retry-after": "1"},
        encoded(body),
        client_order_id="ours",
        definite=frozenset(),
        now_ms=0,
    )

    assert isinstance(found, Ack | Reject | Lost)
    if isinstance(found, Ack):
        assert 200 <= status < 300
        assert body["data"]["newOrderClientId"] == "ours"
    if isinstance(found, Reject):
        assert status in (401, 429)


@settings(max_examples=200, deadline=None)
@given(spoiled([test_instruments.row()]))
def test_one_spoiled_row_of_rules_never_spoils_the_table(row):
    found = rules(
        {"symbols": [row, test_instruments.row(nameNormalized="ETH_TRY")]},
        price_increment="tick_size",
        notional_min_try=Decimal(10),
    )

    assert isinstance(found, Rules)
    assert found.instruments[-1].not_tradable is None or len(found.instruments) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_with_nothing_in_it_is_read_or_told(kind):
    assert isinstance(Feed(Symbols()).read(msgspec.json.encode([kind, {}])), list)
