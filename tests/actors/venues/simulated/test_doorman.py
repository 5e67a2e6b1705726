"""Who is let in, and how often."""

import pytest

from actors.venues.btcturk.sign import credentials, headers, signature
from actors.venues.simulated.doorman import (
    HEADERS_MISSING,
    KEY_UNKNOWN,
    NONCE_INVALID,
    SIGNATURE_INVALID,
    Doorman,
    Turnstile,
)

KEYS = credentials("ann", "c2VjcmV0LW9mLWFubg==")
STRANGER = credentials("eve", "c2VjcmV0LW9mLWV2ZQ==")
FORGER = credentials("ann", "bm90LWhlci1zZWNyZXQ=")
NOW = 1_790_000_000_000


def doorman(**changed):
    return Doorman([KEYS], **{"window_ms": 5_000, "reuse_refused": False} | changed)


def request(keys=KEYS, stamp=NOW, **changed):
    found = {name.lower(): value for name, value in headers(keys, stamp).items()} | changed
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (request(stamp=NOW - 5_000), "ann"),
        (request(stamp=NOW + 5_000), "ann"),
        (request(stamp=NOW - 5_001), NONCE_INVALID),
        (request(stamp=NOW + 5_001), NONCE_INVALID),
        (request(stamp=NOW // 1000), NONCE_INVALID),
        (request(**{"x-stamp": "now"}), NONCE_INVALID),
        (request(**{"x-stamp": "٣" * 13}), NONCE_INVALID),
        (request(STRANGER), KEY_UNKNOWN),
        (request(FORGER), SIGNATURE_INVALID),
        (request(**{"x-stamp": str(NOW + 1)}), SIGNATURE_INVALID),
        (request(**{"x-signature": None}), HEADERS_MISSING),
        (request(**{"x-pck": None}), HEADERS_MISSING),
        ({}, HEADERS_MISSING),
    ],
)
def test_a_request_is_let_in_by_key_stamp_and_signature(asked, answer):
    found = doorman().admit(asked, NOW)

    assert getattr(found, "name", found) == answer


def test_a_stamp_may_be_used_again_unless_the_exchange_is_strict():
    lax, strict = doorman(), doorman(reuse_refused=True)

    for one in (lax, strict):
        assert one.admit(request(), NOW).name == "ann"
    assert lax.admit(request(), NOW).name == "ann"
    assert strict.admit(request(), NOW) == NONCE_INVALID
    assert strict.admit(request(stamp=NOW + 1), NOW).name == "ann"


def test_a_login_signs_key_and_nonce():
    body = {"publicKey": "ann", "nonce": 3000, "timestamp": NOW, "signature": signature(KEYS, 3000)}

    assert doorman().login(body, NOW).name == "ann"
    assert doorman().login(body | {"nonce": 3001}, NOW) == SIGNATURE_INVALID
    assert doorman().login(body | {"timestamp": NOW - 6_000}, NOW) == NONCE_INVALID
    assert doorman().login(body | {"publicKey": "eve"}, NOW) == KEY_UNKNOWN
    assert doorman().login({}, NOW) == KEY_UNKNOWN


def passed(turnstile, times, now_ms=NOW, endpoint="GET fills"):
    return [turnstile.refusal(endpoint, "ann", now_ms) is None for _ in range(times)]


def test_the_call_after_the_last_one_allowed_is_refused():
    turnstile = Turnstile(enforced=True)

    assert passed(turnstile, 120) == [True] * 120
    assert passed(turnstile, 1) == [False]
    refusal = turnstile.refusal("GET fills", "ann", NOW + 1_001)
    assert (refusal.limit.calls, refusal.retry_after_s) == (120, 59)


def test_a_window_begins_with_its_first_call_and_a_block_lasts_as_long():
    turnstile = Turnstile(enforced=True)
    passed(turnstile, 1)
    passed(turnstile, 119, NOW + 59_999)

    assert passed(turnstile, 1, NOW + 59_999) == [False]
    assert passed(turnstile, 1, NOW + 119_998) == [False]
    assert passed(turnstile, 1, NOW + 119_999) == [True]


def test_orders_have_a_limit_of_a_second_and_one_of_a_minute():
    turnstile = Turnstile(enforced=True)

    assert passed(turnstile, 11, endpoint="POST order") == [True] * 10 + [False]
    assert passed(turnstile, 10, NOW + 1_000, endpoint="POST order") == [True] * 10


def test_callers_and_endpoints_are_counted_apart_and_not_at_all_when_switched_off():
    turnstile = Turnstile(enforced=True)
    passed(turnstile, 121)

    assert turnstile.refusal("GET fills", "bob", NOW) is None
    assert passed(turnstile, 1, endpoint="GET balances") == [True]
    assert passed(Turnstile(enforced=False), 500) == [True] * 500
