"""What an actor may ask of its runtime, as values that `react` returns.

A message of `actors/topology.py` returned as it is means: say it. The runtime carries out all
`Write`s of one turn in one commit first, then everything else in the order it was returned.
"""

from msgspec import Struct


class Back(Struct, frozen=True):
    """Answer the connection *route* came from with *message*."""

    route: "Route"
    message: object


class Route(Struct, frozen=True):
    """Where an answer goes: the socket a message was heard on and the peer that said it."""

    socket: str
    peer: bytes


class Write(Struct, frozen=True):
    """Make *entry* durable before anything else of this turn happens. Executor only."""

    entry: object


class Call(Struct, frozen=True):
    """Run *request* on the lane *lane*; its result comes back to `react` as `Called`.

    *trail* is the runtime's: it carries what the call follows from to what follows from it.
    """

    lane: str
    request: object
    trail: object = None


class Called(Struct, frozen=True):
    """What a lane's call came to: *result*, or `Raised` where the handler raised."""

    lane: str
    request: object
    result: object
    trail: object = None


class Raised(Struct, frozen=True):
    """An exception as a value."""

    error: BaseException


class After(Struct, frozen=True):
    """Hand *message* to `react` once, *delay_ms* from now on the monotonic clock."""

    delay_ms: int
    message: object


class Tick(Struct, frozen=True):
    """A timer rang; *name* says which."""

    name: str


class Exit(Struct, frozen=True):
    """End this process with *code* after this turn."""

    code: int
    reason: str
