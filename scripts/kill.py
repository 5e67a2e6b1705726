"""`btcbot kill`: stop everything at once, and know that it stopped.

The file KILL and three commands go out at the same time, each with its own time-out, so that a full
disk, a dead supervisor or a hung gate holds up nothing. Then the executor is asked until the venue
showed none of our orders twice. CLEAR is said only by the executor; nothing here concludes it.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct

from actors.runtime.atomic import atomic_write
from actors.runtime.clock import SystemClock
from actors.runtime.contain import attempt
from actors.runtime.control import Unreachable, ask
from actors.runtime.effects import Raised
from messages.control import Kill, Reply, StatusQuery
from scripts import shown
from scripts.desk import VAR, Ended, Json, RunDir
from scripts.pace import Pace

FILE = "KILL"
EXECUTOR, GUARDS = "executor.control", ("risk_gate.control", "supervisor.control")
ACK_S = 1.0  # longer without an answer is said
FILE_S = 2.0  # a disk that hangs longer holds nothing up
REACH_S = 5.0  # an executor that restarts is back sooner
POLL_MS = 200
WAIT_S = 60.0

ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why; it stands in the journal.", metavar="TEXT")
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for CLEAR.", metavar="S")
]


class Told(Struct, kw_only=True):
    """What became of each of the four ways to say it: an answer, or why there is none."""

    file: str
    replies: dict[str, Reply | str]

    @property
    def executor(self) -> Reply | None:
        reply = self.replies.get(EXECUTOR)
        return reply if isinstance(reply, Reply) and reply.ok else None


def kill(
    reason: ReasonOption = "by hand",
    run_dir: RunDir = VAR,
    wait_s: WaitOption = WAIT_S,
    as_json: Json = False,
) -> None:
    """Latch the desk at HALTED, cancel what rests, and wait until the venue shows none of it."""
    say = (lambda _line: None) if as_json else shown.say
    clock = SystemClock()
    began_ms = clock.mono_ms()
    told = tell(run_dir, reason)
    for line in lines(told):
        say(line)
    first = told.executor or reach(run_dir, reason, say)
    last = None
    if first is not None:
        last = follow(run_dir, first.report, until_ms=began_ms + int(wait_s * 1_000), say=say)
    report = outcome(first.report if first else None, last, told)
    report["took_ms"] = clock.mono_ms() - began_ms
    if as_json:
        shown.document(report)
    else:
        say(summary(report, wait_s))
    raise typer.Exit(_ended(report))


def tell(run_dir: Path, reason: str) -> Told:
    """Write the file and tell executor, gate and supervisor at once; wait for none too long."""
    said: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    ways: dict[str, Callable[[], object]] = {FILE: partial(write_file, run_dir, reason)}
    for socket in (EXECUTOR, *GUARDS):
        ways[socket] = partial(ask, run_dir, socket, Kill(reason=reason), ACK_S)
    for name, way in ways.items():
        # Daemons: a write that hangs in the disk must not keep this command from ending.
        threading.Thread(target=_carry, args=(said, name, way), daemon=True).start()
    results = _gather(said, set(ways))
    file = results.pop(FILE, f"not written within {FILE_S:g} s")
    replies = {name: results.get(name, f"no answer in {ACK_S:g} s") for name in (EXECUTOR, *GUARDS)}
    return Told(
        file="" if file is None else str(file),
        replies={n: r if isinstance(r, Reply) else str(r) for n, r in replies.items()},
    )


def write_file(run_dir: Path, reason: str) -> None:
    """Make the file KILL durable: it stops sends by itself, now and after any restart."""
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {"reason": reason, "at_ms": SystemClock().wall_ms()}
    atomic_write(run_dir / FILE, msgspec.json.encode(said) + b"\n")


def reach(run_dir: Path, reason: str, say: Callable[[str], None]) -> Reply | None:
    """Return the executor's answer to a kill said again until it is heard, None when it is not."""
    say(f"trying {EXECUTOR} for {REACH_S:g} s more: it may be restarting")
    try:
        reply = ask(run_dir, EXECUTOR, Kill(reason=reason), REACH_S)
    except Unreachable:
        return None
    return reply if reply.ok else None


