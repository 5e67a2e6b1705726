"""What doctor and health ask of a running desk: actors, permits, feeds, levels, clocks."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from actors.runtime import endpoints
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.runtime.endpoints import EndpointsUnusable
from actors.venues.btcturk.rest import BtcturkPublic
from actors.venues.port import VenueRefused, VenueUnavailable, VenueUnreadable
from actors.venues.settings import VenueSettings
from messages.control import StatusQuery
from scripts import checks
from scripts.checks import Row, State, passed
from scripts.desk import ASK_MAX_S, runs

TODO = "see logs/; the page ACTORS of docs/operations.md"


def desk(run_dir: Path) -> Iterator[Row]:
    """Judge the desk of *run_dir*, which is running."""
    try:
        report = ask(run_dir, "supervisor.control", StatusQuery(), ASK_MAX_S).report
    except Unreachable as why:
        yield Row("supervisor", State.FAIL, str(why), TODO)
    else:
        yield passed("supervisor", f"mode {report.get('mode')}, level {report.get('level')}")
        yield from map(checks.actor, report.get("actors", ()))
        yield from map(checks.service, report.get("services", ()))
        yield from checks.permits(report.get("permits", ()))
        yield checks.unknown_orders(report.get("unknown_orders"))
        yield from checks.feeds(report.get("feeds"))
    try:
        report = ask(run_dir, "executor.control", StatusQuery(), ASK_MAX_S).report
    except Unreachable as why:
        yield Row("executor", State.FAIL, str(why), TODO)
        return
    yield from checks.levels(report.get("levels", ()))
    yield checks.differences(report.get("differences", ()))


def venue(run_dir: Path, settings: VenueSettings, *, simulated: bool) -> Row:
    """Judge whether the venue answers and how far its clock is from ours.

    A simulated one is there only while the desk runs, at the address the desk wrote down.
    """
    if simulated:
        if not runs(run_dir):
            return passed("venue", "the simulated exchange runs with the desk")
        try:
            url = endpoints.read(run_dir).venue["base_url"]
        except (EndpointsUnusable, KeyError) as why:
            return Row("venue", State.FAIL, f"no address: {why}", TODO)
        settings = replace(settings, base_url=url)
    clock = SystemClock()
    client = BtcturkPublic(settings, clock)
    try:
        asked_ms = clock.wall_ms()
        server_ms = client.server_time_ms()
        heard_ms = clock.wall_ms()
    except (VenueUnavailable, VenueUnreadable, VenueRefused) as why:
        todo = "check the network, DNS and TLS of this machine; the venue may be in maintenance"
        return Row("venue", State.FAIL, f"{settings.base_url} does not answer: {why}", todo)
    finally:
        client.close()
    error_ms = (heard_ms - asked_ms + 1) // 2
    return checks.offset(server_ms - (asked_ms + heard_ms) // 2, error_ms)
