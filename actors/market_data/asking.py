"""What the venue is asked on the public lanes, what comes back, and how a lane's thread does it.

Also what this role needs of a venue at all, so that another one can be handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from actors.market_data.newest import Newest, Place
from actors.venues.port import (
    BookTop,
    PublicClient,
    Stream,
    StreamEvent,
    StreamSink,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from messages.instrument import Instrument

RULES, BOOKS = "rules", "books"  # the lanes


class Venue(Protocol):
    """Where market data comes from. *spelled* is instrument -> the venue's own word for it."""

    def guess(self, instruments: Sequence[str]) -> Mapping[str, str]:
        """Return how the venue probably spells *instruments*, before its table was read."""

    def client(self) -> PublicClient: ...
    def stream(self, spelled: Mapping[str, str], sink: StreamSink) -> Stream: ...


class Streamed(Struct, frozen=True, kw_only=True):
    """What a stream said; *source* tells the streams of one process apart."""

    source: Newest
    event: StreamEvent | Place


class ReadRules(Struct, frozen=True):
    """What is traded under which rules, and how are *instruments* spelled?"""

    instruments: tuple[str, ...]


class ReadBook(Struct, frozen=True):
    """What is the top of this book?"""

    instrument: str


class Table(Struct, frozen=True, kw_only=True):
    """The venue's table, whole, with the spelling of the instruments asked for.

    *problems* tells what was odd in its rows: code -> how many.
    """

    instruments: tuple[Instrument, ...]
    spelled: dict[str, str]
    problems: dict[str, int] = {}


class NoAnswer(Struct, frozen=True, kw_only=True):
    """Nothing was learned."""

    reason: str
    unreadable: bool = False
    raw: bytes = b""  # its beginning, where it is unreadable
    retry_after_ms: int | None = None


class Hands:
    """One lane thread's hands. The client is made when it is needed first: making one is slow."""

    def __init__(self, make: Callable[[], PublicClient]) -> None:
        self._make = make
        self._client: PublicClient | None = None

    def __call__(self, request: object) -> Table | BookTop | NoAnswer:
        """Return what the venue said to *request*."""
        if self._client is None:
            self._client = self._make()
        try:
            return _ask(self._client, request)
        except VenueUnavailable as why:
            return NoAnswer(reason=str(why), retry_after_ms=why.retry_after_ms)
        except VenueUnreadable as why:
            return NoAnswer(reason=str(why), unreadable=True, raw=why.raw)
        except VenueRefused as why:
            return NoAnswer(reason=why.code)


def _ask(client: PublicClient, request: object) -> Table | BookTop:
    match request:
        case ReadRules():
            table = client.instruments()
            spelled = {name: client.spelling(name) for name in request.instruments}
            odd = dict(client.problems)
            return Table(instruments=tuple(table), spelled=spelled, problems=odd)
        case ReadBook():
            return client.quote(request.instrument)
    raise TypeError(f"no way to ask a venue for a {type(request).__name__}")
