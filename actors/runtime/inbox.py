"""An actor's mailbox: it is the poller itself. What waits is taken in turns, control first.

`put` and `post` append to a deque and write an eventfd, from any thread. `get` takes what waits
everywhere, in poll order and within each source's quota, and waits when nothing does. It never
raises: Pykka would leave the actor dead and looking alive, so a failure in it ends the process.

Made unbound, since Pykka makes it inside `Actor.__init__`; `bind` gives it its sources.
"""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

import zmq
from pykka._envelope import Envelope

from actors.runtime.plumbing import CONTROL
from actors.runtime.wire import Heard

POSTED_MAX = 4096  # what threads may leave here before they wait
POST_WAIT_MAX_S = 5.0  # a thread waits this long for room; then the actor is taken for hung
POSTED_PER_TURN = 256


class InboxFull(Exception):
    """There was no room for a message from one of our own threads, for too long."""


class Source(Protocol):
    """Something that can be polled: a ZeroMQ socket or a descriptor, its rank, what it holds."""

    @property
    def handle(self) -> Any: ...
    @property
    def rank(self) -> int: ...
    def drain(self) -> Sequence[Heard]: ...


class Rhythm(Protocol):
    """Something with a time of its own: in how many ms it is due, and what it then says."""

    def due_ms(self) -> int | None: ...
    def ring(self) -> Sequence[object]: ...


class Inbox:
    """The mailbox of one actor. Unbound, it only keeps what is put."""

    def __init__(self) -> None:
        self._posted: deque[Heard | object] = deque()
        self._room = threading.Condition()
        self._owner = threading.get_ident()
        self._posted_max = POSTED_MAX
        self._wake = -1
        self._poller = zmq.Poller()
        self._sources: list[Source] = []
        self._control: list[Source] = []
        self._control_poller = zmq.Poller()
        self._rhythms: Sequence[Rhythm] = ()
        self._broken: Callable[[BaseException], NoReturn] = _raise

    def bind(
        self,
        sources: Sequence[Source],
        rhythms: Sequence[Rhythm],
        *,
        broken: Callable[[BaseException], NoReturn],
        posted_max: int = POSTED_MAX,
    ) -> None:
        """Poll *sources*, lowest rank first, and follow *rhythms*; *broken* ends the process."""
        self._owner = threading.get_ident()
        self._posted_max = posted_max
        self._broken = broken
        self._rhythms = rhythms
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poller.register(self._wake, zmq.POLLIN)
        for source in sources:
            self.add(source)
        if self._posted:
            os.eventfd_write(self._wake, 1)

    def add(self, source: Source) -> None:
        """Poll *source* from now on."""
        self._sources.append(source)
        self._sources.sort(key=lambda one: one.rank)
        self._poller.register(source.handle, zmq.POLLIN)
        if source.rank == CONTROL:
            self._control.append(source)
            self._control_poller.register(source.handle, zmq.POLLIN)

    def remove(self, source: Source) -> None:
        """Poll *source* no longer."""
        self._sources.remove(source)
        self._poller.unregister(source.handle)
        if source in self._control:
            self._control.remove(source)
            self._control_poller.unregister(source.handle)

    def put(self, envelope: Envelope[Any]) -> None:
        """Take what Pykka's `tell` brings."""
        self.post(envelope.message)

    def post(self, message: object) -> None:
        """Take *message* from any thread; a thread waits while there is no room.

        Raises InboxFull when it waited POST_WAIT_MAX_S. The actor's own thread never waits.
        """
        with self._room:
            if threading.get_ident() != self._owner and not self._room.wait_for(
                self._has_room, POST_WAIT_MAX_S
            ):
                raise InboxFull(f"{len(self._posted)} messages wait in the inbox")
            self._posted.append(message)
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def get(self) -> Envelope[Any]:
        """Return the next turn: everything that waits, as a tuple of what was heard."""
        try:
            return Envelope(self._next_turn())
        except BaseException as error:  # noqa: BLE001 - it ends the process
            self._broken(error)

    def empty(self) -> bool:
        """Return whether nothing was put here; sockets are not asked."""
        return not self._posted

    @property
    def queued(self) -> int:
        """How many messages of our own threads wait."""
        return len(self._posted)

    def take_control(self) -> Sequence[Heard]:
        """Return what waits on the control sockets, to be handled before anything else."""
        if not self._control or not self._control_poller.poll(0):
            return ()
        return [heard for source in self._control for heard in source.drain()]

    def _next_turn(self) -> tuple[Heard, ...]:
        while True:
            rung = [_heard(one) for rhythm in self._rhythms for one in rhythm.ring()]
            ready = dict(self._poller.poll(0 if rung else self._wait_ms()))
            turn = self._posted_now() if self._wake in ready or self._posted else []
            for source in list(self._sources):
                if source.handle in ready:
                    turn.extend(source.drain())
            turn.extend(rung)
            if turn:
                return tuple(turn)

    def _wait_ms(self) -> int | None:
        if self._posted:
            return 0
        due = [ms for rhythm in self._rhythms if (ms := rhythm.due_ms()) is not None]
        return min(due) if due else None

    def _posted_now(self) -> list[Heard]:
        if self._wake >= 0:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake)
        with self._room:
            count = min(len(self._posted), POSTED_PER_TURN)
            taken = [self._posted.popleft() for _ in range(count)]
            self._room.notify_all()
        return [_heard(one) for one in taken]

    def _has_room(self) -> bool:
        return len(self._posted) < self._posted_max


def _heard(message: object) -> Heard:
    return message if isinstance(message, Heard) else Heard(message=message)


def _raise(error: BaseException) -> NoReturn:
    raise error
