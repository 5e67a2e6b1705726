"""`btcbot doctor`: may this machine run this desk, and if it runs, is it well?"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from actors.executor.identity import ApiKey
from config.load import DEFAULT, Desk
from scripts import checks, machine, running, shown, venue
from scripts.checks import EXIT, Row, passed
from scripts.desk import VAR, Json, RunDir, runs

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The desk's configuration.", metavar="FILE")
]


BeforeStart = Annotated[
    bool, typer.Option("--before-start", help="This machine alone: no keys, venue or running desk.")
]


def doctor(
    config: ConfigOption = DEFAULT,
    as_json: Json = False,
    run_dir: RunDir = VAR,
    before_start: BeforeStart = False,
) -> None:
    """Check configuration, machine, run directory, store, venue and desk; exit 0, 1, 2 = worst."""
    desk, rows = machine.configuration(config, os.environ)
    account = None
    if desk is not None and not before_start:
        account, keys = machine.account(desk, os.environ)
        rows += [*keys, *machine.arming(desk, os.environ)]
    rows += machine.versions()
    rows.append(machine.clock(desk))
    rows += machine.run_directory(run_dir)
    rows += machine.store(run_dir, desk, account)
    if not before_start:
        rows += _around(run_dir, desk, account)
    report(rows, as_json=as_json)


def _around(run_dir: Path, desk: Desk | None, account: ApiKey | None) -> Iterator[Row]:
    """Judge what answers from elsewhere: the venue, and the desk if it runs."""
    if desk is not None:
        yield from venue.ask(run_dir, desk, account)
    if runs(run_dir):
        yield from running.desk(run_dir)
    else:
        yield passed("desk", f"not running on {run_dir}")


def report(rows: list[Row], *, as_json: bool) -> None:
    """Write *rows* and end with the worst of them."""
    result = checks.worst(rows)
    if as_json:
        shown.document({"result": result, "checks": shown.plain(rows)})
    else:
        columns = ("state", "name", "found", "todo")
        shown.table("checks", [shown.plain(row) for row in rows], columns)
        shown.say(f"{result}")
    raise typer.Exit(EXIT[result])
