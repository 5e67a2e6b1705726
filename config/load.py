"""With which numbers does the desk run? One file, what it extends, the venue's file and options.

Each room has a struct of settings, filled here and handed to it; no room sees a file. All faults
are told together, before anything is opened. What several rooms must agree on is checked here too.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from actors.executor.settings import Settings as ExecutorSettings
from actors.runtime.settings import DeskSettings, RuntimeSettings, SupervisionSettings
from actors.venues.settings import ExchangeSettings, VenueSettings
from config import layers, secrets
from config.convert import Reader
from config.faults import NOTHING, ConfigError
from config.layers import SHIPPED, Layers
from messages.money import text

DEFAULT = SHIPPED / "sim.toml"
HASH_BYTES = 8

Mode = Literal["sim", "paper", "live"]
Name = Annotated[str, Meta(pattern="^[A-Z0-9]{2,12}_[A-Z0-9]{2,12}$")]


class DeskTable(Struct, frozen=True, kw_only=True):
    """[desk]: what is traded, under which prefix, and whose is what was in the account before."""

    prefix: Annotated[str, Meta(pattern="^[a-z0-9]{1,8}$")]  # of our order ids, one per desk
    instruments: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=50)]
    adopt_holdings: bool = True  # by the first strategy that lists the instrument


class Desk(Struct, frozen=True, kw_only=True):
    """Everything that is configured: one value of settings per room.

    *hash* is the same wherever the numbers are: 16 hexadecimal digits of all values below it.
    *exchange* is None in `live`, where there is no simulated one.
    """

    hash: str = ""
    desk: DeskSettings
    supervision: SupervisionSettings
    runtime: RuntimeSettings
    executor: ExecutorSettings
    venue: VenueSettings
    exchange: ExchangeSettings | None


class Overrides(Struct, frozen=True, kw_only=True):
    """What the command line says over the file, each as it was typed; None: nothing."""

    market: str | None = None
    speed: str | None = None
    seed: int | None = None


SECTIONS: dict[str, type[Struct]] = {
    "desk": DeskTable,
    "supervision": SupervisionSettings,
    "runtime": RuntimeSettings,
    "executor": ExecutorSettings,
    "venue": VenueSettings,
    "exchange": ExchangeSettings,
}
# In live nothing here has a default: a limit nobody wrote down is a limit nobody thought of.
WRITTEN_IN_LIVE = ("executor.limits", "executor.dry_run", "executor.on_absent", "risk_gate", "desk")
DERIVED = {"executor": ("adopt", "not_armed")}  # set here, never in a file


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
    _lay_venue(read, path)
    _lay_options(read, overrides or Overrides())
    reader = Reader(read, explicit=WRITTEN_IN_LIVE if read.table.get("mode") == "live" else ())
    mode = _mode(read, reader)
    rooms = _rooms(read, reader, mode)
    _check(reader, read, rooms, mode)
    if reader.faults:
        raise ConfigError(reader.faults)
    desk = _desk(rooms, mode, environ or {})
    return replace(desk, hash=_hash(desk))


def _lay_venue(read: Layers, path: Path) -> None:
    """Put the file of the venue named by `[venue] kind` below what [venue] says itself."""
    venue = read.table.get("venue")
    kind = venue.pop("kind", None) if isinstance(venue, dict) else None
    if not isinstance(kind, str):
        return
    file = layers.beside(path, f"venues/{kind}.toml")
    read.fill(layers.parse(file), said_by=str(layers.shown(file)), under="venue")


def _lay_options(read: Layers, overrides: Overrides) -> None:
    for option in ("market", "speed", "seed"):
        value = getattr(overrides, option)
        if value is not None:
            read.lay({option: value}, said_by=f"--{option}", under="exchange")


def _mode(read: Layers, reader: Reader) -> Mode | None:
    if "mode" not in read.table:
        reader.note("mode", found=NOTHING, expected="one of sim, paper, live")
        return None
    mode = reader.value(read.table["mode"], Mode, "mode")
    return mode if mode in ("sim", "paper", "live") else None


def _rooms(read: Layers, reader: Reader, mode: Mode | None) -> dict[str, Any]:
    """Return the settings that could be read, by section."""
    for name in read.table:
        if name not in SECTIONS and name != "mode":
            reader.unknown(name, ["mode", "extends", *SECTIONS], "")
    for section, names in DERIVED.items():
        for name in names:
            if name in (read.table.get(section) or {}):
                reader.note(f"{section}.{name}", found="a value", expected="none: it is derived")
    rooms: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        if section == "exchange" and mode == "live":
            continue
        rooms[section] = reader.struct(read.table.get(section, {}), kind, section)
    return {section: value for section, value in rooms.items() if isinstance(value, Struct)}


def _check(reader: Reader, read: Layers, rooms: dict[str, Any], mode: Mode | None) -> None:
    """Note what no single room can see: names that must agree between rooms."""
    desk, exchange = rooms.get("desk"), rooms.get("exchange")
    if isinstance(desk, DeskTable):
        _check_twice(reader, desk.instruments, "desk.instruments")
    if isinstance(exchange, ExchangeSettings):
        _check_exchange(reader, exchange, mode)
        if isinstance(desk, DeskTable):
            _check_listed(reader, desk.instruments, exchange.instruments, "desk.instruments")
    if mode == "live" and "exchange" in read.table:
        reader.note("exchange", found="a table", expected="none: live has no simulated exchange")


def _check_exchange(reader: Reader, exchange: ExchangeSettings, mode: Mode | None) -> None:
    for name in ("speed", "rate"):
        if getattr(exchange, name) <= 0:
            found = text(getattr(exchange, name))
            reader.note(f"exchange.{name}", found=found, expected="an amount above 0")
    if exchange.market is None:
        return
    if mode == "paper":
        expected = "nothing: paper follows the venue's own market"
        reader.note("exchange.market", found=exchange.market, expected=expected)
    elif not Path(exchange.market).is_file():
        expected = "a file of recorded market data"
        reader.note("exchange.market", found=f"no file {exchange.market}", expected=expected)
    listed = exchange.instruments
    _check_listed(reader, (exchange.instrument,), listed, "exchange.instrument")


def _check_listed(
    reader: Reader, names: tuple[str, ...], listed: tuple[str, ...], key: str
) -> None:
    for name in names:
        if name not in listed:
            reader.note(key, found=name, expected=f"one of {', '.join(listed)}")


def _check_twice(reader: Reader, names: tuple[str, ...], key: str) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.note(key, found=f"{name} {names.count(name)} times", expected="each name once")


def _desk(rooms: dict[str, Any], mode: Mode | None, environ: Mapping[str, str]) -> Desk:
    table: DeskTable = rooms.pop("desk")
    mode = mode or "sim"
    executor = replace(
        rooms.pop("executor"),
        not_armed=secrets.shut_gate(environ, mode=mode),
        adopt={},
    )
    desk = DeskSettings(
        mode=mode, prefix=table.prefix, instruments=table.instruments, strategies=()
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
