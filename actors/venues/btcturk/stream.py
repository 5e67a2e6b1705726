"""BtcTurk's WebSocket as a thread that hands events to a sink.

Connect, log in, join, read; whatever ends it, wait and begin anew. Prices are joined first, and the
trades when those are confirmed: a join is answered with the last 50 trades of each instrument, for
which nobody waits. A connection is only believed while data comes: one that stays open and silent
is closed here. An account without orders has nothing to say, and the venue sends no heartbeat: its
connection is begun anew now and then. Nothing is remembered from one connection to the next.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from msgspec import Struct
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from actors.venues.btcturk import feed, outcome
from actors.venues.btcturk.backoff import Backoff
from actors.venues.btcturk.feed import Feed
from actors.venues.btcturk.http import USER_AGENT
from actors.venues.btcturk.sign import Credentials, signature
from actors.venues.btcturk.symbols import Symbols
from actors.venues.btcturk.watch import Topic, Watch, topics
from actors.venues.clock import Clock
from actors.venues.port import Connected, Disconnected, StreamSink
from actors.venues.settings import BOOK_CHANNELS, PRICE_CHANNELS, StreamSettings, VenueSettings

FRAME_BYTES_MAX = 1 << 20
FRAMES_WAITING = 64  # that came with one read; more make two threads wait for each other
LOOK_UP_S = 0.25  # how often a connection is looked at
LOOK_UP_MS = 250
AWAY_MAX_MS = 600_000  # the longest block that the venue documents
CLOSE_TIMEOUT_S = 1.0
PING_S = 20.0
JOIN_MAX_S = 2.0


Contain = Callable[[Callable[[], object]], object]


def _bare(call: Callable[[], object]) -> object:
    return call()


class Subject(Struct, frozen=True, kw_only=True):
    """What a stream is about: instruments for public channels, keys for the account's own.

    With *levels* books are told as `BookDepth` of so many a side, else by their tops.
    """

    symbols: Symbols
    instruments: Sequence[str] = ()
    levels: int = 0
    keys: Credentials | None = None


class _Ended(Exception):
    """This connection is over, for a reason that is no exception of the library."""


class _LoginRefused(_Ended):
    """The venue does not take our key."""


class _Quiet(_Ended):
    """Nothing came for so long that a fresh connection is better, though nothing is known wrong."""


class BtcturkStream:
    """One WebSocket connection, kept up by a thread of its own.

    *sink* is called in that thread and must only hand the event on. *contain* returns what a call
    returns, or something else that holds the error it raised; without it an error ends the thread.
    *venue_ms* tells the venue's time, which a login is stamped with; without it the host's is.
    """

    def __init__(
        self,
        settings: VenueSettings,
        subject: Subject,
        sink: StreamSink,
        *,
        clock: Clock,
        random: Random,
        contain: Contain = _bare,
        venue_ms: Callable[[], int] | None = None,
    ) -> None:
        self._contain, self._venue_ms = contain, venue_ms or clock.wall_ms
        self._url, self._settings = settings.ws_url, settings.stream
        self._subject, self._sink, self._clock = subject, sink, clock
        self._backoff = Backoff(settings.stream, random)
        self._stopping = threading.Event()
        self._socket: ClientConnection | None = None
        self.failures = 0  # how often a sink or a reader raised
        self._thread = threading.Thread(target=self._run, name="venue-stream", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread; a thread that hangs is left behind."""
        self._stopping.set()
        socket = self._socket
        if socket is not None:
            socket.close_socket()
        if self._thread.is_alive():
            self._thread.join(JOIN_MAX_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._backoff.connecting(self._clock.mono_ms())
            reason = self._contained()
            if self._stopping.is_set():
                return
            wait_ms = self._backoff.wait_ms(self._clock.mono_ms())
            self._tell(Disconnected(reason=reason, retry_ms=wait_ms))
            self._stopping.wait(wait_ms / 1000)

    def _contained(self) -> str:
        """Serve one connection; this thread must not end because a sink or a reader raised."""
        reason = self._contain(self._one_connection)
        if isinstance(reason, str):
            return reason
        self.failures += 1
        return f"FAILED {type(getattr(reason, 'error', reason)).__name__}"

    def _tell(self, event: Disconnected) -> None:
        """Tell that the connection is over; a sink that cannot be told is counted."""
        if self._contain(partial(self._sink, event)) is not None:
            self.failures += 1

    def _one_connection(self) -> str:
        """Serve one connection to its end; return why it ended."""
        try:
            socket = connect(
                self._url,
                open_timeout=self._settings.open_timeout_ms / 1000,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                max_size=FRAME_BYTES_MAX,
                max_queue=FRAMES_WAITING,
                compression=None,
                proxy=None,
                user_agent_header=USER_AGENT,
            )
        except InvalidStatus as why:
            return self._turned_away(why)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as why:
            return type(why).__name__
        self._socket = socket
        try:
            with socket:
                session = _Session(socket, self._settings, self._subject, self._clock)
                session.ask(self._venue_ms())
                session.serve(self._sink, self._backoff, self._stopping)
        except _LoginRefused as why:
            self._backoff.slow_down()  # asking again and again blocks the address
            return str(why)
        except _Quiet as why:
            self._backoff.renew()
            return str(why)
        except _Ended as why:
            return str(why)
        except (OSError, WebSocketException) as why:
            return type(why).__name__
        finally:
            self._socket = None
        return "STOPPED"

    def _turned_away(self, why: InvalidStatus) -> str:
        """Return the status of an answer that is no WebSocket, and wait as it says (#608)."""
        asked = why.response.headers.get("Retry-After")
        if asked is not None:
            asked_ms = outcome.retry_after_ms(asked, self._clock.wall_ms())
            self._backoff.keep_away(min(asked_ms, AWAY_MAX_MS))
        return f"HTTP {why.response.status_code}"


class _Session:
    """One connection: what was asked for, what was confirmed, and how old the data is."""

    def __init__(
        self, socket: ClientConnection, settings: StreamSettings, subject: Subject, clock: Clock
    ) -> None:
        self._socket, self._settings, self._subject = socket, settings, subject
        self._clock = clock
        self._feed = Feed(subject.symbols, levels=subject.levels)
        symbols = [subject.symbols.venue(one) for one in subject.instruments]
        wanted = list(topics(settings.channels, symbols) if symbols else ())
        prices = [topic for topic in wanted if topic[0] in PRICE_CHANNELS]
        others = [topic for topic in wanted if topic[0] not in PRICE_CHANNELS]
        self._waves = [wave for wave in (prices, others) if wave]  # each waits for the one before
        self._joined: list[Topic] = []
        self._asking = True  # something is not confirmed yet
        self._began_ms = self._looked_ms = clock.mono_ms()
        self._up = False
        self._frame_ms = self._began_ms
        self._watch = Watch(wanted, settings, self._began_ms)

    def serve(self, sink: StreamSink, backoff: Backoff, stopping: threading.Event) -> None:
        """Read until told to stop. Raises _Ended and what the library raises."""
        while not stopping.is_set():
            try:
                frame = self._socket.recv(LOOK_UP_S, decode=False)
            except TimeoutError:
                self._look(self._clock.mono_ms())
                continue
            now_ms = self._clock.mono_ms()
            for event in self._feed.read(frame):
                sink(event)
            self._frame_ms = now_ms
            if self._feed.touched is not None:
                self._watch.heard(self._feed.touched, now_ms)
            backoff.data(now_ms)
            if self._asking and self._confirmed():
                if not self._up:
                    self._up = True
                    sink(Connected(private=self._subject.keys is not None))
                self._asking = self._join()
            if now_ms - self._looked_ms >= LOOK_UP_MS:
                self._look(now_ms)

    def ask(self, venue_ms: int) -> None:
        """Log in, where there are keys, and join the first topics."""
        keys = self._subject.keys
        if keys is not None:
            nonce = self._settings.login_nonce
            signed = signature(keys, nonce)
            self._say(feed.login(keys.public_key, signed, nonce=nonce, now_ms=venue_ms))
        self._join()

    def _join(self) -> bool:
        """Ask for the next wave of topics; return whether there was one."""
        wave = self._waves.pop(0) if self._waves else []
        self._joined += wave
        for channel, event in wave:
            self._say(feed.subscription(channel, event, join=True))
        return bool(wave)

    def _say(self, frame: bytes) -> None:
        self._socket.send(frame.decode())

    def _confirmed(self) -> bool:
        """Return whether all that was asked is confirmed. Raises _Ended when the venue said no."""
        if self._feed.login:
            raise _LoginRefused(f"LOGIN_REFUSED {self._feed.login}")
        if self._feed.refused is not None:
            raise _Ended(f"SUBSCRIPTION_REFUSED {self._feed.refused}")
        logged_in = self._subject.keys is None or self._feed.login is not None
        return logged_in and self._feed.confirmed.issuperset(self._joined)

    def _look(self, now_ms: int) -> None:
        """Take stock: confirmed in time, data young enough, joined anew what is due."""
        self._looked_ms = now_ms
        if self._asking and now_ms - self._began_ms > self._settings.confirm_timeout_ms:
            raise _Ended("NOT_CONFIRMED")
        silent = self._watch.silent(now_ms)
        if silent is not None:
            raise _Ended(f"SILENT {' '.join(silent)}")
        private = self._subject.keys is not None
        if private and now_ms - self._frame_ms > self._settings.private_silence_max_ms:
            raise _Quiet("SILENT private")
        for channel, event in self._watch.due(now_ms):
            if channel in BOOK_CHANNELS:
                self._feed.forget(event)
            self._say(feed.subscription(channel, event, join=False))
            self._say(feed.subscription(channel, event, join=True))
