"""Between the network and the endpoints: what goes wrong with a REST call whatever it asks for.

Without a fault on, a call passes untouched. The paths of `/_faults` and `/_truth` always do.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.venues.simulated import rows, spoiling
from actors.venues.simulated.connections import Connections
from actors.venues.simulated.doorman import Limit, TooMany
from actors.venues.simulated.faults import AnswerFault, AnswerKind, Faults
from actors.venues.simulated.pieces import Trickled, Truncated
from actors.venues.simulated.public import failure, reply, throttled

TITLES = {403: "403: Forbidden", 504: "504: Gateway time-out"}
GARBAGE = b"\x00\xff\xfe{]" * 40
SERVER = "/api/v2/server/"  # time and ping: in maintenance the server is there, the market is not
QUOTA = Limit(120, 60)
IN_PIECES = (AnswerKind.TRICKLED, AnswerKind.TRUNCATED)


def edge_page(status: int) -> Response:
    """Return what stands before the venue and answers in HTML."""
    title = TITLES[status]
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return HTMLResponse(page, status)


class Meddling:
    """The application, with the faults of every REST call before and after it."""

    def __init__(self, app: ASGIApp, faults: Faults, connections: Connections) -> None:
        self._app, self._faults, self._connections = app, faults, connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or path.startswith("/_"):
            await self._app(scope, receive, send)
            return
        on, fault = self._faults.on, self._faults.next_answer(path)
        if on.answer_delay_ms:
            await asyncio.sleep(on.answer_delay_ms / 1000)
        if fault is not None and fault.kind in IN_PIECES:
            answer = await self._served(scope, receive)
            await self._in_pieces(answer, fault, Request(scope))(scope, receive, send)
        elif fault is not None:
            await self._instead(fault, Request(scope))(scope, receive, send)
        elif on.maintenance and not path.startswith(SERVER):
            await failure(503, "MAINTENANCE", 503)(scope, receive, send)
        elif spoiling.spoils(on):
            await self._spoiled(path, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _instead(self, fault: AnswerFault, request: Request) -> Response:
        match fault.kind:
            case AnswerKind.CUT:
                return self._connections.drop(request.client)
            case AnswerKind.GARBAGE:
                return reply(GARBAGE)
            case AnswerKind.HTML_403 | AnswerKind.HTML_504:
                return edge_page(403 if fault.kind is AnswerKind.HTML_403 else 504)
            case AnswerKind.HTTP_503:
                return failure(503, "SERVICE_UNAVAILABLE", 503)
            case AnswerKind.HTTP_500:
                return failure(500, "INTERNAL_ERROR", 500)
            case AnswerKind.UNAUTHORIZED:
                return failure(401, "Unauthorized - Invalid Request", 1037)
            case AnswerKind.THROTTLED_IP | AnswerKind.THROTTLED_ACCOUNT:
                by_account = fault.kind is AnswerKind.THROTTLED_ACCOUNT
                return throttled(TooMany(QUOTA, by_account, fault.retry_after_s))
            case AnswerKind.UNAUTHORIZED_YES:
                message, said, status = "Unauthorized - Invalid Nonce", 1037, 401
            case AnswerKind.THROTTLED_OLD:
                message, said, status = "Too many requests", 429, 429
            case AnswerKind.HTTP_500_WORD:
                word = {"success": False, "message": "INTERNAL_ERROR", "code": "INTERNAL_ERROR"}
                return reply(rows.encode(word), 500)
        body = {"success": status == 401, "message": message, "code": said}
        headers = {"Retry-After": str(fault.retry_after_s)} if status == 429 else None
        return reply(rows.encode(body), status, headers)

    def _in_pieces(self, answer: Response, fault: AnswerFault, request: Request) -> Response:
        if fault.kind is AnswerKind.TRICKLED:
            return Trickled(answer, fault.delay_ms)
        return Truncated(answer, request, self._connections)

    async def _spoiled(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call be answered and change the form of the answer."""
        answer = await self._served(scope, receive)
        body, status = bytes(answer.body), answer.status_code
        changed = spoiling.spoiled(body, self._faults.on, path=path, status=status)
        kept = {name: one for name, one in answer.headers.items() if name != "content-length"}
        await Response(changed, status, kept)(scope, receive, send)

    async def _served(self, scope: Scope, receive: Receive) -> Response:
        """Return the answer of the application instead of sending it."""
        began: list[Message] = []
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                began.append(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, hold)
        raw = began[0]["headers"]
        headers = {name.decode("latin-1"): one.decode("latin-1") for name, one in raw}
        return Response(b"".join(parts), began[0]["status"], headers)
