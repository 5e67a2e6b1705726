"""The endpoints of one account: signed, counted, answered in the venue's words."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from itertools import islice

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors.venues.simulated import rows
from actors.venues.simulated.admission import (
    FUNDS_LIMIT,
    MARKET_FAILED,
    PARAMETER,
    Refused,
    listing_of,
)
from actors.venues.simulated.connections import Connections
from actors.venues.simulated.doorman import RIGHT_MISSING, Account, Unauthorized
from actors.venues.simulated.events import Deposited
from actors.venues.simulated.faults import OutcomeFault, OutcomeKind, Right
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.history import Order
from actors.venues.simulated.lagging import as_of, open_as_of
from actors.venues.simulated.listing import ASSETS
from actors.venues.simulated.meddling import edge_page
from actors.venues.simulated.pieces import Trickled, Truncated
from actors.venues.simulated.public import (
    body_of,
    caller,
    failure,
    number,
    reply,
    throttled,
    whole,
)

FILLS_MAX = 200  # the newest only; there are no pages (broker-api-docs #189)
ORDERS_PER_PAGE = 100
PAGE_MAX = 10**9  # there is nothing on it
SINCE_DAYS = 30  # of fills and transfers, where no time is asked for
DAY_MS = 86_400_000
NOT_FOUND = Refused("Order not found", 1152)
FUTURE = Refused("startTime cannot be bigger than current unix timestamp.", 1038)
REFUSALS = {
    OutcomeKind.REFUSE_FUNDS: FUNDS_LIMIT,
    OutcomeKind.REFUSE_MARKET: MARKET_FAILED,
    OutcomeKind.REFUSE_WITH_200: FUNDS_LIMIT,
}
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
Asked = Callable[[Account, Request], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Private:
    """Answers what an account may ask of itself."""

    def __init__(self, floor: Floor, connections: Connections) -> None:
        self._floor, self._connections = floor, connections
        self._page_max = floor.settings.policies.orders_page_max

    def routes(self) -> list[Route]:
        users = "/api/v1/users"
        order = "/api/v1/order"
        transfers = self._signed("GET transfers", self.transfers)
        return [
            Route(f"{users}/balances", self._signed("GET balances", self.balances)),
            Route("/api/v1/openorders", self._signed("GET openorders", self.open_orders)),
            Route("/api/v1/allorders", self._signed("GET allorders", self.all_orders)),
            Route(order, self._signed("POST order", self.submit), methods=["POST"]),
            Route(order, self._signed("DELETE order", self.cancel), methods=["DELETE"]),
            Route(order + "/{order_id}", self._signed("GET order", self.order)),
            Route(f"{users}/transactions/trade", self._signed("GET fills", self.fills)),
            Route(users + "/transactions/trade/{trade_id}", self._signed("GET fills", self.fill)),
            Route(users + "/transactions/{kind}", transfers),
        ]

    def _signed(self, endpoint: str, answer: Asked) -> Endpoint:
        needed = Right.READ if endpoint.startswith("GET") else Right.TRADE

        async def signed(request: Request) -> Response:
            now_ms = self._floor.clock.wall_ms()
            found = self._floor.doorman.admit(request.headers, now_ms)
            name = None if isinstance(found, Unauthorized) else found.name
            too_many = self._floor.turnstile.refusal(
                endpoint, caller(request), self._floor.clock.mono_ms(), account=name
            )
            if too_many is not None:
                return throttled(too_many)
            if isinstance(found, Unauthorized):
                return failure(401, found.message, found.code)
            if needed in self._floor.faults.on.missing_rights:
                return failure(401, RIGHT_MISSING.message, RIGHT_MISSING.code)
            self._connections.private(request.client)
            return await answer(found, request)

        return signed

    async def balances(self, account: Account, _request: Request) -> Response:
        now_ms, wallet = self._floor.wallet(account.name)
        return reply(rows.answer([rows.balance(one, wallet, now_ms) for one in ASSETS.values()]))

    async def open_orders(self, account: Account, request: Request) -> Response:
        asked = request.query_params.get("pairSymbol")
        listing = listing_of(asked, self._floor.listed)
        if asked is not None and listing is None:
            return _refused(PARAMETER)
        name = None if listing is None else listing.instrument
        history, seen_ms = self._floor.exchange.history, self._seen_ms()
        found = list(open_as_of(history, account.name, name, seen_ms))
        listed = {
            side: [self._row(one, in_open_orders=True) for one in found if one.accepted.side == way]
            for side, way in (("asks", "sell"), ("bids", "buy"))
        }
        return reply(rows.answer(listed))

    async def all_orders(self, account: Account, request: Request) -> Response:
        listing = listing_of(request.query_params.get("pairSymbol"), self._floor.listed)
        if listing is None:
            return _refused(PARAMETER)
        now_s = self._floor.clock.wall_ms() // 1000
        start_s = whole(request, "startTime", 0)
        if start_s > now_s:
            return _refused(FUTURE)
        limit = min(whole(request, "limit", ORDERS_PER_PAGE), self._page_max)
        skipped = (min(max(1, whole(request, "page", 1)), PAGE_MAX) - 1) * limit
        found = self._floor.exchange.history.newest_orders(
            account.name,
            listing.instrument,
            from_ms=start_s * 1000,
            to_ms=whole(request, "endTime", now_s + 1) * 1000 + 999,
            from_id=whole(request, "orderId", 0),
        )
        seen = (then for one in found if (then := as_of(one, self._seen_ms())) is not None)
        page = islice(seen, skipped, skipped + limit)
        return reply(rows.answer([self._row(one, in_open_orders=False) for one in page]))

    async def order(self, account: Account, request: Request) -> Response:
        order_id = number(request.path_params["order_id"], 0)
        found = self._floor.exchange.history.of(account.name, order_id)
        if found is None:
            return _refused(NOT_FOUND)
        return reply(rows.answer(self._row(found, in_open_orders=False)))

    async def submit(self, account: Account, request: Request) -> Response:
        body = _body(await body_of(request))
        fault = self._floor.faults.next_outcome()
        if fault is not None and fault.kind is OutcomeKind.DROP_BEFORE:
            return self._connections.drop(request.client)
        if fault is not None and fault.kind in REFUSALS:
            no, hidden = REFUSALS[fault.kind], fault.kind is OutcomeKind.REFUSE_WITH_200
            return failure(200 if hidden else 400, no.message, no.code, data=True)
        found = PARAMETER if body is None else self._floor.submit(account, body)
        if isinstance(found, Refused):
            return failure(400, found.message, found.code, data=True)
        listing = self._floor.listed[found.accepted.instrument]
        answer = reply(rows.answer(rows.submitted(found, listing), "SUCCESS"))
        return answer if fault is None else await self._spoiled(answer, fault, request)

    async def _spoiled(self, answer: Response, fault: OutcomeFault, request: Request) -> Response:
        """Return what becomes of the answer to an order that was accepted."""
        match fault.kind:
            case OutcomeKind.DROP_AFTER_ACCEPT:
                return self._connections.drop(request.client)
            case OutcomeKind.HTTP_500_AFTER_ACCEPT:
                return failure(500, "INTERNAL_ERROR", 500)
            case OutcomeKind.HTML_504_AFTER_ACCEPT:
                return edge_page(504)
            case OutcomeKind.TRICKLED_AFTER_ACCEPT:
                return Trickled(answer, fault.delay_ms)
            case OutcomeKind.TRUNCATED_AFTER_ACCEPT:
                return Truncated(answer, request, self._connections)
        await asyncio.sleep(fault.delay_ms / 1000)
        return answer

    async def cancel(self, account: Account, request: Request) -> Response:
        found = self._floor.cancel(account, whole(request, "id", 0))
        if isinstance(found, Refused):
            return _refused(found)
        return reply(rows.encode({"success": True, "message": "SUCCESS", "code": 0}))

    async def fills(self, account: Account, request: Request) -> Response:
        query, history = request.query_params, self._floor.exchange.history
        newest_ms = self._floor.clock.wall_ms() - self._floor.faults.on.hide_fills_ms
        if "orderId" in query:
            found = history.of(account.name, whole(request, "orderId", 0))
            mine = [] if found is None else [(found, one) for one in reversed(found.fills)]
        else:
            listing = listing_of(query.get("pairSymbol"), self._floor.listed)
            if "pairSymbol" in query and listing is None:
                return _refused(PARAMETER)
            to_ms = min(whole(request, "endDate", newest_ms), newest_ms)
            mine = history.newest_fills(  # type: ignore[assignment]
                account.name,
                None if listing is None else listing.instrument,
                from_ms=whole(request, "startDate", to_ms - SINCE_DAYS * DAY_MS),
                to_ms=to_ms,
            )
        sides, assets = query.getlist("type"), [one.upper() for one in query.getlist("symbol")]
        chosen = (
            rows.fill(order, one, self._floor.listed[order.accepted.instrument])
            for order, one in mine
            if one.at_ms <= newest_ms
            and (not sides or order.accepted.side in sides)
            and (not assets or any(a in assets for a in order.accepted.instrument.split("_")))
        )
        return reply(rows.answer(list(islice(chosen, FILLS_MAX)), "SUCCESS"))

    async def fill(self, account: Account, request: Request) -> Response:
        """One fill by its id: an older path that is still in the venue's swagger."""
        history, floor = self._floor.exchange.history, self._floor
        trade_id = number(request.path_params["trade_id"], 0)
        newest_ms = floor.clock.wall_ms() - floor.faults.on.hide_fills_ms
        found = history.newest_fills(account.name, None, from_ms=0, to_ms=newest_ms)
        for order, one in found:
            if one.trade_id == trade_id:
                listing = floor.listed[order.accepted.instrument]
                return reply(rows.answer(rows.fill(order, one, listing), "SUCCESS"))
        return _refused(NOT_FOUND)

    async def transfers(self, account: Account, request: Request) -> Response:
        fiat = {"fiat": True, "crypto": False}.get(request.path_params["kind"])
        query = request.query_params
        kinds, assets = query.getlist("type"), [one.upper() for one in query.getlist("symbol")]
        newest_ms = max(self._floor.clock.wall_ms(), self._floor.exchange.history.changed_ms)
        to_ms = whole(request, "endDate", newest_ms)
        from_ms = whole(request, "startDate", to_ms - SINCE_DAYS * DAY_MS)
        found = (
            one
            for one in reversed(self._floor.exchange.history.transfers)
            if one.account == account.name
            and from_ms <= one.at_ms <= to_ms
            and ASSETS[one.asset].fiat is fiat
            and (not kinds or ("deposit" if isinstance(one, Deposited) else "withdrawal") in kinds)
            and (not assets or one.asset in assets)
        )
        return reply(rows.answer([rows.transfer(one) for one in found], "SUCCESS"))

    def _seen_ms(self) -> int:
        """Return up to when lists of orders are complete."""
        return self._floor.clock.wall_ms() - self._floor.faults.on.hide_orders_ms

    def _row(self, one: Order, *, in_open_orders: bool) -> rows.Row:
        listing = self._floor.listed[one.accepted.instrument]
        return rows.order(one, listing, in_open_orders=in_open_orders)


def _refused(refused: Refused) -> Response:
    return failure(400, refused.message, refused.code)


def _body(raw: bytes | None) -> dict[str, object] | None:
    """Return the JSON object in *raw*, None when it is none."""
    try:
        found = None if raw is None else _DECODER.decode(raw)
    except (ValueError, RecursionError, InvalidOperation):
        return None
    return found if isinstance(found, dict) else None
