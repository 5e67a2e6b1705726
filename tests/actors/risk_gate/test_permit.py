"""When the gate says yes to the whole desk, and what a kill does to that."""

import pytest

from actors.risk_gate.latch import Latch
from actors.risk_gate.permit import permit, withheld
from messages.life import Permit
from messages.market import FeedStatus, FeedVerdict
from messages.records import AuditStatus, Breach
from messages.state import AccountState, ExecutorStatus, InstrumentState
from messages.targets import AllocatorState
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    MONO_MS,
    account,
    feed,
    heard,
    state,
    status,
)
from tests.actors.risk_gate.builders import allocator_state, audit, limits


def asked(*messages, without=(), old=(), killed=False, full=False):
    """Why the permit is withheld; *old* maps kinds to how long ago they were heard, in ms."""
    ordinary = (
        feed(),
        account(),
        status(),
        state(BTC),
        state(ETH),
        allocator_state(),
        audit(),
        *messages,
    )
    newest = heard(*[one for one in ordinary if type(one) not in without])
    for kind, age_ms in dict(old).items():
        for one in (each for each in ordinary if type(each) is kind):
            name = getattr(one, "instrument", "")
            newest.take(one, name=name, now_ms=MONO_MS - age_ms)
    return withheld(
        newest,
        limits(),
        instruments=(BTC, ETH),
        strategies=("first", "second"),
        killed=killed,
        records_full=full,
        now_ms=MONO_MS,
    )


def test_it_is_given_when_everybody_was_heard_lately():
    assert asked() == ""


def test_it_echoes_the_nonce_of_the_executor():
    one = permit(status(nonce="c0ffee", kill_epoch=3))

    assert one == Permit(nonce="c0ffee", issuer="risk_gate", kill_epoch=3)


@pytest.mark.parametrize(
    ("kind", "most", "code"),
    [
        (FeedStatus, 5_000, "FEED_SILENT"),
        (AccountState, 3_000, "STALE_STATE AccountState"),
        (ExecutorStatus, 3_000, "STALE_STATE ExecutorStatus"),
        (InstrumentState, 3_000, f"STALE_STATE InstrumentState {BTC}"),
        (AllocatorState, 3_000, "ALLOCATOR_SILENT"),
        (AuditStatus, 3_000, "AUDIT_SILENT"),
    ],
)
def test_it_is_withheld_when_somebody_is_silent_too_long(kind, most, code):
    assert asked(old={kind: most}) == ""
    assert asked(old={kind: most + 1}) == code
    assert asked(without=(kind,)) == code


def test_it_is_withheld_while_the_market_may_only_be_observed():
    assert asked(feed(FeedVerdict.OBSERVE)) == "OBSERVE ALL_STALE"
    assert asked(feed(FeedVerdict.DEGRADED)) == ""


@pytest.mark.parametrize(
    ("ages", "age_ms", "code"),
    [
        ({"first": 5_000, "second": 0}, 0, ""),
        ({"first": 5_001, "second": 0}, 0, "STRATEGY_SILENT first"),
        ({"first": 0, "second": 4_000}, 1_000, ""),
        ({"first": 0, "second": 4_000}, 1_001, "STRATEGY_SILENT second"),
        ({"first": 0}, 0, "STRATEGY_SILENT second"),  # it never spoke
    ],
)
def test_every_configured_strategy_has_to_speak(ages, age_ms, code):
    assert asked(allocator_state(**ages), old={AllocatorState: age_ms}) == code


def test_a_strategy_nobody_configured_is_not_waited_for():
    assert asked(allocator_state(first=0, second=0, stranger=99_999)) == ""


@pytest.mark.parametrize(("lag_ms", "code"), [(30_000, ""), (30_001, "AUDIT_LATE")])
def test_it_is_withheld_when_the_audit_is_behind(lag_ms, code):
    assert asked(audit(lag_ms=lag_ms)) == code


def test_it_is_withheld_for_a_breach():
    found = Breach(invariant="ZERO_SUM", where="17", expected="0", found="1")

    assert asked(audit(breach=found)) == "BREACH ZERO_SUM"


def test_it_is_withheld_when_records_cannot_be_kept():
    assert asked(full=True) == "RECORDS_FULL"


def test_it_is_withheld_after_a_kill():
    assert asked(killed=True) == "KILLED"
    assert asked(status(latched=True)) == "KILLED"


def test_a_kill_twice_changes_nothing_more():
    latch = Latch()

    assert latch.kill("fat finger", status(kill_epoch=2)).ok
    assert latch.kill("again", status(kill_epoch=5)).ok
    assert (latch.killed, latch.reason) == (True, "fat finger")


def test_the_gate_follows_when_the_executor_was_resumed():
    latch = Latch()
    latch.kill("fat finger", status(kill_epoch=2))

    latch.heard(status(kill_epoch=2, latched=True))
    latch.heard(status(kill_epoch=2))  # said before the executor heard of it
    assert latch.killed

    latch.heard(status(kill_epoch=3))
    assert not latch.killed


def test_nobody_resumes_a_gate_whose_executor_is_latched():
    latch = Latch()
    latch.kill("fat finger", status())

    answer = latch.resume(status(latched=True))
    assert (answer.ok, answer.code, latch.killed) == (False, "LATCHED", True)
    assert not latch.resume(None).ok

    assert latch.resume(status()).ok
    assert not latch.killed


def test_a_kill_before_the_executor_was_ever_heard_holds_until_a_person_resumes():
    latch = Latch()
    latch.kill("fat finger", None)

    latch.heard(status(kill_epoch=9))
    assert latch.killed

    assert latch.resume(status(kill_epoch=9)).ok
    assert not latch.killed
