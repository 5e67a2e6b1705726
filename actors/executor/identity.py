"""Whose books are these? Mode, venue and key, as they are written into the store."""

from typing import Protocol

from actors.runtime.settings import DeskSettings
from actors.venues.btcturk.sign import Credentials, credentials
from messages import ids
from store.identity import Identity

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class ApiKey(Protocol):
    """One account's keys as they were given; the private one is base64."""

    @property
    def public_key(self) -> str: ...
    @property
    def private_key(self) -> str: ...


class KeyMissing(Exception):
    """Without a key there is no account to be the executor of: a fault of the configuration."""

    exit_code = 78


def of_desk(desk: DeskSettings, base_url: str, key: ApiKey | None) -> Identity:
    """Return what the store must say. Raises KeyMissing.

    A venue on this host is the simulated one: it is the same one whatever port it was given.
    """
    given = _given(key)
    scheme, _, rest = base_url.partition("://")
    place = rest.split("/")[0]
    host = place.rsplit(":", 1)[0]
    name = f"{scheme}://{host}" if host in LOOPBACK else f"{scheme}://{place}"
    hashed = ids.content_hash(given.public_key.encode())
    return Identity(mode=desk.mode, base_url=name, key_hash=hashed)


def signing(key: ApiKey | None) -> Credentials:
    """Return the keys ready to sign with. Raises KeyMissing, SecretUnreadable."""
    given = _given(key)
    return credentials(given.public_key, given.private_key)


def _given(key: ApiKey | None) -> ApiKey:
    if key is None:
        raise KeyMissing("the executor needs the account's key: none was given")
    return key
