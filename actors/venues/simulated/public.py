"""The endpoints that need no key, and those of the candle host: the same paths, any case."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actors.venues.simulated import rows
from actors.venues.simulated.admission import PARAMETER, listing_of
from actors.venues.simulated.doorman import TooMany
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.listing import Listing
from actors.venues.simulated.tape import DAY_S, MINUTE_S, RESOLUTIONS_S

JSON = "application/json; charset=utf-8"
LEVELS_MAX = 100  # more is not given, whatever is asked (broker-api-docs #567)
PRINTS_MAX = 50
BARS_MAX = 2_000
DAYS_MAX = 1_000
DIGITS_MAX = 19  # of a whole number; the ids of fills have that many
BODY_MAX = 100_000  # bytes of a request's body or of a frame; an order has some hundred
Handler = Callable[[Request], Awaitable[Response]]


def reply(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return *body* as the venue sends it."""
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def failure(status: int, message: str, code: int, *, data: bool = False) -> Response:
    """Return a failure; *data*: with the empty field that order endpoints add."""
    body: rows.Row = {"data": None} if data else {}
    return reply(rows.encode(body | {"success": False, "message": message, "code": code}), status)


def throttled(too_many: TooMany) -> Response:
    """Return the 429 of a limit, with the seconds to wait in its header."""
    limit, wait = too_many.limit, too_many.retry_after_s
    period = (
        f"{limit.period_s // MINUTE_S}m" if limit.period_s >= MINUTE_S else f"{limit.period_s}s"
    )
    details = f"Quota exceeded. Maximum allowed: {limit.calls} per {period}."
    if too_many.by_account:
        details += f" Please try again in {wait} second(s)."
    body = {
        "message": "TOO_MANY_REQUESTS",
        "success": False,
        "code": 429,
        "details": details,
        "limit": str(limit.calls),
        "period": period,
        "policy": "account" if too_many.by_account else "ip",
    }
    return reply(rows.encode(body), 429, {"Retry-After": str(wait)})


