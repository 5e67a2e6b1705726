"""Which connections belong to an account, and when the exchange may end.

Ordered to stop, it serves until the last of them is closed and none asked for a while, since the
one that trades may still be cancelling what rests; a deadline bounds that.
"""

from collections.abc import Callable, Iterable

from starlette.datastructures import Address
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from actors.venues.clock import Clock

Peer = tuple[str, int]


class Connections:
    """Knows the peers that proved to be an account; *cut* closes one of them at once."""

    def __init__(
        self, clock: Clock, cut: Callable[[Peer], None], *, drain_max_ms: int, quiet_ms: int
    ) -> None:
        self._clock, self._cut = clock, cut
        self._drain_max_ms, self._quiet_ms = drain_max_ms, quiet_ms
        self._private: set[Peer] = set()
        self._asked_ms: int | None = None
        self._stop_ms: int | None = None

    def private(self, peer: Address | Peer | None) -> None:
        """Note that *peer* is an account and asks for something now."""
        self._asked_ms = self._clock.mono_ms()
        if peer is not None:
            self._private.add((peer[0], peer[1]))

    def drop(self, peer: Address | Peer | None) -> Response:
        """Close the connection of *peer* without an answer."""
        self.cut(peer)
        return _Silence()

    def cut(self, peer: Address | Peer | None) -> None:
        """Close the connection of *peer*; what was sent to it still goes out."""
        if peer is not None:
            self._cut((peer[0], peer[1]))

    def stop(self) -> None:
        """Begin to end; a second order changes nothing."""
        if self._stop_ms is None:
            self._stop_ms = self._clock.mono_ms()

    @property
    def stopping(self) -> bool:
        return self._stop_ms is not None

    def over(self, alive: Iterable[Peer | None]) -> bool:
        """Return whether it is time to end, given who is still connected."""
        self._private.intersection_update(peer for peer in alive if peer is not None)
        if self._stop_ms is None:
            return False
        now_ms = self._clock.mono_ms()
        quiet_since = max(self._stop_ms, self._asked_ms or 0)
        silent = not self._private and now_ms - quiet_since >= self._quiet_ms
        return silent or now_ms - self._stop_ms >= self._drain_max_ms


class _Silence(Response):
    """No answer at all: the connection is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
