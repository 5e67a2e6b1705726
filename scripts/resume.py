"""`btcbot resume`: lift the kill latch, once books and venue agree and a person read the report.

The first call shows how the desk stands and a code; the second confirms with that code. What was
said before the resume is worthless afterwards: the executor raises its kill epoch. Gate and
supervisor are told last; they follow the executor and may have to hear from it first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from messages.control import Reply, Resume
from scripts import shown
from scripts.desk import AGAIN_MS, ASK_MAX_S, VAR, Ended, RunDir, Told, agreed
from scripts.pace import Pace

EXECUTOR, GUARDS = "executor.control", ("risk_gate.control", "supervisor.control")
NOT_LATCHED, LATCHED = "NOT_LATCHED", "LATCHED"
FOLLOWED_WITHIN_MS = 2_000
ONLY_GUARDS = (
    "where only risk gate and supervisor heard a kill, for the executor was away, they still "
    "hold the permits: btcbot resume --yes lifts that too"
)

CodeOption = Annotated[
    str, typer.Option("--code", help="The code of a report, younger than a minute.", metavar="C")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Ask for the report and confirm it.")]


def resume(code: CodeOption = "", yes: YesOption = False, run_dir: RunDir = VAR) -> None:
    """Show what resuming means and a code to confirm with; with the code, lift the kill latch."""
    if not code:
        asked = _say(run_dir, Resume())
        show(asked)
        if not yes:
            if asked.code == NOT_LATCHED:
                shown.say(ONLY_GUARDS)
            return
        code = str(asked.report.get("confirm", ""))  # none is needed where nothing is latched
    reply = _say(run_dir, Resume(code=code))
    for guard in GUARDS:
        _lift(run_dir, guard, code)
    shown.say(f"resumed: {reply.message}" if reply.code != NOT_LATCHED else "permits may flow")


def show(reply: Reply) -> None:
    """Write the executor's report for a person, with what to type next."""
    if reply.code == NOT_LATCHED:
        shown.say(reply.message)
        return
    report = reply.report
    shown.say(f"books and venue agree · alive {report['alive_count']} · {_unknown(report)}")
    shown.table("levels in force", report["levels"], ("scope", "name", "source", "level", "reason"))
    shown.say(f"{reply.message}: btcbot resume --code {report['confirm']}")


def _say(run_dir: Path, message: Resume) -> Reply:
    """Return the executor's yes; while it still compares books and venue, ask again."""
    reply = agreed(run_dir, EXECUTOR, message)
    if not reply.ok:
        raise Told(Ended.NO, f"not resumed: {reply.code}: {reply.message}")
    return reply


def _lift(run_dir: Path, guard: str, code: str) -> None:
    clock, pace = SystemClock(), Pace(AGAIN_MS)
    until_ms = clock.mono_ms() + FOLLOWED_WITHIN_MS
    try:
        reply = ask(run_dir, guard, Resume(code=code), ASK_MAX_S)
        while reply.code == LATCHED and clock.mono_ms() < until_ms:
            pace.rest(AGAIN_MS / 1_000)
            reply = ask(run_dir, guard, Resume(code=code), ASK_MAX_S)
    except Unreachable as why:
        shown.say(f"{guard}: {why}; it takes up the executor's state when it is back")
        return
    if not reply.ok:
        shown.say(f"{guard}: {reply.code}: {reply.message}")


def _unknown(report: Mapping[str, Any]) -> str:
    return f"unknown {len(report.get('unknown', ()))}"