def caller(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client is not None else ""


class Public:
    """Answers what anybody may ask."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def routes(self) -> list[Route]:
        return [
            Route("/api/v2/server/time", self.time),
            Route("/api/v2/server/ping", self.ping),
            Route("/api/v2/server/exchangeinfo", self.exchange_info),
            Route("/api/v2/ticker", self._counted("GET ticker", self.ticker)),
            Route("/api/v2/ticker/currency", self._counted("GET ticker", self.ticker_currency)),
            Route("/api/v2/orderbook", self._counted("GET orderbook", self.order_book)),
            Route("/api/v2/trades", self.trades),
            Route("/api/v1/trades", self._counted("GET trades", self.trades)),
            Route("/api/v2/ohlc", self.ohlc_old),
            Route("/v1/ohlcs", self._counted("GET ohlcs", self.ohlcs)),
            Route("/v1/klines/history", self._counted("GET klines", self.klines)),
        ]

    def _counted(self, endpoint: str, handler: Handler) -> Handler:
        async def counted(request: Request) -> Response:
            now_ms = self._floor.clock.mono_ms()
            too_many = self._floor.turnstile.refusal(endpoint, caller(request), now_ms)
            return throttled(too_many) if too_many else await handler(request)

        return counted

    async def time(self, _request: Request) -> Response:
        return reply(rows.encode(rows.server_time(self._floor.clock.wall_ms())))

    async def ping(self, _request: Request) -> Response:
        return reply(rows.encode({"pong": True}))

    async def exchange_info(self, _request: Request) -> Response:
        floor = self._floor
        now_ms = floor.clock.wall_ms()
        listed, halted = floor.listed.values(), floor.faults.on.halted
        return reply(rows.answer(rows.exchange_info(listed, floor.exchange.market, now_ms, halted)))

    async def ticker(self, request: Request) -> Response:
        asked = request.query_params.get("pairSymbol")
        if asked is None:
            return self._tickers(list(self._floor.listed.values()))
        listing = listing_of(asked, self._floor.listed)
        return _no_such_pair() if listing is None else self._tickers([listing])

    async def ticker_currency(self, request: Request) -> Response:
        asked = request.query_params.get("symbol", "").upper()
        listed = self._floor.listed.values()
        return self._tickers([one for one in listed if asked in (one.base, one.quote)])

    def _tickers(self, listings: list[Listing]) -> Response:
        now_ms = self._floor.clock.wall_ms()
        return reply(rows.answer([self._floor.day(one).row(now_ms) for one in listings]))

    async def order_book(self, request: Request) -> Response:
        listing = listing_of(request.query_params.get("pairSymbol"), self._floor.listed)
        if listing is None:
            return _no_such_pair()
        if not self._floor.quoted(listing.instrument):
            return failure(503, "NO_MARKET", 503)
        levels = min(whole(request, "limit", LEVELS_MAX), LEVELS_MAX)
        book = self._floor.exchange.books[listing.instrument]
        now_ms = self._floor.clock.wall_ms()
        return reply(rows.answer(rows.order_book(listing, book, levels, now_ms)))

    async def trades(self, request: Request) -> Response:
        listing = listing_of(request.query_params.get("pairSymbol"), self._floor.listed)
        if listing is None:
            return _no_such_pair()
        last = min(whole(request, "last", PRINTS_MAX), PRINTS_MAX)
        prints = self._floor.tapes[listing.instrument].prints
        return reply(rows.answer([rows.trade(one) for one in list(prints)[:last]]))

    async def klines(self, request: Request) -> Response:
        listing = listing_of(request.query_params.get("symbol"), self._floor.listed)
        every_s = RESOLUTIONS_S.get(request.query_params.get("resolution", "").upper())
        if listing is None or every_s is None:
            return reply(rows.encode({"s": "error", "errmsg": "unknown symbol or resolution"}), 400)
        bars = self._floor.tapes[listing.instrument].bars(
            from_s=whole(request, "from", 0), to_s=self._until(request), every_s=every_s
        )
        gap = self._floor.faults.on.kline_gap_every
        bars = [bar for bar in bars if not gap or (bar.open_s // every_s) % gap]
        return reply(rows.encode(rows.klines(listing, bars[-BARS_MAX:])))

    async def ohlcs(self, request: Request) -> Response:
        listing = listing_of(request.query_params.get("pair"), self._floor.listed)
        if listing is None:
            return reply(rows.encode({"message": "unknown pair"}), 400)
        bars = self._floor.tapes[listing.instrument].bars(
            from_s=whole(request, "from", 0), to_s=self._until(request), every_s=DAY_S
        )
        return reply(rows.encode([rows.ohlc(listing, bar) for bar in bars]))

    async def ohlc_old(self, request: Request) -> Response:
        """Days as the older endpoint gives them: in the envelope, text, times in ms."""
        listing = listing_of(request.query_params.get("pairSymbol"), self._floor.listed)
        if listing is None:
            return _no_such_pair()
        last = min(whole(request, "last", DAYS_MAX), DAYS_MAX)
        tape = self._floor.tapes[listing.instrument]
        bars = tape.bars(from_s=0, to_s=self._until(request), every_s=DAY_S)
        found = bars[-last:] if last else []
        return reply(rows.answer([rows.ohlc_old(listing, bar) for bar in found]))

    def _until(self, request: Request) -> int:
        return whole(request, "to", self._floor.clock.wall_ms() // 1000)


def whole(request: Request, name: str, default: int) -> int:
    """Return a whole number from the query, *default* when it is missing or none."""
    return number(request.query_params.get(name, ""), default)


def number(said: str, default: int) -> int:
    """Return the whole number that *said* is, *default* when it is none, or of too many digits."""
    readable = said.isascii() and said.isdigit() and len(said) <= DIGITS_MAX
    return int(said) if readable else default


async def body_of(request: Request) -> bytes | None:
    """Return the body of a request, None when it is longer than any that is of use here."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > BODY_MAX:
            return None
    return found


def _no_such_pair() -> Response:
    return failure(400, PARAMETER.message, PARAMETER.code, data=True)
