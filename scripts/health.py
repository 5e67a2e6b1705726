"""`btcbot health`: is the running desk well? One look, for a probe: exit 0, 1, 2 = the worst."""

import shutil

from scripts import checks, machine, running
from scripts.checks import Row, State
from scripts.desk import VAR, Json, RunDir, runs
from scripts.doctor import report


def health(as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Look at actors, permits, gates, clock, unknown orders, feeds, levels, books, store, disk."""
    if not runs(run_dir):
        todo = "python supervisor.py"
        report([Row("desk", State.FAIL, f"not running on {run_dir}", todo)], as_json=as_json)
    rows = [
        *running.desk(run_dir),
        *machine.store(run_dir, None, None),
        checks.kill_file((run_dir / "KILL").exists()),
        checks.disk(shutil.disk_usage(run_dir).free, where=str(run_dir)),
    ]
    report(rows, as_json=as_json)
