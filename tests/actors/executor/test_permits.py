"""When leave to trade counts, and when there is silence."""

import pytest

from actors.executor.permits import ISSUERS, NONCES_KEPT_MAX, Permits
from messages.life import Permit


def permits(*echoes, issued=(("a", 1_000), ("b", 1_250))):
    found = Permits(started_ms=500)
    for nonce, at_ms in issued:
        found.issue(nonce, at_ms)
    for issuer, nonce in echoes:
        found.hear(Permit(nonce=nonce, issuer=issuer, kill_epoch=0), kill_epoch=0)
    return found


def test_one_issuer_is_not_enough():
    for issuer in ISSUERS:
        assert permits((issuer, "b")).until_ms(2_000) < 500


def test_the_older_of_the_two_echoes_counts_from_when_it_was_issued():
    assert permits(("risk_gate", "b"), ("supervisor", "a")).until_ms(2_000) == 3_000


def test_an_older_nonce_takes_nothing_away():
    found = permits(("risk_gate", "b"), ("supervisor", "b"), ("supervisor", "a"))

    assert found.until_ms(2_000) == 3_250


@pytest.mark.parametrize(
    ("permit", "why"),
    [
        (Permit(nonce="zz", issuer="risk_gate", kill_epoch=0), "UNKNOWN_NONCE"),
        (Permit(nonce="a", issuer="allocator", kill_epoch=0), "UNKNOWN_ISSUER"),
        (Permit(nonce="a", issuer="risk_gate", kill_epoch=1), "OLD_KILL_EPOCH"),
    ],
)
def test_a_permit_that_echoes_nothing_of_ours_counts_for_nothing(permit, why):
    found = permits(("supervisor", "b"))

    assert found.hear(permit, kill_epoch=0) == why
    assert found.until_ms(2_000) < 500


def test_a_nonce_that_is_too_old_is_forgotten():
    issued = [(f"n{number}", number) for number in range(NONCES_KEPT_MAX + 1)]

    assert (
        permits(issued=issued).hear(
            Permit(nonce="n0", issuer="risk_gate", kill_epoch=0), kill_epoch=0
        )
        == "UNKNOWN_NONCE"
    )


def test_silence_is_the_age_of_the_quieter_one():
    assert permits(("risk_gate", "b"), ("supervisor", "a")).silent_ms(1_600) == 600


def test_who_was_never_heard_is_silent_since_the_start():
    assert permits(("risk_gate", "b")).silent_ms(1_600) == 1_100


def test_after_a_resume_old_permits_are_worthless():
    found = permits(("risk_gate", "b"), ("supervisor", "b"))

    found.forget()

    assert found.until_ms(2_000) < 500
    assert [age.age_ms for age in found.ages(2_000)] == [None, None]
