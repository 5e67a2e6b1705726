"""`btcbot panic`: take back what rests at the venue when no desk can be reached.

No bus, no store, nothing of a desk but its configuration: open orders are listed and cancelled
until the venue showed none twice. It has a credential of its own, which the desk never gets, and it
cannot send an order. It may run from another host. A desk that lives is not stopped by it: that is
`btcbot kill`.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from msgspec import Struct
from msgspec.structs import replace

from actors.runtime import endpoints, private_file
from actors.runtime.clock import SystemClock
from actors.runtime.endpoints import EndpointsUnusable
from actors.runtime.private_file import NotPrivate
from actors.runtime.settings import SecretFile
from actors.venues.btcturk.rest import BtcturkPrivate
from actors.venues.btcturk.sign import Credentials, SecretUnreadable, credentials
from actors.venues.port import VenueOrder, VenueRefused, VenueUnavailable, VenueUnreadable
from actors.venues.settings import VenueSettings
from config.faults import ConfigError
from config.load import DEFAULT, Desk, load
from messages import ids
from scripts import shown
from scripts.desk import VAR, Ended, Json, RunDir, Told
from scripts.pace import Pace

KEY_FILE, SECRET_FILE = "BTCBOT_PANIC_KEY_FILE", "BTCBOT_PANIC_SECRET_FILE"
APART_MS = 2_000  # what must be empty twice must be this far apart
WAIT_S = 60.0
NO_WORD = (VenueRefused, VenueUnavailable, VenueUnreadable)


class Cancelling(Protocol):
    """All that panic can do at a venue."""

    def open_orders(self, instrument: str, stamp_ms: int) -> list[VenueOrder]: ...
    def cancel(self, venue_order_id: int, stamp_ms: int) -> str: ...


class Round(Struct, frozen=True, kw_only=True):
    """One look at every instrument: what was open and what could not be asked or taken back."""

    open: tuple[VenueOrder, ...]
    failed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.open and not self.failed


ConfigOption = Annotated[
    Path, typer.Option("--config", help="The desk's configuration.", metavar="FILE")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Cancel; without it they are only listed.")]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also orders that are not of this desk, by their prefix.")
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for CLEAR.", metavar="S")
]


def panic(
    config: ConfigOption = DEFAULT,
    yes: YesOption = False,
    everything: AllOption = False,
    wait_s: WaitOption = WAIT_S,
    run_dir: RunDir = VAR,
    as_json: Json = False,
) -> None:
    """Without a desk, cancel its open orders at the venue until none is shown twice."""
    desk = _desk(config)
    keys = _keys(os.environ)
    client = BtcturkPrivate(_venue(desk, run_dir), SystemClock(), keys)
    prefix = "" if everything else desk.desk.prefix
    try:
        rounds = take_back(
            client,
            desk.desk.instruments,
            is_meant=lambda name: not prefix or ids.is_ours(name, prefix=prefix),
            stamp_ms=_stamps(client),
            rounds=1 if not yes else max(2, int(wait_s * 1_000 / APART_MS)),
            cancels=yes,
        )
        report = outcome(list(_told(rounds, quiet=as_json)), cancels=yes)
    finally:
        client.close()
    if as_json:
        shown.document(report)
    else:
        shown.say(report["said"])
    raise typer.Exit(Ended.DONE if report["clear"] else Ended.NO)


def take_back(
    client: Cancelling,
    instruments: Sequence[str],
    *,
    is_meant: Callable[[str], bool],
    stamp_ms: Callable[[], int],
    rounds: int,
    cancels: bool,
    pace_ms: int = APART_MS,
) -> Iterator[Round]:
    """Give round after round, at most *rounds*, until two in a row were empty.

    An instrument that could not be listed, or an order that could not be cancelled, is no reason
    to leave out the next one.
    """
    empty = 0
    for _ in Pace(pace_ms).beats(rounds):
        found: list[VenueOrder] = []
        failed: list[str] = []
        for instrument in instruments:
            try:
                listed = client.open_orders(instrument, stamp_ms())
            except NO_WORD as why:
                failed.append(f"{instrument}: {why}")
                continue
            found += [one for one in listed if is_meant(one.client_order_id)]
        for one in found if cancels else ():
            try:
                client.cancel(one.venue_order_id, stamp_ms())
            except NO_WORD as why:
                failed.append(f"{one.venue_order_id}: {why}")
        now = Round(open=tuple(found), failed=tuple(failed))
        yield now
        empty = empty + 1 if now.is_empty else 0
        if empty == 2:
            return


def outcome(rounds: Sequence[Round], *, cancels: bool) -> dict[str, Any]:
    """Return what it came to: clear only when the last two looks were empty."""
    last = rounds[-1]
    clear = len(rounds) > 1 and all(one.is_empty for one in rounds[-2:])
    asked = {one.venue_order_id for look in rounds for one in look.open}
    if clear:
        said = f"CLEAR: asked {len(asked)}, the venue showed none twice"
    elif not cancels:
        said = f"{len(last.open)} open, {len(last.failed)} not told; again with --yes to cancel"
    else:
        said = f"NOT CLEAR: {len(last.open)} still open, {len(last.failed)} failed"
    return {
        "clear": clear,
        "asked": sorted(asked) if cancels else [],
        "left": [] if clear else [_plain(one) for one in last.open],
        "failed": list(last.failed),
        "said": said,
    }


def _told(rounds: Iterator[Round], *, quiet: bool) -> Iterator[Round]:
    for number, look in enumerate(rounds, 1):
        if not quiet:
            names = ", ".join(f"{one.instrument} {one.venue_order_id}" for one in look.open)
            shown.say(f"look {number}: {len(look.open)} open {names}".rstrip())
            for why in look.failed:
                shown.say(f"  {why}")
        yield look


def _plain(one: VenueOrder) -> dict[str, str]:
    return {
        "venue_order_id": str(one.venue_order_id),
        "client_order_id": one.client_order_id,
        "instrument": one.instrument,
    }


def _desk(config: Path) -> Desk:
    try:
        return load(config)
    except ConfigError as why:
        raise Told(Ended.CONFIGURATION, str(why)) from why


def _venue(desk: Desk, run_dir: Path) -> VenueSettings:
    """Return where the venue is; a simulated one is where its desk wrote it down."""
    if desk.exchange is None:
        return desk.venue
    try:
        return replace(desk.venue, base_url=endpoints.read(run_dir).venue["base_url"])
    except (EndpointsUnusable, KeyError) as why:
        raise Told(Ended.UNREACHABLE, f"no address of the simulated exchange: {why}") from why


def _keys(environ: Mapping[str, str]) -> Credentials:
    """Return the credential of panic alone. Raises Told without one."""
    places = [environ.get(name, "") for name in (KEY_FILE, SECRET_FILE)]
    if not all(places):
        raise Told(
            Ended.CONFIGURATION,
            f"no credential: {KEY_FILE} and {SECRET_FILE} name files of mode 0600 with a key of "
            "its own, which may trade; keep them away from the desk",
        )
    try:
        public, private = (private_file.value(SecretFile(path)) for path in places)
        return credentials(public, private)
    except (NotPrivate, SecretUnreadable) as why:
        raise Told(Ended.CONFIGURATION, str(why)) from why


def _stamps(client: BtcturkPrivate) -> Callable[[], int]:
    """Return what gives the time to sign, each once: the venue's if it tells it."""
    clock, last = SystemClock(), 0
    try:
        offset_ms = client.server_time_ms() - clock.wall_ms()
    except NO_WORD:
        offset_ms = 0

    def stamp_ms() -> int:
        nonlocal last
        last = max(last + 1, clock.wall_ms() + offset_ms)
        return last

    return stamp_ms
