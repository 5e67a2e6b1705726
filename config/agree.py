"""What no single room can see: do names and numbers agree from room to room?"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from actors.executor.settings import Settings as ExecutorSettings
from actors.market_data.settings import Settings as MarketDataSettings
from actors.risk_gate.settings import Settings as RiskGateSettings
from actors.strategy.settings import Settings as StrategySettings
from actors.venues.settings import ExchangeSettings, VenueSettings
from config.convert import Reader
from config.layers import Table
from config.tables import DeskTable, Mode
from messages.money import text

ADDRESSES = ("base_url", "graph_url", "ws_url")  # of [venue]
TAKEN_FROM = {  # [executor.budgets] -> what of [venue.budgets] its calls are counted at
    "submit": ("POST /api/v1/order",),
    "cancel": ("DELETE /api/v1/order",),
    "order": ("GET /api/v1/order/{id}",),
    "open_orders": ("GET /api/v1/openOrders",),
    "all_orders": ("GET /api/v1/allOrders",),
    "fills": ("GET /api/v1/users/transactions/trade",),
    "balances": ("GET /api/v1/users/balances",),
    "transfers": (
        "GET /api/v1/users/transactions/fiat",
        "GET /api/v1/users/transactions/crypto",
    ),
    "server_time": ("GET /api/v2/server/time",),
}
BOOKS_FROM = "GET /api/v2/orderbook"  # of [market_data] rest_per_min_max
HERE = ("127.0.0.1", "::1", "localhost")  # nobody on the way reads or changes what goes here


def check(reader: Reader, rooms: Mapping[str, Struct], mode: Mode | None, table: Table) -> None:
    """Note what does not agree. *rooms* holds what could be read, *table* all that was written."""
    desk, exchange, strategy = rooms.get("desk"), rooms.get("exchange"), rooms.get("strategy")
    gate = rooms.get("risk_gate")
    if isinstance(desk, DeskTable):
        _once(reader, desk.instruments, "desk.instruments")
        if isinstance(strategy, StrategySettings):
            _runs(reader, strategy, desk.instruments)
        if isinstance(gate, RiskGateSettings):
            _named(reader, gate.instrument, desk.instruments, "risk_gate.instrument")
    if isinstance(gate, RiskGateSettings) and isinstance(strategy, StrategySettings):
        names = tuple(run.name for run in strategy.run)
        _named(reader, gate.strategy, names, "risk_gate.strategy")
    if isinstance(exchange, ExchangeSettings):
        _market(reader, exchange)
        if isinstance(desk, DeskTable):
            _listed(reader, desk.instruments, exchange.instruments, "desk.instruments")
        if mode == "sim" and exchange.mirror is not None:
            expected = "none: only paper follows a public feed; use --config config/paper.toml"
            reader.note("exchange.mirror", found="a table", expected=expected)
    if mode != "sim":  # proofs and measurements switch the double's limits off, and go beyond them
        _paces(reader, rooms)
    if mode != "live":
        _market_file(reader, table.get("exchange"), mode)
        return
    if "exchange" in table:
        reader.note("exchange", found="a table", expected="none: live has no simulated exchange")
    if isinstance(venue := rooms.get("venue"), VenueSettings):
        _addresses(reader, venue)


def _runs(reader: Reader, strategy: StrategySettings, instruments: tuple[str, ...]) -> None:
    if not strategy.enabled:
        reader.note("strategy.run", found="none that is enabled", expected="at least one")
    for n, run in enumerate(strategy.run):
        key = f"strategy.run[{n}].instruments"
        _listed(reader, run.instruments, instruments, key)
        _once(reader, run.instruments, key)


def _named(
    reader: Reader, limits: Mapping[str, Struct], names: tuple[str, ...], under: str
) -> None:
    """A limit for a name that does not exist would limit nothing."""
    for name in limits:
        if name not in names:
            expected = f"one of {', '.join(names)}"
            reader.note(f"{under}.{name}", found="a limit for nothing", expected=expected)


def _market(reader: Reader, exchange: ExchangeSettings) -> None:
    for name in ("speed", "rate"):
        value = getattr(exchange, name)
        if value <= 0:
            reader.note(f"exchange.{name}", found=text(value), expected="an amount above 0")
    if exchange.market is not None:
        _listed(reader, (exchange.instrument,), exchange.instruments, "exchange.instrument")


def _addresses(reader: Reader, venue: VenueSettings) -> None:
    """Real orders go to the venue's own address, or to one that was asked for in so many words."""
    usual = VenueSettings()
    for name in ADDRESSES:
        told, own = getattr(venue, name), getattr(usual, name)
        scheme, host = _scheme_and_host(told)
        secure = own.partition(":")[0]
        if scheme != secure and not (scheme == secure[:-1] and host in HERE):
            expected = f"{secure}://…; {secure[:-1]}:// to this host alone"
            reader.note(f"venue.{name}", found=told, expected=expected)
        elif told != own and not venue.other_address:
            expected = f"{own}, or venue.other_address = true to trade elsewhere"
            reader.note(f"venue.{name}", found=told, expected=expected)


def _paces(reader: Reader, rooms: Mapping[str, Struct]) -> None:
    """What is asked of the venue in any of its windows is no more than it takes there."""
    venue, executor, market_data = (
        rooms.get(name) for name in ("venue", "executor", "market_data")
    )
    if not isinstance(venue, VenueSettings):
        return
    if isinstance(executor, ExecutorSettings):
        for name, endpoints in TAKEN_FROM.items():
            own = getattr(executor.budgets, name)
            key = f"executor.budgets.{name}"
            for endpoint in endpoints:
                _pace(reader, venue, endpoint, key=key, burst=own.burst, per_min=own.per_min)
    if isinstance(market_data, MarketDataSettings):
        key, per_min = "market_data.rest_per_min_max", market_data.rest_per_min_max
        _pace(reader, venue, BOOKS_FROM, key=key, burst=0, per_min=per_min)


def _pace(
    reader: Reader, venue: VenueSettings, endpoint: str, *, key: str, burst: int, per_min: int
) -> None:
    """A bucket that is full gives *burst* at once, and *per_min* while it is filled again."""
    takes = venue.budgets.get(endpoint)
    if takes is None or burst * 60 + per_min * takes.period_s <= takes.calls * 60:
        return
    found = f"{burst} at once and {per_min} a minute"
    expected = f'at most {takes.calls} in {takes.period_s} s: [venue.budgets] "{endpoint}"'
    reader.note(key, found=found, expected=expected)


def _scheme_and_host(url: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(url)
    except ValueError:  # of an address in brackets that is none
        return "", None
    return parts.scheme, parts.hostname


def _market_file(reader: Reader, exchange: object, mode: Mode | None) -> None:
    """Note a market file that is not there, whatever else is wrong with the exchange."""
    market = exchange.get("market") if isinstance(exchange, dict) else None
    if not isinstance(market, str):
        return
    if mode == "paper":
        expected = "nothing: paper follows the venue's own market"
        reader.note("exchange.market", found=market, expected=expected)
    elif not Path(market).is_file():
        expected = "a file of recorded market data"
        reader.note("exchange.market", found=f"no file {market}", expected=expected)


def _listed(reader: Reader, names: tuple[str, ...], listed: tuple[str, ...], key: str) -> None:
    for name in names:
        if name not in listed:
            reader.note(key, found=name, expected=f"one of {', '.join(listed)}")


def _once(reader: Reader, names: tuple[str, ...], key: str) -> None:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            found = f"{name} {names.count(name)} times"
            reader.note(key, found=found, expected="each name once")