def follow(
    run_dir: Path, report: Mapping[str, Any], *, until_ms: int, say: Callable[[str], None]
) -> Mapping[str, Any]:
    """Return the executor's last report: the one that says clear, or the newest at *until_ms*."""
    clock, pace = SystemClock(), Pace(POLL_MS)
    before = ""
    while not report.get("clear") and clock.mono_ms() < until_ms:
        if (line := progress(report)) != before:
            say(line)
            before = line
        pace.rest(POLL_MS / 1_000)
        try:
            report = ask(run_dir, EXECUTOR, StatusQuery(), ACK_S).report or report
        except Unreachable as why:
            before = f"executor: {why}"
            say(before)
    return report


def lines(told: Told) -> list[str]:
    """Return what a person should know of the four ways, before anything is waited for."""
    file = f"file {FILE}: {told.file or 'written'}"
    return [file, *(f"{name}: {_reply(reply)}" for name, reply in told.replies.items())]


def progress(report: Mapping[str, Any]) -> str:
    """Return how far the executor is."""
    return (
        f"executor: {report.get('alive_count', '?')} alive, "
        f"{len(report.get('unknown', ()))} unknown, {len(report.get('in_flight', ()))} in flight"
    )


def outcome(
    first: Mapping[str, Any] | None, last: Mapping[str, Any] | None, told: Told
) -> dict[str, Any]:
    """Return the report: what was asked for, what is gone, what is left."""
    report: dict[str, Any] = {
        "reachable": last is not None,
        "clear": bool(last and last.get("clear")),
        "file_written": not told.file,
        "acknowledged": {name: isinstance(r, Reply) and r.ok for name, r in told.replies.items()},
    }
    if first is None or last is None:
        return report
    asked, left = int(first.get("alive_count", 0)), int(last.get("alive_count", 0))
    return report | {
        "asked": asked,
        "gone": max(0, asked - left),
        "left": list(last.get("alive", ())),
        "unknown": list(last.get("unknown", ())),
        "in_flight": list(last.get("in_flight", ())),
        "in_flight_at_kill": list(first.get("in_flight", ())),
        "seq": last.get("seq"),
        "shut": "DRY_RUN" if last.get("dry_run") else last.get("armed"),
    }


def summary(report: Mapping[str, Any], wait_s: float) -> str:
    """Return the last line: CLEAR, what is left, or that nobody answered."""
    if not report["reachable"]:
        written = "is written and holds" if report["file_written"] else "COULD NOT BE WRITTEN"
        return f"the executor does not answer: the file {FILE} {written}; what rests may still rest"
    counts = (
        f"asked {report['asked']}, gone {report['gone']}, unknown {len(report['unknown'])}, "
        f"in flight {len(report['in_flight'])}"
    )
    if report["clear"]:
        return f"CLEAR: {counts}; the venue shows none of ours, twice ({report['took_ms']} ms)"
    named = ", ".join([*report["left"], *report["unknown"]][:10]) or "none by the books"
    shut = f"; no cancel is sent: {report['shut']}" if report["shut"] else ""
    return f"NOT CLEAR after {wait_s:g} s: {counts}; left: {named}{shut}"


def _carry(
    said: "queue.SimpleQueue[tuple[str, object]]", name: str, way: Callable[[], object]
) -> None:
    result = attempt(way)
    said.put((name, str(result.error) if isinstance(result, Raised) else result))


def _gather(said: "queue.SimpleQueue[tuple[str, object]]", wanted: set[str]) -> dict[str, object]:
    clock = SystemClock()
    until_ms = clock.mono_ms() + int(FILE_S * 1_000)
    results: dict[str, object] = {}
    while wanted - results.keys() and (left_ms := until_ms - clock.mono_ms()) > 0:
        try:
            name, result = said.get(timeout=left_ms / 1_000)
        except queue.Empty:
            break
        results[name] = result
    return results


def _reply(reply: Reply | str) -> str:
    if isinstance(reply, str):
        return f"no answer: {reply}"
    return "killed" if reply.ok else f"{reply.code}: {reply.message}"


def _ended(report: Mapping[str, Any]) -> Ended:
    if not report["reachable"]:
        return Ended.UNREACHABLE
    return Ended.DONE if report["clear"] else Ended.NO
