"""`btcbot status`: is everybody ready, and may the desk trade?"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from actors.runtime.control import Unreachable, ask
from messages.control import StatusQuery
from scripts import shown
from scripts.desk import ASK_MAX_S, VAR, Json, RunDir, answer

# Transfers booked by this process of the executor, the newest ten; orders of others that rest.
ACCOUNT = ("transfers", "foreign_orders")
VENUE = ("reads_failing", "unanswered", "unreadable", "odd", "private_stream")  # how it answers
ACTOR_COLUMNS = ("role", "pid", "host", "state", "restarts", "heartbeat_age_ms")


def status(run_dir: RunDir = VAR, as_json: Json = False) -> None:
    """Show mode, level, actors, permits, unknown orders and feeds of the running desk."""
    report = answer(run_dir, "supervisor.control", StatusQuery()).report
    report = {**report, **executor(run_dir), "permit_withheld": withheld(run_dir)}
    if as_json:
        shown.document(report)
        return
    show(report)


def executor(run_dir: Path) -> dict[str, dict[str, Any] | None]:
    """Return what moves the account beside our orders, and how the venue answers.

    Both are None while the executor says nothing.
    """
    try:
        told = ask(run_dir, "executor.control", StatusQuery(), ASK_MAX_S).report
    except Unreachable:
        return {"account": None, "venue": None}
    return {
        "account": {name: told.get(name, []) for name in ACCOUNT},
        "venue": {name: told.get(name) for name in VENUE},
    }


def withheld(run_dir: Path) -> str | None:
    """Return why the risk gate gives no permit, "" while it does, None while it says nothing."""
    try:
        told = ask(run_dir, "risk_gate.control", StatusQuery(), ASK_MAX_S).report
    except Unreachable:
        return None
    return str(told.get("permit_withheld", ""))


def show(report: Mapping[str, Any]) -> None:
    """Write the supervisor's report for a person."""
    mode, level, host = (report.get(key) or "unknown" for key in ("mode", "level", "host"))
    shown.say(f"mode {mode} · level {level} · host {host}")
    shown.table("actors", report.get("actors", ()), ACTOR_COLUMNS)
    if services := report.get("services"):
        shown.table("services", services, ("role", "pid", "state", "restarts"))
    shown.say(f"permits: {permits(report.get('permits') or ())}")
    if why := report.get("permit_withheld"):
        shown.say(f"the risk gate withholds its permit: {why}")
    shown.say(f"unknown orders: {report.get('unknown_orders')}")
    for line in venue(report.get("venue")):
        shown.say(line)
    for name, told in (report.get("account") or {}).items():
        if told:
            shown.table(name.replace("_", " "), told, tuple(told[0]))
    for line in feeds(report.get("feeds")):
        shown.say(line)


def permits(told: Iterable[Mapping[str, Any]]) -> str:
    """Return who permits trading, and how old the newest permit is."""
    each = [
        f"{one.get('issuer')} {'never' if one.get('age_ms') is None else one['age_ms']} ms old"
        for one in told
    ]
    return " · ".join(each).replace("never ms old", "never") or "not told"


def venue(told: Mapping[str, Any] | None) -> Iterator[str]:
    """Give a line on the account's own stream and one for each question that is not answered."""
    if not told:
        return
    stream = told.get("private_stream") or {}
    yield f"private stream: {'up' if stream.get('up') else stream.get('reason') or 'not up yet'}"
    if odd := told.get("odd"):
        yield f"odd, and read all the same: {', '.join(f'{k} {n}' for k, n in odd.items())}"
    for one in told.get("reads_failing") or ():
        yield f"not answered for {one['for_ms']:,} ms: {one['read']}, {one['reason']}"


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
