"""Starts a troupe in a process of its own, asks it things, and leaves nothing of it behind."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from actors.runtime.control import Unreachable, ask
from actors.runtime.settings import SupervisionSettings
from messages.control import Reply, StatusQuery
from tests.actors.runtime.troupe import Play

ROOT = Path(__file__).resolve().parents[3]
QUICK = SupervisionSettings(silence_ms=600)
EAGER = SupervisionSettings(restarts_max=1_000, backoff_first_ms=0, backoff_max_ms=0)
PATIENCE_S = 40.0
STEP_S = 0.01


class Stage:
    """One running troupe."""

    def __init__(self, run_dir: Path, play: Play) -> None:
        self.run_dir = run_dir
        (run_dir / "play.json").write_bytes(msgspec.json.encode(play))
        self.errors = (run_dir / "stderr").open("wb")
        self.keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.actors.runtime.troupe", str(run_dir)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
        )

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_why: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that may still run."""
        pids = self.everybody()
        if self.keeper.poll() is None:
            self.keeper.kill()
        self.keeper.wait()
        self.errors.close()
        for pid in pids:  # what should be gone already is not waited for
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def report(self) -> dict[str, Any]:
        return self.ask("supervisor.control", StatusQuery()).report

    def ask(self, socket: str, message: object, within_s: float = PATIENCE_S) -> Reply:
        return ask(self.run_dir, socket, message, within_s)

    def actor(self, role: str) -> dict[str, Any]:
        return next(one for one in self.report()["actors"] if one["role"] == role)

    def all_ready(self) -> dict[str, Any]:
        """Wait until everybody is ready and return the report that says so."""
        return until(self._ready_report, "everybody ready")

    def _ready_report(self) -> dict[str, Any] | None:
        report = self.ask("supervisor.control", StatusQuery(), 1.0).report
        everybody = [*report["actors"], *report["services"]]
        return report if all(one["state"] == "ready" for one in everybody) else None

    def ready_again(self, role: str, old_pid: int) -> dict[str, Any]:
        """Wait until *role* is ready in another process than *old_pid*."""

        def found() -> dict[str, Any] | None:
            actor = self.actor(role)
            return actor if actor["state"] == "ready" and actor["pid"] != old_pid else None

        return until(found, f"{role} ready again")

    def heard(self, role: str) -> list[dict[str, Any]]:
        """Return what the player of *role* noted."""
        path = self.run_dir / f"{role}.heard"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line) for line in lines]

    def log(self, actor: str) -> list[dict[str, Any]]:
        path = self.run_dir / "logs" / f"{actor}.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line) for line in lines if line.startswith(b"{")]

    def events(self, actor: str = "supervisor") -> list[str]:
        return [line["event"] for line in self.log(actor)]

    def ends(self, within_s: float = PATIENCE_S) -> int:
        """Wait until the keeper is gone and return its exit code."""
        return self.keeper.wait(within_s)

    def everybody(self) -> set[int]:
        """Return the pids of all processes that descend from the keeper."""
        return descendants(self.keeper.pid)


def until(found: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Return what *found* returns once that is something; a desk may not be reachable before."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with contextlib.suppress(Unreachable):
            if result := found():
                return result
        select.select([], [], [], STEP_S)
    raise AssertionError(f"waited {within_s} s in vain for: {what}")


def alive(pid: int) -> bool:
    """Return whether *pid* runs; a zombie is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def descendants(pid: int) -> set[int]:
    """Return all living processes below *pid*."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    front = {pid}
    while front:
        front = {child for child, parent in parents.items() if parent in front} - found
        found |= front
    return {one for one in found if alive(one) and not is_tracker(one)}


def is_tracker(pid: int) -> bool:
    """Return whether *pid* is multiprocessing's own book-keeper; it goes with the last child."""
    try:
        return b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


def pids(report: dict) -> dict[str, int]:
    return {one["role"]: one["pid"] for one in (*report["actors"], *report["services"])}


def stopped(stage: "Stage") -> list[str]:
    return [line["child"] for line in stage.log("supervisor") if "child" in line
            and line["event"] == "actor_stopped"]  # fmt: skip


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
