"""With which numbers does the desk run? One file, what it extends, the venue's file and options.

Each room has a struct of settings, filled here and handed to it; no room sees a file. All faults
are told together, before anything is opened. What several rooms must agree on is checked here too.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from actors.allocator.settings import Settings as AllocatorSettings
from actors.executor.settings import Settings as ExecutorSettings
from actors.market_data.settings import Settings as MarketDataSettings
from actors.persistence.settings import Settings as PersistenceSettings
from actors.risk_gate.settings import Settings as RiskGateSettings
from actors.runtime.settings import DeskSettings, RuntimeSettings, SupervisionSettings
from actors.strategy.settings import Settings as StrategySettings
from actors.venues.settings import ExchangeSettings, VenueSettings
from config import agree, layers, secrets
from config.convert import Reader, shown
from config.faults import NOTHING, ConfigError
from config.layers import SHIPPED, Layers
from config.tables import DeskTable, FeesTable, Mode
from messages.money import text

DEFAULT = SHIPPED / "sim.toml"
HASH_BYTES = 8


class Desk(Struct, frozen=True, kw_only=True):
    """Everything that is configured: one value of settings per room.

    *hash* is the same wherever the numbers are: 16 hexadecimal digits of all values below it.
    *exchange* is None in `live`, where there is no simulated one.
    """

    hash: str = ""
    desk: DeskSettings
    supervision: SupervisionSettings
    runtime: RuntimeSettings
    market_data: MarketDataSettings
    strategy: StrategySettings
    allocator: AllocatorSettings
    risk_gate: RiskGateSettings
    executor: ExecutorSettings
    persistence: PersistenceSettings
    venue: VenueSettings
    exchange: ExchangeSettings | None


class Overrides(Struct, frozen=True, kw_only=True):
    """What the command line says over the file, each as it was typed; None: nothing."""

    market: str | None = None
    speed: str | None = None
    seed: int | None = None
    public_url: str | None = None


SECTIONS: dict[str, type[Struct]] = {
    "desk": DeskTable,
    "supervision": SupervisionSettings,
    "runtime": RuntimeSettings,
    "market_data": MarketDataSettings,
    "strategy": StrategySettings,
    "allocator": AllocatorSettings,
    "risk_gate": RiskGateSettings,
    "executor": ExecutorSettings,
    "persistence": PersistenceSettings,
    "venue": VenueSettings,
    "exchange": ExchangeSettings,
}
TOP = ("extends", "mode", "fees")  # and the sections
# In live nothing here has a default: a limit nobody wrote down is a limit nobody thought of.
WRITTEN_IN_LIVE = (
    *(f"risk_gate.{name}" for name in RiskGateSettings.__struct_fields__ if name != "fees"),
    "executor.limits",
    "executor.on_absent",
    "desk",
)
DERIVED = {
    "executor.adopt": "desk.adopt_holdings says it",
    "executor.not_armed": "the environment says it",
}
PAY_FEES = {
    "allocator": ("taker_bps", "vat_ratio"),
    "risk_gate": ("taker_bps", "vat_ratio"),
    "executor": ("taker_bps", "vat_ratio"),
    "exchange": ("maker_bps", "taker_bps", "vat_ratio"),
}


def load(
    path: Path = DEFAULT,
    *,
    overrides: Overrides | None = None,
    environ: Mapping[str, str] | None = None,
) -> Desk:
    """Return what *path* says with *overrides* over it. Raises ConfigError with every fault.

    *environ* is asked for the arming of `live` alone; without it nothing is armed.
    """
    read = layers.read(path)
    _lay_options(read, overrides or Overrides())
    reader = Reader(read, explicit=WRITTEN_IN_LIVE if read.table.get("mode") == "live" else ())
    _lay_venue(read, reader, path)
    mode = _mode(read, reader)
    _lay_mirror(read, mode)
    _only_known(read, reader)
    _share_fees(read, reader, mode)
    rooms = _rooms(read, reader, mode)
    agree.check(reader, rooms, mode, read.table)
    if reader.faults:
        raise ConfigError(reader.faults)
    desk = _desk(rooms, mode, environ or {})
    return replace(desk, hash=_hash(desk))


def _lay_venue(read: Layers, reader: Reader, path: Path) -> None:
    """Put the file of the venue named by `[venue] kind` below what [venue] says itself."""
    venue = read.table.setdefault("venue", {})
    if not isinstance(venue, dict):
        return  # found when it is read
    files = {file.stem: file for folder in (SHIPPED, path.parent) for file in _venues(folder)}
    kind = venue.pop("kind", None)
    if not isinstance(kind, str) or kind not in files:
        found = NOTHING if kind is None else shown(kind)
        reader.note("venue.kind", found=found, expected=f"one of {', '.join(sorted(files))}")
        return
    told = layers.parse(files[kind])
    read.fill(told, said_by=str(layers.shown(files[kind])), under="venue")


def _venues(folder: Path) -> list[Path]:
    return sorted((folder / "venues").glob("*.toml"))


def _lay_options(read: Layers, overrides: Overrides) -> None:
    for option in ("market", "speed", "seed"):
        value = getattr(overrides, option)
        if value is not None:
            read.lay({option: value}, said_by=f"--{option}", under="exchange")
    if overrides.public_url is not None:
        told = {"ws_url": _as_stream(overrides.public_url)}
        read.lay(told, said_by="--public-url", under="exchange.mirror")


def _as_stream(url: str) -> str:
    """Return the WebSocket of an exchange that serves it beside its REST; ws:// stays as it is."""
    return f"ws{url[4:]}" if url.startswith(("http://", "https://")) else url


