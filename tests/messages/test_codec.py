"""Which bytes are messages, and that a message survives the way there and back."""

import json
from decimal import Decimal

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import codec
from messages.codec import Unreadable
from messages.money import amount
from messages.schema import shapes
from messages.targets import Target, Targets
from tests.messages.samples import GOLDEN, LOCK, SAMPLES, envelope, golden_file

AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, places=9, min_value=0, max_value=10**15
)


def targets(quantity: Decimal) -> Targets:
    target = Target(quantity=amount(quantity), reason="R")
    return Targets(strategy="s", seq=1, targets={"A_TRY": target}, contained=None, decided_ms=1)


CODES = {"READ", "NOT_MESSAGEPACK", "NOT_VALID", "NEWER_ENVELOPE", "UNKNOWN_TYPE"}


def outcome(raw: bytes) -> str:
    try:
        codec.decode(raw)
    except Unreadable as why:
        return why.code
    return "READ"


def refused(raw: bytes) -> str:
    with pytest.raises(Unreadable) as why:
        codec.decode(raw)
    return why.value.code


def altered(message, **changes) -> bytes:
    plain = codec.unpack(codec.encode(envelope(message)))
    return msgpack.packb({**plain, **changes})


def test_every_message_has_a_sample():
    assert {type(one) for one in SAMPLES} == set(codec.SCHEMAS)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda one: type(one).__name__)
def test_message_survives_the_way_there_and_back(message):
    sent = envelope(message)

    heard, read = codec.decode(codec.encode(sent))

    assert read == message
    assert (heard.type, heard.id, heard.inc) == (sent.type, sent.id, sent.inc)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda one: type(one).__name__)
def test_bytes_of_a_message_do_not_change(message):
    assert codec.encode(envelope(message)) == golden_file(message).read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.msgpack")), ids=lambda path: path.stem)
def test_every_message_ever_released_is_still_read(path):
    heard, _ = codec.decode(path.read_bytes())

    assert f"{heard.type}-{heard.schema}" == path.stem


def test_shape_of_a_message_changes_only_with_its_version():
    assert json.loads(LOCK.read_text()) == shapes()


@given(AMOUNTS)
def test_amount_keeps_every_digit(quantity):
    _, read = codec.decode(codec.encode(envelope(targets(quantity))))

    assert read.targets["A_TRY"].quantity == quantity


@pytest.mark.parametrize(
    "bad", ["1.50", "NaN", "sNaN", "Infinity", "1E+3", "1_000", " 1 ", "١٢", "-0", "", "+1", ".5"]
)
def test_amount_that_is_not_canonical_text_is_refused(bad):
    body = codec.body(targets(Decimal(1)))
    body["targets"]["A_TRY"]["quantity"] = bad

    assert refused(altered(targets(Decimal(1)), body=body)) == "NOT_VALID"


@pytest.mark.parametrize("bad", [0.1, 3, True, None, ["1"]])
def test_amount_that_is_not_text_is_refused(bad):
    body = codec.body(targets(Decimal(1)))
    body["targets"]["A_TRY"]["quantity"] = bad

    assert refused(altered(targets(Decimal(1)), body=body)) == "NOT_VALID"


@pytest.mark.parametrize(("digits", "is_read"), [(37, True), (38, True), (39, False)])
def test_amount_has_at_most_38_digits(digits, is_read):
    body = codec.body(targets(Decimal(1)))
    body["targets"]["A_TRY"]["quantity"] = "1" * digits
    raw = altered(targets(Decimal(1)), body=body)

    assert (codec.decode(raw) is not None) if is_read else refused(raw) == "NOT_VALID"


def test_unknown_type_names_the_stranger():
    with pytest.raises(Unreadable) as why:
        codec.decode(altered(SAMPLES[0], type="Horoscope"))

    assert why.value.unknown_type == "Horoscope"


def test_newer_envelope_is_refused():
    assert refused(altered(SAMPLES[0], v=2)) == "NEWER_ENVELOPE"


def test_unknown_field_is_ignored_in_a_fact_and_refused_in_a_command():
    fact = next(one for one in SAMPLES if type(one).__name__ == "Quote")
    command = next(one for one in SAMPLES if type(one).__name__ == "Kill")

    codec.decode(altered(fact, body={**codec.body(fact), "later": 1}))

    assert refused(altered(command, body={**codec.body(command), "later": 1})) == "NOT_VALID"


def test_message_of_more_than_the_bound_is_not_even_unpacked():
    assert refused(b"\x00" * (codec.BYTES_MAX + 1)) == "TOO_LONG"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc1",
        codec.encode(envelope(SAMPLES[0])) + b"\x00",
        codec.encode(envelope(SAMPLES[0]))[:-1],
        b"\x91" * 5000,
        msgpack.packb({1: 2}),
        msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
    ],
    ids=["empty", "reserved", "trailing", "torn", "deep", "number key", "extension"],
)
def test_bytes_that_are_no_message_are_refused(raw):
    assert refused(raw) in ("NOT_MESSAGEPACK", "NOT_VALID")


@given(st.binary(max_size=400))
def test_no_bytes_at_all_can_do_more_than_be_refused(raw):
    assert outcome(raw) in CODES


@given(st.sampled_from(SAMPLES), st.data())
def test_flipped_byte_is_read_or_refused_but_never_a_crash(message, data):
    raw = bytearray(codec.encode(envelope(message)))
    at = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
    raw[at] ^= data.draw(st.integers(min_value=1, max_value=255))

    assert outcome(bytes(raw)) in CODES
