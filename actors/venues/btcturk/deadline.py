"""By when must a call be over? Every wait of its connection is cut to the time that is left.

The library's time-outs are each of one wait: a peer that sends a byte now and then would hold a
call for ever. Two things are not cut: the resolver has limits of its own, and of a name with
several addresses each is tried for the whole time of a connect.
"""

import ssl
from collections.abc import Iterable

import httpcore

from actors.venues.clock import Clock


class Deadline:
    """The end of the one call that is under way, by monotonic time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at_ms = 0

    def begin(self, within_ms: int) -> None:
        """A call begins and has so long."""
        self._at_ms = self._clock.mono_ms() + within_ms

    def cut(self, timeout: float | None, over: type[httpcore.TimeoutException]) -> float:
        """Return *timeout*, or the seconds that are left where they are fewer. Raises *over*."""
        left_ms = self._at_ms - self._clock.mono_ms()
        if left_ms <= 0:
            raise over("the call took too long")
        return left_ms / 1000 if timeout is None else min(timeout, left_ms / 1000)


class Backend(httpcore.NetworkBackend):
    """Connects as the library does, to streams that keep to the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._plain, self._deadline = httpcore.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        within = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        stream = self._plain.connect_tcp(host, port, within, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection that waits no longer than the call may take."""

    def __init__(self, plain: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._plain, self._deadline = plain, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, self._deadline.cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, self._deadline.cut(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        within = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, within), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._plain.get_extra_info(info)

    def close(self) -> None:
        self._plain.close()