def _lay_mirror(read: Layers, mode: Mode | None) -> None:
    """Paper follows the public feed of its venue, unless another one is named."""
    venue = read.table.get("venue")
    if mode == "paper" and isinstance(venue, dict) and "ws_url" in venue:
        told = {"ws_url": venue["ws_url"]}
        read.fill(told, said_by=read.said_by("venue.ws_url"), under="exchange.mirror")


def _mode(read: Layers, reader: Reader) -> Mode | None:
    if "mode" not in read.table:
        reader.note("mode", found=NOTHING, expected="one of sim, paper, live")
        return None
    mode = reader.value(read.table["mode"], Mode, "mode")
    return mode if mode in ("sim", "paper", "live") else None


def _only_known(read: Layers, reader: Reader) -> None:
    names = [*TOP, *SECTIONS]
    for name in read.table:
        if name not in names:
            reader.unknown(name, names, "")
    shared = {f"{room}.fees": "[fees] says it for all" for room in PAY_FEES}
    for key, why in (DERIVED | shared).items():
        room, name = key.split(".")
        below = read.table.get(room)
        if isinstance(below, dict) and name in below:
            reader.note(key, found="a value", expected=f"none: {why}")
            del below[name]


def _share_fees(read: Layers, reader: Reader, mode: Mode | None) -> None:
    """Hand [fees] to every room that reckons with them; at a fault they keep their defaults."""
    raw = read.table.get("fees", {})
    fees = reader.struct(raw, FeesTable, "fees")
    if not isinstance(fees, FeesTable):
        return
    for room, names in PAY_FEES.items():
        if mode != "live" or room != "exchange":
            told = {name: raw[name] for name in names}
            read.fill(told, said_by=read.said_by("fees"), under=f"{room}.fees")


def _rooms(read: Layers, reader: Reader, mode: Mode | None) -> dict[str, Struct]:
    """Return the settings that could be read, by section."""
    rooms: dict[str, Struct] = {}
    for section, kind in SECTIONS.items():
        if section == "exchange" and mode == "live":
            continue
        value = reader.struct(read.table.get(section, {}), kind, section)
        if isinstance(value, Struct):
            rooms[section] = value
    return rooms


def _desk(rooms: dict[str, Any], mode: Mode | None, environ: Mapping[str, str]) -> Desk:
    table: DeskTable = rooms.pop("desk")
    mode = mode or "sim"
    runs = rooms["strategy"].enabled
    # The first in the file that lists an instrument owns what was held of it. decision-rules 6
    adopt = {name: run.name for run in reversed(runs) for name in run.instruments}
    executor = replace(
        rooms.pop("executor"),
        not_armed=secrets.shut_gate(environ, mode=mode),
        adopt={name: adopt[name] for name in sorted(adopt)} if table.adopt_holdings else {},
    )
    desk = DeskSettings(
        mode=mode,
        prefix=table.prefix,
        instruments=table.instruments,
        strategies=tuple(run.name for run in runs),
    )
    return Desk(desk=desk, executor=executor, **{"exchange": None, **rooms})


def _hash(desk: Desk) -> str:
    """Return the hash of every value but the arming, which is the environment's."""
    told = replace(desk, executor=replace(desk.executor, not_armed=None))
    plain = msgspec.to_builtins(told, builtin_types=(Decimal,), enc_hook=_plain)
    said = json.dumps(plain, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.blake2b(said.encode(), digest_size=HASH_BYTES).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return text(value)
    raise TypeError(f"no plain form of {type(value).__name__}")
