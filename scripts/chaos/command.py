"""`btcbot chaos`: a desk of its own is killed, cut off and lied to, and the books must still agree.

Exit 0: no violation. Exit 1: some, listed; the run directory stays as it was found. The same seed
is the same plan; what the processes make of it is chance.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from actors.runtime.faults import VARIABLE, FaultUnreadable, parse
from scripts import shown
from scripts.chaos import contention as contending
from scripts.chaos import run as running
from scripts.chaos.run import Report
from scripts.desk import Ended, Json, Told

Minutes = Annotated[float, typer.Option("--minutes", min=0.1, max=10_000, help="Of faults.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the plan and of the market.")]
CrashAt = Annotated[
    str,
    typer.Option(
        "--crash-at",
        help="Crash points besides, used up one by one: executor.C3:2,executor.K1:1",
        show_default=False,
    ),
]
Contention = Annotated[
    float,
    typer.Option("--contention", min=0, help="Instead: minutes of a writer beside eight readers."),
]
RIVALS = 16  # who want to write to one store
Venue = Annotated[
    bool, typer.Option("--venue", help="Kill nobody: the venue does all it can, all at once.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the run directory of a clean run, too.")]


def chaos(
    minutes: Minutes = 3.0,
    seed: Seed = 1,
    crash_at: CrashAt = "",
    contention: Contention = 0.0,
    venue: Venue = False,
    keep: Keep = False,
    as_json: Json = False,
) -> None:
    """Kill, cut, stop and deceive a desk of its own, then compare it with the exchange."""
    if contention:
        contend(contention, as_json=as_json)
        return
    environ = {VARIABLE: crash_at} if crash_at else {}
    try:
        parse(crash_at or "executor.C1")
    except FaultUnreadable as why:
        raise Told(Ended.USAGE, str(why)) from why
    tell = (lambda _line: None) if as_json else shown.say
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))  # short: sockets lie below it
    try:
        report = running.run(
            run_dir, seed=seed, minutes=minutes, tell=tell, environ=environ, at_the_venue=venue
        )
    except RuntimeError as why:
        raise Told(Ended.NO, f"no chaos: {why}; see {run_dir}") from why
    if as_json:
        shown.document(msgspec.to_builtins(report))
    else:
        show(report)
    if report.violations:
        if not as_json:
            shown.say(f"kept as it was found: {run_dir}")
        raise typer.Exit(Ended.NO)
    if not keep:
        shutil.rmtree(run_dir, ignore_errors=True)


def contend(minutes: float, *, as_json: bool) -> None:
    """Show what readers cost a writer and that one of many writers wins. Exit 1: a lock, a loss."""
    with tempfile.TemporaryDirectory(prefix="btcbot-") as name:
        found = contending.contend(Path(name) / "busy", minutes=minutes)
        rivals = contending.rival(Path(name) / "wanted", tries=RIVALS)
    told = {"contention": msgspec.to_builtins(found), "rivals": msgspec.to_builtins(rivals)}
    if as_json:
        shown.document(told)
    else:
        rows = [
            {"commits": "alone", "p50_ms": found.alone_p50_ms, "p99_ms": found.alone_p99_ms},
            {"commits": "beside", "p50_ms": found.beside_p50_ms, "p99_ms": found.beside_p99_ms},
        ]
        shown.table(f"one writer, {contending.READERS} readers", rows, tuple(rows[0]))
        shown.say(
            f"{found.seconds} s, commits {found.commits}, reads {found.reads}, "
            f"failed reads {len(found.read_errors)}, of them locked {len(found.locked)}"
        )
        shown.say(f"{rivals.tried} wanted to write: {rivals.won} did")
    wrong = [*found.read_errors, *found.differences, *rivals.differences]
    if wrong or rivals.won != 1:
        raise typer.Exit(Ended.NO)


def show(report: Report) -> None:
    """Write the report for a person: what is wrong first, the verdict last."""
    for line in report.violations:
        shown.say(f"violation: {line}")
    by_role = ", ".join(f"{role} {count}" for role, count in sorted(report.kills_by_role.items()))
    shown.say(f"kills {report.kills} ({by_role})")
    shown.say(f"cuts {report.cuts} ({_counts(report.weathers)}), stops {report.stops}")
    shown.say(f"crash points {', '.join(report.crashes) or 'none'}; {_counts(report.deeds)}")
    shown.say(f"orders {report.orders} ({_counts(report.states)}), fills {report.fills}")
    columns = ("role", "count", "p50_ms", "p99_ms")
    shown.table("gone after SIGKILL", [msgspec.structs.asdict(r) for r in report.restarts], columns)
    for one in report.growth:
        was, now = one.middle, one.last
        shown.say(
            f"{one.role}, middle → end: {was.descriptors} → {now.descriptors} descriptors, "
            f"{was.threads} → {now.threads} threads, {was.mib:.1f} → {now.mib:.1f} MiB"
        )
    if report.connects_a_minute:
        shown.say(f"connects of both streams in any minute, at most {report.connects_a_minute}")
    shown.say(f"difference per asset: {_counts(report.differences)}")
    verdict = "FAIL" if report.violations else "PASS"
    shown.say(
        f"{verdict}: seed {report.seed}, {report.seconds} s, {report.entries:,} entries refolded, "
        f"{len(report.violations)} violations"
    )


def _counts(counts: "dict[str, int] | dict[str, str]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
