"""What doctor asks of the venue: its clock, the rules of what is traded, its word on the key."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from random import Random

from msgspec.structs import replace

from actors.executor.identity import ApiKey, signing
from actors.executor.venue_calls import NOBODYS_ORDER
from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.endpoints import EndpointsUnusable
from actors.venues.btcturk.rest import BtcturkPrivate, BtcturkPublic
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import (
    Connected,
    Disconnected,
    RejectKind,
    StreamEvent,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from actors.venues.settings import VenueSettings
from config.load import Desk
from messages.instrument import Instrument
from scripts import checks
from scripts.checks import Row, State, passed
from scripts.desk import runs

INCREMENTS = ("tick_size", "scale")
UNANSWERED = (VenueUnavailable, VenueUnreadable, VenueRefused)
REACH = "check the network, DNS and TLS of this machine; the venue may be in maintenance"
ACTORS = "see logs/; the page ACTORS of docs/operations.md"


def ask(run_dir: Path, desk: Desk, account: ApiKey | None) -> Iterator[Row]:
    """Judge the venue of *desk*, and in `live` the key of *account*.

    A simulated one is there only while the desk runs, at the address the desk wrote down.
    """
    settings = desk.venue
    if desk.exchange is not None:
        if not runs(run_dir):
            yield passed("venue", "the simulated exchange runs with the desk")
            return
        try:
            settings = replace(settings, base_url=endpoints.read(run_dir).venue["base_url"])
        except (EndpointsUnusable, KeyError) as why:
            yield Row("venue", State.FAIL, f"no address: {why}", ACTORS)
            return
    row, offset_ms = _clock(settings, desk.executor.clock_off_max_ms)
    yield row
    if offset_ms is None:
        return
    yield from _rules(settings, desk.desk.instruments)
    if desk.exchange is None and account is not None:
        yield from _key(settings, account, desk, offset_ms)


def _clock(settings: VenueSettings, most_ms: int) -> tuple[Row, int | None]:
    clock = SystemClock()
    client = BtcturkPublic(settings, clock)
    try:
        asked_ms = clock.wall_ms()
        server_ms = client.server_time_ms()
        heard_ms = clock.wall_ms()
    except UNANSWERED as why:
        found = f"{settings.base_url} does not answer: {why}"
        return Row("venue", State.FAIL, found, REACH), None
    finally:
        client.close()
    error_ms, offset_ms = (heard_ms - asked_ms + 1) // 2, server_ms - (asked_ms + heard_ms) // 2
    return checks.offset(offset_ms, error_ms, most_ms=most_ms), offset_ms


def _rules(settings: VenueSettings, instruments: tuple[str, ...]) -> Iterator[Row]:
    tables: list[dict[str, Instrument]] = []
    for increment in INCREMENTS:
        client = BtcturkPublic(replace(settings, price_increment=increment), SystemClock())
        try:
            tables.append({one.instrument: one for one in client.instruments()})
        except UNANSWERED as why:
            yield Row("rules", State.FAIL, f"the venue does not tell them: {why}", REACH)
            return
        finally:
            client.close()
    by_tick, by_scale = tables
    for name in instruments:
        used = settings.price_increment
        yield checks.rules(name, by_tick.get(name), by_scale.get(name), used=used)


def _key(settings: VenueSettings, account: ApiKey, desk: Desk, offset_ms: int) -> Iterator[Row]:
    """Judge whether the key may read and, where no gate is shut, whether it may trade."""
    clock = SystemClock()
    client = BtcturkPrivate(settings, clock, signing(account))
    instrument = desk.desk.instruments[0]
    try:
        asked = f"a read of the open orders of {instrument}"
        refused, kind = _said(lambda: client.open_orders(instrument, clock.wall_ms() + offset_ms))
        yield checks.key(refused, kind, asked=asked)
        if refused:
            return
        yield checks.key_hears(_login(settings, account, offset_ms))
        if desk.executor.dry_run or desk.executor.not_armed is not None:
            yield passed("key may trade", "not asked: a gate is shut, nothing is sent")
            return
        asked = "the cancel of an order that nobody has"
        refused, kind = _said(lambda: client.cancel(NOBODYS_ORDER, clock.wall_ms() + offset_ms))
        yield checks.key_trades(refused, kind, asked=asked)
    finally:
        client.close()


def _login(settings: VenueSettings, account: ApiKey, offset_ms: int) -> str:
    """Return why the venue does not let the key listen, empty when it does."""
    clock, heard = SystemClock(), Queue[Connected | Disconnected]()

    def hear(event: StreamEvent) -> None:
        if isinstance(event, Connected | Disconnected):
            heard.put(event)

    stream = BtcturkStream(
        settings,
        Subject(symbols=Symbols(), keys=signing(account)),
        hear,
        clock=clock,
        random=Random(),
        venue_ms=lambda: clock.wall_ms() + offset_ms,
    )
    within_ms = settings.stream.open_timeout_ms + settings.stream.confirm_timeout_ms
    stream.start()
    try:
        event = heard.get(timeout=within_ms / 1_000)
    except Empty:
        return "no answer"
    finally:
        stream.stop()
    return event.reason if isinstance(event, Disconnected) else ""


def _said(ask: Callable[[], object]) -> tuple[str, RejectKind | None]:
    """Return the venue's refusal and its kind; empty when it answered."""
    try:
        ask()
    except VenueRefused as why:
        return why.code, why.kind
    except (VenueUnavailable, VenueUnreadable) as why:
        return str(why), None
    return "", None
