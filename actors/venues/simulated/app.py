"""The exchange as a web application: public, private and stream on one port, paths in any case.

With *control* three more paths exist, for tests and chaos: `GET /_truth` says what really is,
`POST /_faults` switches faults on and off, `POST /_deposit` and `POST /_withdraw` let money come in
and leave.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from actors.venues.simulated import rows
from actors.venues.simulated.connections import Connections
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.listing import ASSETS, UNIT_PLACES
from actors.venues.simulated.meddling import Meddling
from actors.venues.simulated.private import Private
from actors.venues.simulated.public import Public, body_of, failure, reply
from actors.venues.simulated.stream import Stream
from messages.money import amount, floor_to

TRANSFER_MAX = Decimal(10**12)
FINEST = Decimal(1).scaleb(-UNIT_PLACES)
Fatal = Callable[[BaseException], None]
Unforeseen = Callable[[str, BaseException], None]


def build(
    floor: Floor, connections: Connections, *, control: bool, fatal: Fatal, unforeseen: Unforeseen
) -> ASGIApp:
    """Return the application.

    *fatal* is told of the errors of journal and engine, which no answer can make good, *unforeseen*
    of any other with the path of its call: that one is a 500 and ends nothing.
    """
    stream = Stream(floor, connections)
    routes: list[Route | WebSocketRoute] = [
        *Public(floor).routes(),
        *Private(floor, connections).routes(),
        WebSocketRoute("/", stream.serve),
    ]
    if control:
        routes += _control(floor)

    async def ended(request: Request, error: Exception) -> Response:
        if floor.torn:
            fatal(error)
        unforeseen(str(request.scope["path"]), error)
        return failure(500, "INTERNAL_ERROR", 500)

    app = Starlette(routes=routes, exception_handlers={404: _missing, 405: _missing, 500: ended})
    return _AnyCase(Meddling(app, floor.faults, connections))


def _control(floor: Floor) -> list[Route]:
    async def truth(_request: Request) -> Response:
        return reply(rows.encode(_truth(floor)))

    async def faults(request: Request) -> Response:
        wrong = floor.faults.want(await body_of(request) or b"")
        return failure(400, wrong, 400) if wrong else reply(rows.encode({"success": True}))

    async def deposit(request: Request) -> Response:
        wrong = _moved(floor, await body_of(request) or b"", _Deposit)
        return failure(400, wrong, 400) if wrong else reply(rows.encode({"success": True}))

    async def withdraw(request: Request) -> Response:
        wrong = _moved(floor, await body_of(request) or b"", _Withdrawal)
        return failure(400, wrong, 400) if wrong else reply(rows.encode({"success": True}))

    return [
        Route("/_truth", truth),
        Route("/_faults", faults, methods=["POST"]),
        Route("/_deposit", deposit, methods=["POST"]),
        Route("/_withdraw", withdraw, methods=["POST"]),
    ]


class _Deposit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: str
    asset: str
    amount: str


class _Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: str
    asset: str
    amount: str
    requested: bool = False  # it is set aside and does not leave yet


def _moved(floor: Floor, raw: bytes, kind: type[_Deposit | _Withdrawal]) -> str | None:
    """Let money come in or leave; return why not, None when it did."""
    try:
        wish = msgspec.json.decode(raw, type=kind)
        value = amount(wish.amount)
    except (ValueError, RecursionError) as wrong:
        return f"a transfer is account, asset and amount, as text: {wrong}"
    if wish.account not in floor.doorman.accounts or wish.asset not in ASSETS:
        return f"no account {wish.account!r}, or no asset {wish.asset!r}"
    if not 0 < value < TRANSFER_MAX:
        return f"a transfer is of more than nothing and less than {TRANSFER_MAX}"
    if floor_to(value, FINEST) != value:
        return f"a transfer is a multiple of {FINEST}"
    if isinstance(wish, _Deposit):
        floor.deposit(wish.account, wish.asset, value)
    elif not floor.withdraw(wish.account, wish.asset, value, requested=wish.requested):
        return f"there is not so much free {wish.asset}"
    return None


def _truth(floor: Floor) -> dict[str, rows.Row]:
    """Return orders, each with its fills, and balances of every account."""
    history, now_ms = floor.exchange.history, floor.clock.wall_ms()
    truth: dict[str, rows.Row] = {}
    for name in floor.doorman.accounts:
        wallet = history.ledger.wallet(name)
        held = sorted(wallet.free.keys() | wallet.locked.keys() | wallet.requested.keys())
        orders = []
        for order in history.orders.values():
            if order.accepted.account == name:
                listing = floor.listed[order.accepted.instrument]
                fills = [rows.fill(order, one, listing) for one in order.fills]
                row = rows.order(order, listing, in_open_orders=False)
                orders.append(row | {"fills": fills})
        balances = [rows.balance(ASSETS[asset], wallet, now_ms) for asset in held]
        truth[name] = {"orders": orders, "balances": balances}
    return truth


async def _missing(_request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return failure(status, "NOT_FOUND" if status == 404 else "METHOD_NOT_ALLOWED", status)


class _AnyCase:
    """Paths mean the same in any case, as at the venue."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "path" in scope:
            scope = {**scope, "path": scope["path"].lower()}
        await self._app(scope, receive, send)
