"""A relay on each link, so that a link can be cut: bytes in, the same bytes out, or none.

A relay listens where the connector was told to go and passes on to where the binder really is; it
knows nothing of messages. Bytes are never lost within a connection that lives on: what a stopped
direction holds back arrives late when the link heals, as stale as it is then.
"""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Coroutine, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from actors.runtime.clock import SystemClock

T = TypeVar("T")
READ_BYTES = 65_536
START_WITHIN_S = 10
IPC = "ipc://"
STATUS_LINE = b"HTTP/1.1 "


class Weather(StrEnum):
    """What a link is like."""

    FAIR = "FAIR"
    CUT = "CUT"  # connections end, new ones are refused
    DEAF = "DEAF"  # the connector is not heard; it hears
    MUTE = "MUTE"  # the connector does not hear; it is heard
    SLOW = "SLOW"  # every piece waits


class Place(Struct, frozen=True):
    """A socket file, or a port of the loopback."""

    path: str = ""
    port: int = 0


class Relay:
    """One link. Belongs to the loop of its `Relays`; *weather* may be set from any thread."""

    def __init__(self, listens: Place, target: Place, *, slow_ms: int = 200) -> None:
        self.weather = Weather.FAIR
        self.connections = 0  # that were ever let through
        self.answers: Counter[str] = Counter()  # HTTP answers that came by, by status
        self.came_ms: list[int] = []  # who wanted to connect, in whatever weather
        self.torn: threading.Event | None = None
        self._listens, self._target, self._slow_s = listens, target, slow_ms / 1_000
        self._changed = asyncio.Event()
        self._clock = SystemClock()
        self._open: set[asyncio.StreamWriter] = set()
        self._needle = b""
        self._server: asyncio.Server

    async def start(self) -> None:
        """Listen. Raises OSError."""
        if self._listens.path:
            Path(self._listens.path).unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self._listens.path)
        else:
            port = self._listens.port
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    def stop(self) -> None:
        """End every connection and take no new one, in the loop's thread."""
        self.turn(Weather.CUT)
        self._server.close()

    def turn(self, weather: Weather) -> None:
        """Change the weather, in the loop's thread."""
        self.weather = weather
        if weather is Weather.CUT:
            for one in self._open:
                one.transport.abort()
        self._changed.set()
        self._changed = asyncio.Event()

    def tear(self, needle: bytes) -> threading.Event:
        """Pass on half of the next piece with *needle* and nothing after it; return when it did."""
        self.torn, self._needle = threading.Event(), needle
        return self.torn

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.came_ms.append(self._clock.mono_ms())
        if self.weather is Weather.CUT:
            back.transport.abort()
            return
        try:
            far, on = await self._connect()
        except OSError:
            back.transport.abort()
            return
        except asyncio.CancelledError:  # this relay ends meanwhile
            back.transport.abort()
            raise
        self.connections += 1
        self._open |= {back, on}
        try:
            ways = (self._carry(near, on, Weather.DEAF), self._carry(far, back, Weather.MUTE))
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        finally:
            for one in (back, on):
                one.transport.abort()
            self._open -= {back, on}

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.path:
            return await asyncio.open_unix_connection(self._target.path)
        return await asyncio.open_connection("127.0.0.1", self._target.port)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, stops: Weather
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(READ_BYTES):
                if stops is Weather.MUTE and data.startswith(STATUS_LINE):
                    self.answers[data[len(STATUS_LINE) :][:3].decode("ascii", "replace")] += 1
                while self.weather is stops:
                    await self._changed.wait()
                if self.weather is Weather.SLOW:
                    await asyncio.sleep(self._slow_s)
                if self.torn is not None and self._needle in data and not self.torn.is_set():
                    sink.write(data[: data.index(self._needle) + len(self._needle)])
                    await sink.drain()
                    self.torn.set()
                    await source.read(-1)  # until whoever spoke is gone
                    return
                sink.write(data)
                await sink.drain()


class Relays:
    """Every relay by its link's name, run by a thread with a loop of its own."""

    def __init__(self, links: Mapping[str, tuple[Place, Place]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.links: dict[str, Relay] = {}
        for name, (listens, target) in links.items():
            self.links[name] = self._run(self._started(listens, target))

    def turn(self, name: str, weather: Weather) -> None:
        """Change the weather on one link."""
        relay = self.links[name]

        async def turn() -> None:
            relay.turn(weather)

        self._run(turn())

    def heal(self) -> None:
        """Let every link be fair."""
        for name in self.links:
            self.turn(name, Weather.FAIR)

    def close(self) -> None:
        """End every connection and the thread."""
        self._run(_end(list(self.links.values())))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_WITHIN_S)
        self._loop.close()

    async def _started(self, listens: Place, target: Place) -> Relay:
        relay = Relay(listens, target)
        await relay.start()
        return relay

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(START_WITHIN_S)


def detour(address: str, directory: Path, number: int) -> Place:
    """Return where the relay number *number* in front of *address* listens."""
    if not address.startswith(IPC):
        raise ValueError(f"{address} is no socket file")
    return Place(path=str(directory / f"{number:x}"))


def place(address: str) -> Place:
    """Return where *address* is."""
    return Place(path=address.removeprefix(IPC))


async def _end(relays: list[Relay]) -> None:
    for relay in relays:
        relay.stop()
    await asyncio.sleep(0)
    mine = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not mine]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # what was aborted closes now
