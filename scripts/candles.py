"""`btcbot candles`: the venue's minutes of one instrument as a file that a desk can play."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from actors.runtime.atomic import atomic_write
from actors.runtime.clock import SystemClock
from actors.venues.btcturk.rest import BtcturkPublic
from actors.venues.btcturk.symbols import close_names
from actors.venues.port import Candle, VenueRefused, VenueUnavailable, VenueUnreadable
from actors.venues.settings import VenueSettings
from actors.venues.simulated.recording import BAR_HEADER
from messages.money import text
from scripts import shown
from scripts.desk import Ended, Told

HOUR_MS = 3_600_000
HOURS_MAX = 24 * 31
PRICES = 4

Instrument = Annotated[str, typer.Argument(help="As the venue lists it: BTC_TRY.")]
File = Annotated[Path, typer.Argument(help="Where to, gzip if it ends in .gz.", metavar="FILE")]
Hours = Annotated[int, typer.Option("--hours", min=1, max=HOURS_MAX, help="Up to now.")]
At = Annotated[str, typer.Option("--at", help="Another address: a simulated exchange.")]


def candles(instrument: Instrument, file: File, hours: Hours = 24, at: At = "") -> None:
    """Write the last hours of a market for: python supervisor.py --market FILE --speed N."""
    settings = VenueSettings()
    if at:
        settings = replace(settings, base_url=at, graph_url=at)
    client = BtcturkPublic(settings, SystemClock())
    try:
        known = [one.instrument for one in client.instruments()]
        if instrument not in known:
            near = ", ".join(close_names(instrument, known)) or f"one of {len(known)} others"
            raise Told(Ended.USAGE, f"the venue lists no {instrument!r}; {near}?")
        now_ms = client.server_time_ms()
        found = client.candles(instrument, since_ms=now_ms - hours * HOUR_MS, until_ms=now_ms)
    except (VenueUnavailable, VenueUnreadable, VenueRefused) as why:
        raise Told(Ended.UNREACHABLE, f"{settings.graph_url} gave no candles: {why}") from why
    finally:
        client.close()
    if not found:
        raise Told(Ended.NO, f"no minute of {instrument} with a trade in the last {hours} h")
    plain = "".join(f"{','.join(row)}\n" for row in (BAR_HEADER, *map(_row, found))).encode()
    try:
        atomic_write(file, gzip.compress(plain) if file.suffix == ".gz" else plain, mode=0o644)
    except OSError as why:
        raise Told(Ended.NO, f"{file} cannot be written: {why.strerror}") from why
    shown.say(f"{file}: {len(found):,} minutes of {instrument}")


def _row(one: Candle) -> tuple[str, ...]:
    """Return the cells of one bar; the venue tells no quote volume, so it is at the mean price."""
    prices = (one.open, one.high, one.low, one.close)
    volume = one.quantity * (sum(prices, Decimal(0)) / PRICES)
    return (str(one.open_ms), *map(text, prices), text(volume))
