"""Real sockets between roles of the real topology, for the tests of links."""

import zmq
from msgspec.structs import replace

from actors import topology
from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.links import Links
from actors.runtime.settings import RuntimeSettings
from actors.runtime.wire import Heard, Sender, Trail
from messages import codec
from messages.control import Refusal
from tests.actors.runtime.hands import ME, captured

PATIENCE_MS = 5_000
SETTLE_MS = 200  # how long silence is listened to before it counts as silence


class House:
    """Roles with open links on one directory."""

    def __init__(self, run_dir) -> None:
        self.addresses = endpoints.addresses(run_dir, topology.SOCKETS)
        self.logged: dict[str, list[str]] = {}
        self._open: list[Links] = []
        self._raw = zmq.Context()
        self._strangers: list[zmq.Socket] = []

    def role(self, name: str, *, urgent=None, **other: str) -> Links:
        log, self.logged[name] = captured()
        clock = SystemClock()
        me = replace(ME, role=name, **other)
        made = Links(
            plumbing=topology,
            addresses=self.addresses,
            sender=Sender(me, clock),
            clock=clock,
            log=log,
            settings=RuntimeSettings(),
        )
        made.open(urgent)
        self._open.append(made)
        return made

    def stranger(self, socket: str, kind: int = zmq.DEALER, name: bytes = b"stranger"):
        """Return a bare socket connected to *socket*."""
        made = self._raw.socket(kind)
        self._strangers.append(made)
        made.linger = 0
        if kind == zmq.DEALER:
            made.routing_id = name
        made.connect(self.addresses[socket])
        return made

    def close(self) -> None:
        for one in self._open:
            one.close()
        self._raw.destroy(linger=0)


def hear(links: Links, socket: str, *, least: int = 1, within_ms: int = PATIENCE_MS) -> list[Heard]:
    """Return what arrives on *socket*, at least *least* messages of it."""
    end = next(one for one in links.ends if one.name == socket)
    heard: list[Heard] = []
    poller = zmq.Poller()
    poller.register(end.handle, zmq.POLLIN)
    while len(heard) < least and poller.poll(within_ms):
        heard += end.drain()
    return heard


def silent(links: Links, socket: str) -> bool:
    return hear(links, socket, within_ms=SETTLE_MS) == []


def say_until_sent(links: Links, message: object, trail: Trail | None = None) -> None:
    """Say *message* as soon as the line stands: nothing is queued for a peer that is not there."""
    end = links._by_name[topology.way_out(links.identity.role, type(message)).socket]
    end.handle.poll(PATIENCE_MS, zmq.POLLOUT)
    assert links.say(message, trail)


def subscribed(publisher: Links, socket: str, *, count: int) -> None:
    """Serve *count* subscriptions of *socket* at its publisher."""
    end = next(one for one in publisher.ends if one.name == socket)
    served = 0
    while served < count and end.handle.poll(PATIENCE_MS):
        served += len(end._read(100))
    assert served >= count


def refusal(socket) -> Refusal:
    assert socket.poll(PATIENCE_MS)
    return codec.decode(socket.recv_multipart()[-1])[1]


def sealed(message: object, **other: str) -> bytes:
    return Sender(replace(ME, role="btcbot", **other), SystemClock()).seal(
        message, stream="s", trail=None
    )
