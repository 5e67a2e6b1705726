"""What is taken from a wire and what is refused, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.runtime.hearing import Refused, newest_of_each_topic, understand
from actors.runtime.wire import Sender
from messages import codec, life, orders, records
from messages.control import Kill, StatusQuery
from messages.records import RecordsAck
from tests.actors.runtime.hands import ME, HandClock
from tests.actors.runtime.players import batch

EVERYTHING = frozenset(codec.SCHEMAS)
APPROVED = codec.convert({"batch": codec.body(batch()), "verdicts": ()}, orders.ApprovedBatch)
GUARDED = [
    life.Hello(role="executor", pid=1, parent_pid=1),
    life.Permit(nonce="n", issuer="risk_gate", kill_epoch=0),
    batch(),
    APPROVED,
    records.RecordBatch(batch_id="b", records=()),
]


def sealed(message: object, **other: str) -> bytes:
    return Sender(replace(ME, **other), HandClock()).seal(message, stream="s", trail=None)


def code(raw: bytes, hears=EVERYTHING) -> str:
    told = understand(raw, hears, ME)
    return told.code if isinstance(told, Refused) else "taken"


def test_what_is_heard_here_is_taken_with_its_envelope():
    envelope, message = understand(sealed(StatusQuery()), {StatusQuery}, ME)

    assert (envelope.src, message) == ("executor", StatusQuery())


def test_what_is_not_heard_on_this_socket_is_refused():
    assert code(sealed(RecordsAck(upto=1)), hears={StatusQuery}) == "NOT_HEARD_HERE"


def test_bytes_that_are_no_message_are_refused():
    assert code(b"\xc1garbage") == "NOT_MESSAGEPACK"


def test_a_type_nobody_knows_is_refused_and_named():
    plain = codec.unpack(sealed(StatusQuery()))

    told = understand(codec.pack({**plain, "type": "Stranger"}), EVERYTHING, ME)

    assert (told.code, told.type) == ("UNKNOWN_TYPE", "Stranger")


@pytest.mark.parametrize(("extra", "expected"), [(0, "NOT_MESSAGEPACK"), (1, "TOO_LONG")])
def test_a_message_is_read_up_to_the_limit_and_no_further(extra, expected):
    assert code(b"\xc1" * (codec.BYTES_MAX + extra)) == expected


@pytest.mark.parametrize("message", GUARDED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "taken"),
        ({"build": "b2"}, "BUILD_DIFFERS"),
        ({"config": "c2"}, "CONFIG_DIFFERS"),
    ],
)
def test_what_moves_money_must_come_from_the_same_build_and_configuration(message, other, expected):
    assert code(sealed(message, **other)) == expected


@pytest.mark.parametrize("message", [Kill(reason="r"), StatusQuery(), RecordsAck(upto=1)])
def test_commands_and_facts_are_never_refused_for_their_build(message):
    assert code(sealed(message, build="b2", config="c2")) == "taken"


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_it_raise(raw):
    assert isinstance(understand(raw, EVERYTHING, ME), Refused)


@given(st.data())
def test_no_changed_byte_of_a_real_message_makes_it_raise(data):
    raw = bytearray(sealed(batch()))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))

    understand(bytes(raw), EVERYTHING, ME)


def test_of_each_topic_the_newest_stays_in_its_place():
    frames = [[b"Quote/A", b"1"], [b"Quote/B", b"2"], [b"Quote/A", b"3"]]

    assert newest_of_each_topic(frames) == [[b"Quote/B", b"2"], [b"Quote/A", b"3"]]


def test_every_trade_stays_since_none_replaces_another():
    frames = [[b"Trade/A", b"1"], [b"Trade/A", b"2"], [b"Quote/A", b"3"]]

    assert newest_of_each_topic(frames) == frames
