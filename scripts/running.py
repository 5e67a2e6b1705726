"""What doctor and health ask of a running desk: actors, permits, feeds, levels."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from actors.runtime.control import Unreachable, ask
from messages.control import StatusQuery
from scripts import checks
from scripts.checks import Row, State, passed
from scripts.desk import ASK_MAX_S

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
    yield checks.gates(report)
    if report.get("clock_offset_ms") is None:
        yield Row("clock offset", State.WARN, "not measured yet", "wait for the executor")
    else:
        judged = checks.offset(report["clock_offset_ms"], report.get("clock_error_ms") or 0)
        yield replace(judged, name="clock offset")
    yield from checks.levels(report.get("levels", ()))
    yield checks.differences(report.get("differences", ()))
    yield checks.compared(report.get("reconciled_age_ms"), report.get("reconcile_every_ms") or 0)
    yield from checks.reads(report.get("reads_failing", ()))
    yield checks.odd(report.get("odd") or {})
    yield checks.private_stream(report.get("private_stream") or {})
