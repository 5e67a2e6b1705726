"""What no single room can see: do names and numbers agree from room to room?"""

from collections.abc import Mapping, Set
from pathlib import Path

from msgspec import Struct

from actors.venues.settings import ExchangeSettings
from config.convert import Reader
from config.tables import DeskTable, Mode
from messages.money import text


def check(
    reader: Reader, rooms: Mapping[str, Struct], mode: Mode | None, written: Set[str]
) -> None:
    """Note what does not agree. *rooms* holds what could be read, *written* all in the file."""
    desk, exchange = rooms.get("desk"), rooms.get("exchange")
    if isinstance(desk, DeskTable):
        _once(reader, desk.instruments, "desk.instruments")
    if isinstance(exchange, ExchangeSettings):
        _market(reader, exchange, mode)
        if isinstance(desk, DeskTable):
            _listed(reader, desk.instruments, exchange.instruments, "desk.instruments")
    if mode == "live" and "exchange" in written:
        reader.note("exchange", found="a table", expected="none: live has no simulated exchange")


def _market(reader: Reader, exchange: ExchangeSettings, mode: Mode | None) -> None:
    for name in ("speed", "rate"):
        value = getattr(exchange, name)
        if value <= 0:
            reader.note(f"exchange.{name}", found=text(value), expected="an amount above 0")
    if exchange.market is None:
        return
    if mode == "paper":
        expected = "nothing: paper follows the venue's own market"
        reader.note("exchange.market", found=exchange.market, expected=expected)
    elif not Path(exchange.market).is_file():
        expected = "a file of recorded market data"
        reader.note("exchange.market", found=f"no file {exchange.market}", expected=expected)
    _listed(reader, (exchange.instrument,), exchange.instruments, "exchange.instrument")


def _listed(reader: Reader, names: tuple[str, ...], listed: tuple[str, ...], key: str) -> None:
    for name in names:
        if name not in listed:
            reader.note(key, found=name, expected=f"one of {', '.join(listed)}")


def _once(reader: Reader, names: tuple[str, ...], key: str) -> None:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            found = f"{name} {names.count(name)} times"
            reader.note(key, found=found, expected="each name once")
