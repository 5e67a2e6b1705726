"""How the venue is reached: a client for each lane's thread, and the account's own stream."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from actors.executor.identity import ApiKey, signing
from actors.runtime import private_file
from actors.runtime.contain import attempt
from actors.runtime.parts import Parts
from actors.runtime.settings import SecretFile
from actors.venues.btcturk.rest import BtcturkPrivate
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import PrivateClient, Stream, StreamSink
from actors.venues.settings import VenueSettings

Client = Callable[[], PrivateClient]
VenueMs = Callable[[], int]  # the venue's time, which a login is stamped with; any thread may ask
StreamFor = Callable[[StreamSink, VenueMs], Stream]


class Account(Struct, frozen=True):
    """One account's keys. Never shown."""

    public_key: str
    private_key: str

    def __repr__(self) -> str:
        return "Account(…)"


class Given(Protocol):
    """One account's keys as they were given: each itself, or the file where it lies."""

    @property
    def public_key(self) -> str | SecretFile: ...
    @property
    def private_key(self) -> str | SecretFile: ...


class OwnStream:
    """The account's own stream, from when it is first wanted; none where *make* is None."""

    def __init__(self, make: StreamFor | None) -> None:
        self._make = make
        self._stream: Stream | None = None

    def start(self, sink: StreamSink, venue_ms: VenueMs) -> None:
        """Start it, when it does not run."""
        if self._make is not None and self._stream is None:
            self._stream = self._make(sink, venue_ms)
            self._stream.start()

    def stop(self) -> None:
        """Stop it, when it runs."""
        if self._stream is not None:
            self._stream.stop()


def account(given: Given | None) -> ApiKey | None:
    """Return the keys, read from where they lie. Raises NotPrivate."""
    if given is None:
        return None
    public, private = private_file.value(given.public_key), private_file.value(given.private_key)
    return Account(public, private)


def clients(parts: Parts, venue: VenueSettings, key: ApiKey | None) -> Client:
    """Return what makes a client of the account. Raises KeyMissing, SecretUnreadable."""
    keys = signing(key)
    return lambda: BtcturkPrivate(venue, parts.clock, keys, Symbols())


def streams(parts: Parts, venue: VenueSettings, key: ApiKey | None) -> StreamFor:
    """Return what makes the stream of the account, with dice of its own: it has a thread."""
    subject = Subject(symbols=Symbols(), keys=signing(key))
    dice = type(parts.rng)(parts.rng.getrandbits(64))
    return lambda sink, venue_ms: BtcturkStream(
        venue, subject, sink, clock=parts.clock, random=dice, contain=attempt, venue_ms=venue_ms
    )
