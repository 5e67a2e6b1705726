"""`btcbot bench`: the figures of this machine, each beside its floor of the same run.

It fails on none of them: a goal that is missed is a WARN in its line. A part that cannot be
measured here is left out with the reason.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from actors.runtime.control import Unreachable
from actors.runtime.listener import NoFeed
from scripts import shown
from scripts.bench import (
    coldstart,
    commits,
    feed,
    figures,
    growth,
    killing,
    latency,
    limits,
    permits,
    queued,
    restarts,
)
from scripts.bench.figures import Section
from scripts.desk import VAR, Ended, Json, RunDir, Told

Part = Callable[..., Section | tuple[Section, ...]]
PARTS: dict[str, Part] = {
    "commits": commits.measure,
    "growth": growth.measure,
    "latency": latency.measure,
    "feed": feed.measure,
    "kill": killing.measure,
    "restarts": restarts.measure,
    "coldstart": coldstart.measure,
}
# Minutes long: only when named.
LONG: dict[str, Part] = {
    "million": growth.million,
    "kills": queued.measure,
    "permits": permits.measure,
    "limits": limits.measure,
}
COLUMNS = ("figure", "value", "floor", "ratio", "goal", "", "n", "floor is")
TROUBLE = (RuntimeError, OSError, sqlite3.Error, Unreachable, NoFeed)

Quick = Annotated[bool, typer.Option("--quick", help="Few samples: minutes become one.")]
Only = Annotated[
    str, typer.Option("--only", help=f"One part: {', '.join(PARTS | LONG)}.", show_default=False)
]


def bench(
    quick: Quick = False, only: Only = "", as_json: Json = False, run_dir: RunDir = VAR
) -> None:
    """Measure floors and the desk in one run and print ratios; files go to the run directory."""
    if only and only not in PARTS | LONG:
        known = ", ".join(PARTS | LONG)
        raise Told(Ended.USAGE, f"no part is called {only!r}; one of {known} is")
    directory = run_dir.absolute() / "bench"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    done: list[dict[str, Any]] = []
    try:
        for section in measured([only] if only else list(PARTS), directory, quick=quick):
            done.append(figures.plain(section))
            if not as_json:
                show(section)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if as_json:
        shown.document({"quick": quick, "sections": done})


def measured(names: list[str], directory: Path, *, quick: bool) -> Iterator[Section]:
    """Give the sections of each part as they are done."""
    for name in names:
        try:
            found = (PARTS | LONG)[name](directory, quick=quick)
        except TROUBLE as why:
            yield Section(title=name, left_out=f"{type(why).__name__}: {why}")
            continue
        yield from found if isinstance(found, tuple) else (found,)


def show(section: Section) -> None:
    """Write one section for a person."""
    if section.left_out:
        shown.say(f"{section.title}: left out: {section.left_out}")
        return
    shown.table(section.title, [figures.row(one) for one in section.figures], COLUMNS)
    for note in section.notes:
        shown.say(f"  {note}")
    shown.say("")
