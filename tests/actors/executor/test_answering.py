"""What is told of questions that the venue does not answer, and of the account's own stream."""

import pytest

from actors.executor import commands
from actors.executor.answering import FORGOTTEN_MS, Turn
from actors.executor.venue_calls import (
    Answer,
    CancelOrder,
    NoAnswer,
    ReadBalances,
    ReadOrder,
    ReadTransfers,
)
from actors.runtime.effects import Raised
from actors.venues.misread import SHOWN_BYTES
from actors.venues.port import Connected, Disconnected, RejectKind, TransferKind
from tests.actors.executor.sessions import Standing

DOWN = NoAnswer(code="UNAVAILABLE", reason="HTTP 503")
ODD = NoAnswer(code="UNREADABLE", reason="a balance is no amount", raw=b'{"data":[{"free":"x"}]}')
CANCEL = CancelOrder(client_order_id="t-1", venue_order_id=7)


@pytest.fixture
def one():
    return Standing()


def ask(one, result=DOWN, request=None):
    """Have a question put and answered by *result*."""
    one.hear(request or ReadBalances(number=0), result)


def failing(one):
    return commands.status(one.session, one.now)["reads_failing"]


def turns(one):
    return [(turn.what, turn.code) for turn in one.session.answering.take_turns()]


def test_a_read_that_fails_is_told_once_until_it_works_again(one):
    ask(one)
    ask(one.after(1_000))
    ask(one.after(1_000), Answer(value=[]))

    assert one.session.answering.take_turns() == [
        Turn(what="balances", code="UNAVAILABLE", reason="HTTP 503"),
        Turn(what="balances", for_ms=2_000, times=2),
    ]
    assert failing(one) == []


def test_another_way_to_fail_is_told_anew(one):
    ask(one)
    ask(one, ODD)

    assert turns(one) == [("balances", "UNAVAILABLE"), ("balances", "UNREADABLE")]


def test_how_long_it_fails_and_why_is_in_the_status(one):
    ask(one)
    ask(one.after(11_000), ODD)

    assert failing(one) == [
        {"read": "balances", "reason": "a balance is no amount", "for_ms": 11_000, "times": 2}
    ]
    assert commands.status(one.session, one.now)["unanswered"] == 2


def test_the_bytes_of_what_cannot_be_read_are_kept_and_counted(one):
    ask(one, ODD)

    assert one.session.answering.misread.take() == {
        "reason": "balances: a balance is no amount",
        "raw": ODD.raw.decode(),
        "unreadable": 1,
    }
    assert len(ODD.raw) < SHOWN_BYTES


@pytest.mark.parametrize(("ms", "told"), [(FORGOTTEN_MS - 1, 1), (FORGOTTEN_MS, 0)])
def test_what_is_not_asked_again_does_not_fail_for_ever(one, ms, told):
    ask(one, request=CANCEL)
    one.after(ms)

    assert len(failing(one)) == told


@pytest.mark.parametrize(
    ("request_", "kind", "told"),
    [
        (ReadOrder(client_order_id="t-1", venue_order_id=7), RejectKind.ORDER, 0),
        (ReadTransfers(kind=TransferKind.FIAT, since_ms=0), RejectKind.ORDER, 0),
        (ReadBalances(number=0), RejectKind.STAMP, 1),
    ],
)
def test_a_refusal_that_answers_the_question_is_an_answer(one, request_, kind, told):
    ask(one, NoAnswer(code="no", reason="no", refused=kind), request_)

    assert len(failing(one)) == told


def test_a_fault_of_ours_is_told_as_well(one):
    ask(one, Raised(ValueError()))

    assert failing(one)[0]["reason"] == "ValueError"


def test_a_stream_that_is_refused_again_and_again_is_told_once(one):
    answering = one.session.answering
    for _ in range(3):
        answering.streamed(Disconnected(reason="LOGIN_REFUSED", retry_ms=30_000), one.mono_ms)
        one.after(30_000)

    assert turns(one) == [("private_stream", "LOGIN_REFUSED")]
    assert answering.stream(one.mono_ms) == {
        "up": False,
        "reason": "LOGIN_REFUSED",
        "for_ms": 90_000,
    }
    assert failing(one) == []


def test_a_stream_that_comes_back_is_up(one):
    answering = one.session.answering
    answering.streamed(Disconnected(reason="closed", retry_ms=1), one.mono_ms)
    answering.streamed(Connected(private=True), one.after(500).mono_ms)

    assert turns(one) == [("private_stream", "closed"), ("private_stream", "")]
    assert answering.stream(one.mono_ms)["up"]
