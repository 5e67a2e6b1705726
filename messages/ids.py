"""How things are named: intents, orders, messages. All ids here are derived, none is drawn."""

import base64
import hashlib

CLIENT_ORDER_ID_MAX = 50  # the venue's limit
PREFIX_PATTERN = "[a-z0-9]{1,8}"


def intent_id(*, lineage: str, instrument: str, version: int, leg: int) -> str:
    """Return the id of leg *leg* of what is wanted on *instrument* at *version*: 32 hex digits.

    *lineage* is the store's own random mark: a new store never repeats the ids of an old one.
    """
    said = f"{lineage}|{instrument}|{version}|{leg}".encode()
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def client_order_id(*, prefix: str, intent: str) -> str:
    """Return the order id of *intent*, the same text in the store and at the venue.

    It is `prefix-` and 26 of a-z and 2-7: at most 35 characters for a prefix of at most 8.
    """
    digest = hashlib.blake2b(intent.encode(), digest_size=16).digest()
    return f"{prefix}-{base64.b32encode(digest).decode().rstrip('=').lower()}"


def is_ours(name: str, *, prefix: str) -> bool:
    """Return whether the client order id *name* carries our prefix."""
    return name.startswith(f"{prefix}-")


def content_hash(body: bytes) -> str:
    """Return the short hash of *body*: 16 hex digits."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()
