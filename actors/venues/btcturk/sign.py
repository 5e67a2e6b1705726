"""How a request is signed: HMAC-SHA256 over public key and stamp, nothing else of the request.

Whoever holds a signature can use it within the venue's window of ±5 s: headers are secret. The
WebSocket login signs public key and nonce the same way (BtcTurk docs, authentication).
"""

import base64
import binascii
import hashlib
import hmac

from msgspec import Struct


class SecretUnreadable(ValueError):
    """A private key that is not base64: a fault of the configuration."""

    exit_code = 78


class Credentials(Struct, frozen=True):
    """One account's keys, the private one decoded. Never shown."""

    public_key: str
    secret: bytes

    def __repr__(self) -> str:
        return "Credentials(…)"


def credentials(public_key: str, private_key: str) -> Credentials:
    """Return the keys ready to sign with. Raises SecretUnreadable."""
    try:
        secret = base64.b64decode(private_key.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnreadable("the private key is not base64") from None
    if not secret or not public_key.strip():
        raise SecretUnreadable("a key is empty")
    return Credentials(public_key.strip(), secret)


def signature(keys: Credentials, stamp: int) -> str:
    """Return the signature for *stamp*: ms UTC of a request, or the nonce of a login."""
    said = f"{keys.public_key}{stamp}".encode()
    return base64.b64encode(hmac.digest(keys.secret, said, hashlib.sha256)).decode()


def headers(keys: Credentials, stamp_ms: int) -> dict[str, str]:
    """Return the headers that make a request private."""
    return {
        "X-PCK": keys.public_key,
        "X-Stamp": str(stamp_ms),
        "X-Signature": signature(keys, stamp_ms),
    }
