"""Signatures, against vectors computed independently (Python's hmac and openssl agree on them)."""

import pytest

from actors.venues.btcturk.sign import SecretUnreadable, credentials, headers, signature

VECTORS = [
    (
        "11111111-2222-4333-8444-555555555555",
        "c2ltdWxhdG9yLXNlY3JldC0wMTIzNDU2Nzg5YWJjZGU=",
        1700000000000,
        "DV8whvhRDEMXTT2FmhXfKDRlLRPoTKcElkcFwcCnFM8=",
    ),
    (
        "test-public-key",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        1735689600123,
        "mY4e3cldb1llOKZtqeGuKXYQWghONpYAE6DjmYwD0gA=",
    ),
    (
        "a1b2c3d4-0000-4000-8000-00000000cafe",
        "c2VjcmV0",
        1767225599999,
        "Q8yeR8JA2wzLWTJy9e2CFsZH4jm2clvof/MqV25xe2g=",
    ),
    (
        "test-key",
        "dGVzdC1zZWNyZXQ=",
        1700000000123,
        "XORLW3AaT5ikKu+tz7ToTvU+f6jr7ndvb/gZ4aPBlx0=",
    ),
    (
        "11111111-2222-4333-8444-555555555555",
        "c2ltdWxhdG9yLXNlY3JldC0wMTIzNDU2Nzg5YWJjZGU=",
        3000,
        "ddOVQ8azQCWzldfmwq+p86QZ28fuOD7QeMMwu/oBVJ4=",
    ),
]


@pytest.mark.parametrize(("public_key", "private_key", "stamp", "expected"), VECTORS)
def test_the_known_vectors_are_signed(public_key, private_key, stamp, expected):
    assert signature(credentials(public_key, private_key), stamp) == expected


def test_the_headers_carry_key_stamp_and_signature_and_nothing_else():
    public_key, private_key, stamp, expected = VECTORS[0]

    assert headers(credentials(public_key, private_key), stamp) == {
        "X-PCK": public_key,
        "X-Stamp": str(stamp),
        "X-Signature": expected,
    }


@pytest.mark.parametrize(
    ("public_key", "private_key"),
    [("k", "not base64!"), ("k", "c2VjcmV"), ("k", ""), ("", "c2VjcmV0"), ("k", "c2VjcmV0é")],
)
def test_keys_that_cannot_sign_are_refused(public_key, private_key):
    with pytest.raises(SecretUnreadable):
        credentials(public_key, private_key)


def test_keys_do_not_show_themselves():
    keys = credentials("public", "c2VjcmV0")

    assert "secret" not in f"{keys!r}{keys}"
