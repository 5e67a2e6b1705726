"""The sockets of one actor: opened as the plumbing says, read with care, never waited for.

Nothing here blocks. What cannot be sent now is dropped and counted; whoever needs an answer says it
again. What cannot be read, or is not heard here, is counted, logged and, where it asked, answered.
"""

import sys
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import zmq

from actors.runtime import realtime, sockets
from actors.runtime.clock import Clock
from actors.runtime.ear import SWITCH_S, Ear
from actors.runtime.effects import Route
from actors.runtime.failures import BuildDiffers, InvariantBroken
from actors.runtime.hearing import ORIGINS, Refused, newest_of_each_topic, understand
from actors.runtime.parts import Log
from actors.runtime.plumbing import COMMAND, CONTROL, FEED, Edge, Plumbing, Socket
from actors.runtime.retained import Retained
from actors.runtime.settings import RuntimeSettings
from actors.runtime.wire import Heard, Sender, Trail, topic, trail_of
from messages.control import Refusal
from messages.life import Hello

Urgent = Mapping[type, Callable[[Any], None]]  # who is told of a type at once, in another thread

FEED_DRAIN_MAX = (
    1_000  # messages of a feed read in a turn; of each topic only the newest is decoded
)
REFUSALS_LOGGED_MAX = 60  # a minute and actor; more are only counted
MINUTE_MS = 60_000

# As plain numbers: an enumeration costs more than the call it is for.
_NOBLOCK, _EVENTS, _POLLIN = int(zmq.NOBLOCK), int(zmq.EVENTS), int(zmq.POLLIN)


class Counts:
    """What did not get through, for the heartbeat and for status."""

    def __init__(self) -> None:
        self.refused = 0  # heard and not taken
        self.dropped = 0  # not sent: no room, or nobody there


