"""Hears the feeds of a running desk without being one of its actors, for who measures or looks.

A listener only subscribes. It belongs to the thread that opened it; what it does not take in time
is dropped at the high-water mark, as everywhere on a feed.
"""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq

from actors.runtime import endpoints, sockets
from actors.runtime.endpoints import EndpointsUnusable
from actors.runtime.plumbing import FEED
from messages import codec
from messages.envelope import Envelope

MARK = 10_000


class NoFeed(Exception):
    """There is no desk to hear, or it has no such feed."""


class _Line:
    """The connector's end of a feed."""

    name = "listener"
    pattern = FEED
    rank = 0
    mark = MARK
    binder = ""


class Listener:
    """Subscribed to *kinds* of messages on *feeds* of the desk of a run directory."""

    def __init__(self, run_dir: Path, feeds: Iterable[str], kinds: Iterable[type]) -> None:
        """Connect. Raises NoFeed."""
        wanted = list(feeds)
        try:
            addresses = endpoints.read(run_dir).sockets
            found = [addresses[feed] for feed in wanted]
        except (EndpointsUnusable, KeyError) as why:
            raise NoFeed(f"{run_dir}: {why}") from why
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        for address in found:
            made = sockets.connect(self._context, _Line(), address, name=b"")
            for kind in kinds:
                made.set(zmq.SUBSCRIBE, kind.__name__.encode())
            self._poller.register(made, zmq.POLLIN)

    def hear(self, within_ms: int) -> list[tuple[Envelope, Any]]:
        """Return what came, oldest first per feed; empty when nothing did *within_ms*."""
        heard = []
        for socket, _ in self._poller.poll(within_ms):
            while socket.poll(0, zmq.POLLIN):
                heard.append(codec.decode(socket.recv_multipart(zmq.NOBLOCK)[-1]))
        return heard

    def close(self) -> None:
        self._context.destroy(linger=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
