"""The WebSocket: welcome, login, joins; then whatever the hub has for this listener.

Every message is `[type, object]`. Unknown types are ignored, as the venue asks its clients to do.
"""

import asyncio
from collections.abc import Mapping

import msgspec
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from actors.venues.simulated import frames
from actors.venues.simulated.admission import listing_of
from actors.venues.simulated.connections import Connections
from actors.venues.simulated.doorman import LIMITS, RIGHT_MISSING, TooMany, Unauthorized
from actors.venues.simulated.faults import Right
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.hub import ALL, CHANNELS, CUT, Listener, Topic
from actors.venues.simulated.public import throttled
from actors.venues.simulated.tape import RESOLUTIONS_S

LOGIN, SUBSCRIBE, REQUEST, TRADE_LIST, SESSION_LOGIN = 114, 151, 101, 421, 111
SLOW_READER = 1013  # close code: try again later


class Stream:
    """Serves the listeners of one exchange."""

    def __init__(self, floor: Floor, connections: Connections) -> None:
        self._floor, self._connections = floor, connections

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection until either side ends it."""
        refused = self._refused(socket)
        if refused is not None:
            await socket.send_denial_response(refused)
            return
        await socket.accept()
        if self._floor.faults.use("accept_then_close"):
            await socket.close()
            return
        listener = Listener(frames_max=self._floor.settings.frames_waiting_max)
        listener.give(frames.WELCOME)
        self._floor.hub.join(listener)
        sending = asyncio.create_task(self._send(socket, listener))
        try:
            while True:
                self._heard(listener, socket, await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass  # the peer is gone, or sent bytes where text belongs
        finally:
            self._floor.hub.leave(listener)
            sending.cancel()

    def _refused(self, socket: WebSocket) -> Response | None:
        if self._floor.faults.use("ws_connect_429"):
            limit = LIMITS["WS connect"][0]
            return throttled(TooMany(limit, False, limit.period_s))
        host = socket.client.host if socket.client is not None else ""
        now_ms = self._floor.clock.mono_ms()
        too_many = self._floor.turnstile.refusal("WS connect", host, now_ms)
        return None if too_many is None else throttled(too_many)

    def _heard(self, listener: Listener, socket: WebSocket, said: str) -> None:
        try:
            message = msgspec.json.decode(said, type=tuple[int, dict[str, object]])
        except (ValueError, RecursionError):
            return
        kind, body = message
        match kind:
            case _ if kind == LOGIN:
                self._login(listener, socket, body)
            case _ if kind == SESSION_LOGIN:
                listener.give(frames.legacy_login("Unauthorized - Invalid Request"))
            case _ if kind == SUBSCRIBE:
                self._subscribe(listener, body)
            case _ if kind == REQUEST and body.get("code") == TRADE_LIST:
                self._first(listener, "trade", str(body.get("event")))

    def _login(self, listener: Listener, socket: WebSocket, body: Mapping[str, object]) -> None:
        found = self._floor.doorman.login(body, self._floor.clock.wall_ms())
        if Right.STREAM in self._floor.faults.on.missing_rights:
            found = RIGHT_MISSING
        if isinstance(found, Unauthorized):
            listener.give(frames.login(0, found.message))
            return
        listener.account = found
        self._connections.private(socket.client)
        listener.give(frames.login(found.user, None))

    def _subscribe(self, listener: Listener, body: Mapping[str, object]) -> None:
        channel, event = str(body.get("channel")), str(body.get("event"))
        topic = self._topic(channel, event)
        if topic is None:
            listener.give(frames.result(f"unknown|{channel}:{event}", ok=False))
            return
        if body.get("join") is False:
            listener.topics.discard(topic)
            listener.give(frames.result(f"leave|{channel}:{topic[1]}"))
            return
        listener.give(frames.result(f"join|{channel}:{topic[1]}"))
        self._first(listener, channel, topic[1])
        listener.topics.add(topic)

    def _topic(self, channel: str, event: str) -> Topic | None:
        """Return what is to be joined, None when there is no such thing."""
        symbol, _, resolution = event.rpartition("_") if channel == "tradeview" else (event, "", "")
        listing = listing_of(symbol, self._floor.listed)
        if channel not in CHANNELS or (channel == "tradeview" and resolution not in RESOLUTIONS_S):
            return None
        if listing is None:
            return (channel, event) if (channel, event) == ("ticker", ALL) else None
        return channel, f"{listing.symbol}_{resolution}" if resolution else listing.symbol

    def _first(self, listener: Listener, channel: str, event: str) -> None:
        """Give what a channel begins with: a whole book, the last trades."""
        candle = self._floor.candle(event) if channel == "tradeview" else None
        on = self._floor.faults.on
        if on.silent_ws or channel in on.silent_channels:
            return
        if candle is not None:
            listener.give(candle)
        listing = listing_of(event, self._floor.listed)
        if listing is None:
            return
        name = listing.instrument
        if channel == "trade":
            listener.give(frames.trade_list(listing, self._floor.tapes[name].prints))
        elif channel in ("orderbook", "obdiff") and self._floor.quoted(name):
            self._floor.publish_book(name)
            listener.give(self._floor.depths[name].whole(channel))

    async def _send(self, socket: WebSocket, listener: Listener) -> None:
        """Send what waits for *listener*, one frame after the other."""
        try:
            while (frame := await listener.next_frame()) is not None:
                if frame == CUT:
                    self._connections.cut(socket.client)
                    return
                await socket.send_text(frame.decode())
            await socket.close(SLOW_READER)
        except (WebSocketDisconnect, RuntimeError):
            return