class Links:
    """All sockets of one actor, in the thread of its loop."""

    def __init__(
        self,
        *,
        plumbing: Plumbing,
        addresses: Mapping[str, str],
        sender: Sender,
        clock: Clock,
        log: Log,
        settings: RuntimeSettings,
        context: "zmq.Context[Any] | None" = None,
    ) -> None:
        self.counts = Counts()
        self.identity = sender.identity
        self.ends: list[End] = []
        self._role = self.identity.role
        self._plumbing = plumbing
        self._addresses = addresses
        self._sender = sender
        self._clock = clock
        self._log = log
        self._settings = settings
        self._context = context or zmq.Context()
        self._by_name: dict[str, End] = {}
        self._ways: dict[type, Edge] = {}
        self._refusals = Bounded(clock, REFUSALS_LOGGED_MAX)

    def open(
        self,
        urgent: "Urgent | None" = None,
        broken: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Bind what this role binds, then connect to the rest. Raises zmq.ZMQError.

        Commands of an *urgent* type are also told there, in another thread, as they arrive;
        *broken* is told what ended that thread.
        """
        role = self._role
        if urgent:
            self._log.info("urgent_commands", realtime=realtime.of_sockets(self._context))
        for one in self._plumbing.bound_by(role):
            made = sockets.bind(self._context, one, self._addresses[one.name])
            self._add(End(one, made, self, binds=True))
            if urgent and not urgent.keys().isdisjoint(self.hears(one.name)):
                self._overhear(self.ends[-1], urgent, broken or _raise)
        for one in self._plumbing.connected_by(role):
            made = sockets.connect(
                self._context, one, self._addresses[one.name], name=role.encode()
            )
            self._add(End(one, made, self, binds=False))
        self.ends.sort(key=lambda end: (end.rank, end.name))

    def close(self, *, linger_ms: int = 0) -> None:
        """Close all sockets; what was just said has *linger_ms* to leave."""
        for end in self.ends:
            if end.ear is not None:
                end.ear.close(linger_ms=linger_ms)
        self._context.destroy(linger=linger_ms)

    def say(self, message: object, trail: Trail | None = None) -> bool:
        """Send *message* the way it goes; False when it was dropped. Raises InvariantBroken."""
        edge = self._way(type(message))
        end = self._by_name[edge.socket]
        if edge.back:
            return self._send(end, message, trail, peer=edge.hears[0].encode())
        if end.pattern == FEED:
            return self._publish(end, message, trail)
        return self._send(end, message, trail)

    def back(self, route: Route, message: object, trail: Trail | None = None) -> bool:
        """Answer *route* with *message*; False when its peer is not there any more."""
        return self._send(self._by_name[route.socket], message, trail, peer=route.peer)

    def greet(self, end: "End", prefix: bytes) -> None:
        """Say again the newest state of each topic that a new subscriber asked for."""
        for message, trail in end.retained.newest(prefix, self._clock.mono_ms()):
            self._publish(end, message, trail)

    def take(self, end: "End", parts: list[bytes]) -> Heard | None:
        """Return what *parts* say, or None after it was refused."""
        route = Route(end.name, parts[0]) if end.routed else None
        if len(parts) != end.frames:
            self._refuse(
                end, route, Refused(code="FRAMES", detail=f"{len(parts)} of {end.frames} frames")
            )
            return None
        told = understand(parts[-1], end.hears, self.identity)
        if isinstance(told, Refused):
            self._refuse(end, route, told)
            return None
        envelope, message = told
        if isinstance(message, Refusal):
            self._was_refused(end, message)
            return None
        return Heard(message=message, route=route, trail=trail_of(envelope))

    def _way(self, kind: type) -> Edge:
        edge = self._ways.get(kind)
        if edge is None:
            edge = self._plumbing.way_out(self._role, kind)
            if edge is None:
                raise InvariantBroken(f"{self._role} has no way to say {kind.__name__}")
            self._ways[kind] = edge
        return edge

    def _publish(self, end: "End", message: object, trail: Trail | None) -> bool:
        name = topic(message)
        end.retained.keep(name, message, trail, self._clock.mono_ms())
        raw = self._sender.seal(message, stream=name, trail=trail)
        return self._put(end, [name.encode(), raw])

    def _send(self, end: "End", message: object, trail: Trail | None, *, peer: bytes = b"") -> bool:
        raw = self._sender.seal(message, stream=end.name, trail=trail)
        return self._put(end, [peer, b"", raw] if end.routed else [b"", raw])

    def _put(self, end: "End", frames: Sequence[bytes]) -> bool:
        if end.ear is not None:
            end.ear.say(frames)
            return True
        return self._put_now(end.handle, frames)

    def _put_now(self, handle: "zmq.Socket[Any]", frames: Sequence[bytes]) -> bool:
        try:
            handle.send_multipart(frames, _NOBLOCK)
        except (zmq.Again, zmq.ZMQError) as why:
            if why.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                raise
            self.counts.dropped += 1
            return False
        return True

    def _was_refused(self, end: "End", no: Refusal) -> None:
        self.counts.dropped += 1
        if self._refusals.allow():
            self._log.warning(
                "command_refused", socket=end.name, code=no.code, detail=no.message[:200]
            )
        life = self._plumbing.way_out(self._role, Hello)
        if life is not None and life.socket == end.name and no.code in ORIGINS:
            raise BuildDiffers(f"{no.message}: the source changed while it started; start again")

    def _refuse(self, end: "End", route: Route | None, why: Refused) -> None:
        self.counts.refused += 1
        if self._refusals.allow():
            self._log.warning(
                "message_refused", socket=end.name, code=why.code, type=why.type, detail=why.detail
            )
        if route is not None:
            self.back(route, Refusal(code=why.code, message=why.detail))

    def _overhear(
        self, end: "End", urgent: "Urgent", broken: Callable[[BaseException], None]
    ) -> None:
        """Let a thread of its own listen to *end*; it takes nothing that the loop would not."""

        def overhear(parts: list[bytes]) -> None:
            told = understand(parts[-1], end.hears, self.identity)
            if len(parts) == end.frames and not isinstance(told, Refused):
                tell = urgent.get(type(told[1]))
                if tell is not None:
                    tell(told[1])

        sys.setswitchinterval(SWITCH_S)
        end.ear = Ear(end.handle, overhear=overhear, send=self._put_now, broken=broken)
        end.handle = end.ear.bell
        end.ear.start()

    def _add(self, end: "End") -> None:
        self.ends.append(end)
        self._by_name[end.name] = end
        if end.pattern == FEED and not end.binds:
            for kind in end.hears:
                end.handle.subscribe(kind.__name__.encode())

    def hears(self, socket: str) -> Set[type]:
        """Return the types this role takes on *socket*."""
        return self._plumbing.heard_by(self._role, socket)

    def quota(self, rank: int) -> int:
        """Return how many messages are taken from a socket of *rank* in a turn."""
        return self._settings.drain_control if rank == CONTROL else self._settings.drain_other


class End:
    """Our end of one socket: what it is, how it is read."""

    def __init__(
        self, socket: Socket, handle: "zmq.Socket[Any]", links: Links, *, binds: bool
    ) -> None:
        self.name = socket.name
        self.rank = socket.rank
        self.pattern = str(socket.pattern)
        self.handle: Any = handle  # what is polled; with an ear, its bell
        self.ear: Ear | None = None
        self.binds = binds
        self.routed = binds and self.pattern == COMMAND
        self.frames = 3 if self.routed else 2
        self.retained = Retained()
        refusals: Set[type] = {Refusal} if self.pattern == COMMAND and not binds else set()
        self.hears = frozenset(links.hears(socket.name) | refusals)
        self._links = links
        self._quota = links.quota(socket.rank)

    def drain(self) -> list[Heard]:
        """Return what waits here, up to the quota of a turn."""
        if self.pattern == FEED:
            return self._greet() if self.binds else self._newest()
        return self._take(self._read(self._quota))

    def _newest(self) -> list[Heard]:
        frames = self._read(FEED_DRAIN_MAX)
        if len(frames) > 1:
            frames = newest_of_each_topic(frames)
        return self._take(frames)

    def _greet(self) -> list[Heard]:
        for parts in self._read(FEED_DRAIN_MAX):
            if parts[0][:1] == b"\x01":
                self._links.greet(self, parts[0][1:])
        return []

    def _take(self, frames: list[list[bytes]]) -> list[Heard]:
        heard = (self._links.take(self, parts) for parts in frames)
        return [one for one in heard if one is not None]

    def _read(self, most: int) -> list[list[bytes]]:
        """Return what waits here, at most *most*.

        Mostly there is one message: asking whether there is another is cheaper than the exception
        that says there is none.
        """
        if self.ear is not None:
            return self.ear.read(most)
        frames: list[list[bytes]] = []
        try:
            frames.append(self.handle.recv_multipart(_NOBLOCK))
            if int(self.handle.getsockopt(_EVENTS)) & _POLLIN:
                while len(frames) < most:
                    frames.append(self.handle.recv_multipart(_NOBLOCK))
        except zmq.Again:
            pass
        return frames


class Bounded:
    """Says yes at most *most* times in a minute."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._since = clock.mono_ms()
        self._count = 0

    def allow(self) -> bool:
        now = self._clock.mono_ms()
        if now - self._since >= MINUTE_MS:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= self._most


def _raise(error: BaseException) -> None:
    raise error
