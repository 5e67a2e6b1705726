"""`btcbot status`: is everybody ready, and may the desk trade?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from messages.control import StatusQuery
from scripts import shown
from scripts.desk import VAR, Json, RunDir, answer

ACTOR_COLUMNS = ("role", "pid", "host", "state", "restarts", "heartbeat_age_ms")


def status(run_dir: RunDir = VAR, as_json: Json = False) -> None:
    """Show mode, level, actors, permits, unknown orders and feeds of the running desk."""
    report = answer(run_dir, "supervisor.control", StatusQuery()).report
    if as_json:
        shown.document(report)
        return
    show(report)


def show(report: Mapping[str, Any]) -> None:
    """Write the supervisor's report for a person."""
    mode, level, host = (report.get(key) or "unknown" for key in ("mode", "level", "host"))
    shown.say(f"mode {mode} · level {level} · host {host}")
    shown.table("actors", report.get("actors", ()), ACTOR_COLUMNS)
    if services := report.get("services"):
        shown.table("services", services, ("role", "pid", "state", "restarts"))
    shown.say(f"permits: {permits(report.get('permits') or ())}")
    shown.say(f"unknown orders: {report.get('unknown_orders')}")
    for line in feeds(report.get("feeds")):
        shown.say(line)


def permits(told: Iterable[Mapping[str, Any]]) -> str:
    """Return who permits trading, and how old the newest permit is."""
    each = [
        f"{one.get('issuer')} {'never' if one.get('age_ms') is None else one['age_ms']} ms old"
        for one in told
    ]
    return " · ".join(each).replace("never ms old", "never") or "not told"


def feeds(told: Mapping[str, Any] | None) -> Iterator[str]:
    """Give the verdict on market data and a line per instrument."""
    if not told:
        yield "feeds: not told"
        return
    reason = "" if told.get("reason") in (None, "OK") else f" ({told['reason']})"
    yield f"feeds: {told.get('verdict')}{reason}, {told.get('reconnects')} reconnects"
    for name, one in dict(told.get("instruments") or {}).items():
        how = "tradable" if one.get("tradable") else f"not tradable, {one.get('problem')}"
        age_ms = one.get("age_ms")
        yield f"  {name}: {how}, quote {'never heard' if age_ms is None else f'{age_ms} ms old'}"
