"""How the venue is reached: a client for each lane's thread, and the account's own stream."""

from collections.abc import Callable

from actors.executor.identity import ApiKey, signing
from actors.runtime.contain import attempt
from actors.runtime.parts import Parts
from actors.venues.btcturk.rest import BtcturkPrivate
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import PrivateClient, Stream, StreamSink
from actors.venues.settings import VenueSettings

Client = Callable[[], PrivateClient]
StreamFor = Callable[[StreamSink], Stream]


def clients(parts: Parts, venue: VenueSettings, key: ApiKey | None) -> Client:
    """Return what makes a client of the account. Raises KeyMissing, SecretUnreadable."""
    keys = signing(key)
    return lambda: BtcturkPrivate(venue, parts.clock, keys, Symbols())


def streams(parts: Parts, venue: VenueSettings, key: ApiKey | None) -> StreamFor:
    """Return what makes the stream of the account, with dice of its own: it has a thread."""
    subject = Subject(symbols=Symbols(), keys=signing(key))
    dice = type(parts.rng)(parts.rng.getrandbits(64))
    return lambda sink: BtcturkStream(
        venue, subject, sink, clock=parts.clock, random=dice, contain=attempt
    )
