"""An answer that does not come in one piece: it trickles, or half of it never comes."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from actors.venues.simulated.connections import Connections

PARTS = 20


class Trickled(Response):
    """*answer* in up to 20 parts, *delay_ms* before each."""

    def __init__(self, answer: Response, delay_ms: int) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))
        self._delay_s = delay_ms / 1000

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(_start(self))
        size = max(1, -(-len(self.body) // PARTS))
        for at in range(0, len(self.body), size):
            await asyncio.sleep(self._delay_s)
            part = bytes(self.body[at : at + size])
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Truncated(Response):
    """Half of *answer*; the connection closes where its length promised more."""

    def __init__(self, answer: Response, request: Request, connections: Connections) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))
        self._peer, self._connections = request.client, connections

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        half = bytes(self.body[: len(self.body) // 2])
        await send(_start(self))
        await send({"type": "http.response.body", "body": half, "more_body": True})
        self._connections.cut(self._peer)
        while (await receive())["type"] != "http.disconnect":
            pass


def _start(answer: Response) -> dict[str, object]:
    status, headers = answer.status_code, answer.raw_headers
    return {"type": "http.response.start", "status": status, "headers": headers}
