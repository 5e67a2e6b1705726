"""`btcbot status`: is everybody ready, and may the desk trade?"""

from collections.abc import Mapping
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
        shown.table("services", services, tuple(services[0]))
    shown.say(f"permits: {_pairs(report.get('permits'))}")
    shown.say(f"unknown orders: {report.get('unknown_orders')}")
    shown.say(f"feeds: {_pairs(report.get('feeds'))}")


def _pairs(value: object) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{key} {_pairs(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, list | tuple):
        return " · ".join(_pairs(one) for one in value) or "none"
    return "unknown" if value is None else str(value)
