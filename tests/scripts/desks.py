"""A real desk for tests: `python supervisor.py` in a process of its own, stopped by SIGTERM."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from actors.topology import ROLES
from messages.control import StatusQuery
from tests.scripts.commands import CHECKOUT

READY_WITHIN_S = 30
ENDS_WITHIN_S = 40
POLL_S = 0.02


@contextmanager
def place():
    """A directory with a short name, since sockets lie below it; gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="btcbot-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def desk_in(run_dir, *options, environ=None):
    """A desk of which nothing runs afterwards, whatever the test did."""
    desk = RunningDesk(run_dir, *options, environ=environ)
    try:
        yield desk
    finally:
        if desk.process.poll() is None:
            desk.process.kill()
            desk.process.wait()


class RunningDesk:
    """The desk of one run directory. Everything of it dies with its supervisor."""

    def __init__(self, run_dir, *options, environ=None):
        self.run_dir = run_dir
        self.out = run_dir / "supervisor.out"
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "supervisor.py", "--run-dir", run_dir, "--plain", *options],
                cwd=CHECKOUT,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def status(self):
        return ask(self.run_dir, "supervisor.control", StatusQuery(), 2.0).report

    def executor(self):
        return ask(self.run_dir, "executor.control", StatusQuery(), 2.0).report

    def actors(self):
        return {one["role"]: one for one in self.status()["actors"]}

    def wait_until(self, holds, what, within_s=READY_WITHIN_S):
        """Wait until *holds* returns something true and return that."""
        clock, rest = SystemClock(), threading.Event()
        until_ms = clock.mono_ms() + within_s * 1_000
        while clock.mono_ms() < until_ms:
            assert self.process.poll() is None, self.out.read_text()[-4_000:]
            try:
                if found := holds():
                    return found
            except Unreachable:
                pass
            rest.wait(POLL_S)
        raise AssertionError(f"not within {within_s} s: {what}\n{self.out.read_text()[-4_000:]}")

    def wait_ready(self, within_s=READY_WITHIN_S):
        self.wait_until(self._all_ready, "six actors ready", within_s)
        return self

    def _all_ready(self):
        actors = self.actors()
        return len(actors) == len(ROLES) and all(a["state"] == "ready" for a in actors.values())

    def kill(self, role):
        """SIGKILL one actor and wait until its successor is ready."""
        before = self.actors()[role]["pid"]
        os.kill(before, signal.SIGKILL)

        def is_back():
            now = self.actors()[role]
            return now["pid"] not in (None, before) and now["state"] == "ready"

        self.wait_until(is_back, f"{role} is back")

    def stop(self):
        """Stop in order and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
