"""What is around a message on the wire: envelopes out, and what was heard in.

Ids are 16 bytes: wall time in ns, four bytes of the sender's incarnation, a counter; so they sort
by time and no two senders make the same one.
"""

import itertools

from msgspec import Struct

from actors.runtime.clock import Clock
from actors.runtime.effects import Route
from messages import codec
from messages.envelope import ENVELOPE_VERSION, Envelope

NO_CAUSE = bytes(16)
STREAMS_MAX = 10_000  # topics and streams one sender counts for; more is a leak


class Trail(Struct, frozen=True):
    """The chain a message belongs to and its direct cause."""

    cor: bytes
    cau: bytes


class Heard(Struct, frozen=True, kw_only=True):
    """A message on its way into `react`, with where an answer goes and what it follows from."""

    message: object
    route: Route | None = None
    trail: Trail | None = None


class Identity(Struct, frozen=True, kw_only=True):
    """Who speaks: role, this process's random 64 bits, and what it was started from."""

    role: str
    incarnation: int
    boot: str
    build: str
    config: str


class Sender:
    """Makes the envelopes of one process."""

    def __init__(self, identity: Identity, clock: Clock) -> None:
        self.identity = identity
        self._clock = clock
        self._count = itertools.count(1)
        self._mark = (identity.incarnation & 0xFFFFFFFF).to_bytes(4, "big")
        self._seqs: dict[str, int] = {}

    def seal(self, message: object, *, stream: str, trail: Trail | None) -> bytes:
        """Return the bytes of *message* as the next one of *stream*, caused by *trail*."""
        kind = type(message)
        me = self.identity
        wall_ns = self._clock.wall_ns()
        name = self._next_id(wall_ns)
        return codec.encode(
            Envelope(
                v=ENVELOPE_VERSION,
                type=kind.__name__,
                schema=codec.SCHEMAS[kind],
                id=name,
                cor=trail.cor if trail else name,
                cau=trail.cau if trail else NO_CAUSE,
                src=me.role,
                inc=me.incarnation,
                seq=self._next_seq(stream),
                wall_ns=wall_ns,
                mono_ns=self._clock.mono_ns(),
                boot=me.boot,
                build=me.build,
                config=me.config,
                body=codec.body(message),
            )
        )

    def _next_id(self, wall_ns: int) -> bytes:
        count = next(self._count) & 0xFFFFFFFF
        return wall_ns.to_bytes(8, "big") + self._mark + count.to_bytes(4, "big")

    def _next_seq(self, stream: str) -> int:
        seq = self._seqs.get(stream, 0) + 1
        if stream in self._seqs or len(self._seqs) < STREAMS_MAX:
            self._seqs[stream] = seq
        return seq


def trail_of(envelope: Envelope) -> Trail:
    """Return the trail of whatever *envelope*'s message leads to."""
    return Trail(cor=envelope.cor, cau=envelope.id)


def topic(message: object) -> str:
    """Return the topic *message* is published under: `Type/instrument`, or `Type`."""
    kind = type(message).__name__
    instrument = getattr(message, "instrument", None)
    return f"{kind}/{instrument}" if instrument else kind
