"""The exchange's process: one event loop that serves, moves the market and knows when to end.

`run` returns the exit code. Ordered to stop (SIGTERM, SIGINT, its parent gone) it serves on until
its last private connection is closed; a second order ends it at once.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import uvicorn
from msgspec import Struct
from msgspec.structs import asdict

from actors.venues.btcturk.stream import Contain
from actors.venues.clock import Clock
from actors.venues.settings import ExchangeSettings
from actors.venues.simulated import app
from actors.venues.simulated.connections import Connections, Peer
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.journal import FILE_NAME, Journal, JournalLocked
from actors.venues.simulated.public import BODY_MAX

WATCH_MS = 100
MARKS_EVERY_MS = 1_000
COMPACT_EVERY_MS = 60_000
LOCK_GRACE_MS = 1_000  # waited longer than an exchange that is ending may take
KEEP_ALIVE_S = 3_600  # an idle private connection is the client's to close
BACKLOG = 128
SAID_MAX = 200  # characters of a path, or of an error's own words, in the log


class NoAddress(Exception):
    """The address is taken, or is none of this host."""

    exit_code = 75


class Log(Protocol):
    def info(self, event: str, **values: Any) -> Any: ...
    def error(self, event: str, **values: Any) -> Any: ...
    def critical(self, event: str, **values: Any) -> Any: ...


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the process is handed: everything outside of it.

    *parent_pid*: end when this is no longer the parent. *failed* takes an error that must end the
    process and does not return. *contain* turns an error of a thread into what it returns.
    *started* is told the port once requests are answered.
    """

    run_dir: Path
    clock: Clock
    log: Log
    failed: Callable[[BaseException], None]
    contain: Contain
    started: Callable[[int], None]
    parent_pid: int | None = None
    control: bool = False


def run(settings: ExchangeSettings, around: Surroundings) -> int:
    """Serve until ordered to stop; return 0.

    Raises what opening can raise: MarketFileError, JournalDamaged, JournalLocked, NoAddress and
    what `Floor` does.
    """
    with closing(_open_journal(around.run_dir / FILE_NAME, settings, around.clock)) as journal:
        floor = Floor(settings, around.clock, journal, around.contain)
        with closing(floor), closing(_listen(settings.host, settings.port)) as listening:
            asyncio.run(_Process(floor, settings, around).serve(listening))
        floor.save_marks()
    around.log.info("exchange_stopped")
    return 0


def _open_journal(path: Path, settings: ExchangeSettings, clock: Clock) -> Journal:
    """Open the journal, waiting for an exchange that is just ending."""
    give_up_ms = clock.mono_ms() + settings.drain_max_ms + LOCK_GRACE_MS
    while True:
        try:
            return Journal(path)
        except JournalLocked:
            if clock.mono_ms() >= give_up_ms:
                raise
        time.sleep(WATCH_MS / 1000)


def _listen(host: str, port: int) -> socket.socket:
    """Return the listening socket. It names its protocol: only then does asyncio switch Nagle's
    algorithm off, which costs 40 ms an answer otherwise."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as why:
        listening.close()
        raise NoAddress(f"cannot serve on {host}:{port} ({why.strerror})") from why
    listening.listen(BACKLOG)
    return listening


class _Server(uvicorn.Server):
    """uvicorn, told to stop by us: a signal begins the drain, it does not cut connections."""

    on_signal: Callable[[], None]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.on_signal()


class _Process:
    """The running exchange."""

    def __init__(self, floor: Floor, settings: ExchangeSettings, around: Surroundings) -> None:
        self._floor, self._settings, self._around = floor, settings, around
        self._connections = Connections(
            around.clock,
            self._cut,
            drain_max_ms=settings.drain_max_ms,
            quiet_ms=settings.drain_quiet_ms,
        )
        built = app.build(
            floor,
            self._connections,
            control=around.control,
            fatal=around.failed,
            unforeseen=self._unforeseen,
        )
        self._server = _Server(
            uvicorn.Config(
                built,
                ws="websockets-sansio",
                ws_max_size=BODY_MAX,
                http="h11",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=1,
            )
        )
        self._server.on_signal = self._stop

    async def serve(self, listening: socket.socket) -> None:
        settings = self._settings
        port = listening.getsockname()[1]
        turns = [
            (settings.house.step_ms, self._floor.step),
            (settings.book_interval_ms, lambda _elapsed: self._floor.publish_books()),
            (settings.ticker_interval_ms, lambda _elapsed: self._floor.publish_tickers()),
            (settings.ticker_interval_ms, lambda _elapsed: self._floor.publish_candles()),
            (MARKS_EVERY_MS, lambda _elapsed: self._floor.save_marks()),
            (COMPACT_EVERY_MS, lambda _elapsed: self._floor.compact()),
            (WATCH_MS, self._watch),
        ]
        tasks = [asyncio.create_task(self._every(*turn)) for turn in turns]
        tasks.append(asyncio.create_task(self._announce(port)))
        for task in tasks:
            task.add_done_callback(self._ended)
        await self._server.serve(sockets=[listening])
        for task in tasks:
            task.cancel()

    async def _every(self, period_ms: int, turn: Callable[[int], None]) -> None:
        """Call *turn* with the ms since the last time, again and again."""
        clock = self._around.clock
        before = clock.mono_ms()
        while True:
            await asyncio.sleep(period_ms / 1000)
            now = clock.mono_ms()
            turn(now - before)
            before = now

    async def _announce(self, port: int) -> None:
        while not self._server.started:
            await asyncio.sleep(0.005)
        self._around.log.info("exchange_started", port=port)
        self._around.started(port)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._around.failed(error)

    def _unforeseen(self, path: str, error: BaseException) -> None:
        said = f"{type(error).__name__}: {error}"[:SAID_MAX]
        self._around.log.error("call_failed", path=path[:SAID_MAX], error=said, exc_info=error)

    def _watch(self, _elapsed_ms: int) -> None:
        news = self._floor.news()
        if news is not None:
            self._around.log.info("public_feed", **asdict(news))
        parent = self._around.parent_pid
        if parent is not None and os.getppid() != parent and not self._connections.stopping:
            self._stop()
        if self._connections.over(peer for peer, _ in self._connected()):
            self._server.should_exit = True

    def _stop(self) -> None:
        if self._connections.stopping:
            self._server.should_exit = self._server.force_exit = True
            return
        self._around.log.info("exchange_stopping")
        self._connections.stop()

    def _cut(self, peer: Peer) -> None:
        for client, transport in self._connected():
            if client == peer:
                transport.close()

    def _connected(self) -> list[tuple[Peer | None, asyncio.Transport]]:
        """Return peer and transport of every open connection; uvicorn's protocols have both."""
        alive: list[Any] = list(self._server.server_state.connections)
        return [(one.client, one.transport) for one in alive]
