"""What the forkserver and the kernel really do, where a desk must not outlive its supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.actors.runtime.stage import ROOT, alive, is_tracker, until

pytestmark = pytest.mark.contract

# A supervisor with one child that would run for a minute; prints the pids of both and waits.
BARE = """
import multiprocessing, multiprocessing.forkserver, os, signal, sys, time
from tests.actors.runtime import bare

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(sys.argv[1].split(","))
if __name__ == "__main__":
    os.environ["BTCBOT_SUPERVISOR_PID"] = str(os.getpid())
    ours, theirs = context.Pipe()
    child = context.Process(target=bare.child, args=(theirs,), daemon=True)
    child.start()
    ours.recv()
    print(multiprocessing.forkserver._forkserver._forkserver_pid, child.pid, flush=True)
    time.sleep(60)
"""


class Bare:
    """A bare supervisor, its forkserver and its child."""

    def __init__(self, run_dir: Path, *preload: str) -> None:
        script = run_dir / "supervisor.py"
        script.write_text(BARE)
        self.process = subprocess.Popen(
            [sys.executable, str(script), ",".join(preload)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        pids = self.process.stdout.readline().split()
        self.forkserver, self.child = (int(pid) for pid in pids)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for pid in (self.forkserver, self.child):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def bare(run_dir):
    made: list[Bare] = []

    def start(*preload: str) -> Bare:
        made.append(Bare(run_dir, *preload))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_without_our_first_module_forkserver_and_children_outlive_the_supervisor(bare):
    one = bare("json")

    one.process.kill()
    one.process.wait()

    assert not _gone(one, within_s=0.3)


def test_with_our_first_module_all_are_gone_with_the_supervisor(bare):
    one = bare("actors.runtime.preload")

    one.process.kill()
    one.process.wait()

    until(lambda: _gone(one, within_s=0.05), "forkserver and child gone", 1.0)


def test_a_child_gets_pythons_own_handler_of_ctrl_c_back(bare):
    one = bare("json")

    os.kill(one.child, signal.SIGINT)

    until(lambda: not alive(one.child), "the child died of Ctrl-C", 1.0)


def test_with_our_first_module_a_child_is_deaf_to_ctrl_c(bare):
    one = bare("actors.runtime.preload")
    mask = _ignored(one.child)

    assert mask & (1 << (signal.SIGINT - 1))


def test_a_preload_that_cannot_be_imported_is_skipped_in_silence(bare):
    one = bare("no.such.module")

    assert alive(one.child)


def test_a_zombie_still_takes_signal_zero():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    until(lambda: not alive(gone.pid), "a zombie")

    os.kill(gone.pid, 0)  # does not raise: that is no way to ask

    descriptor = os.pidfd_open(gone.pid)
    os.close(descriptor)
    gone.wait()


def test_the_book_keeper_of_multiprocessing_goes_with_the_last_of_them(bare):
    one = bare("actors.runtime.preload")
    trackers = [pid for pid in _all() if is_tracker(pid) and _parent(pid) == one.process.pid]
    assert len(trackers) == 1

    one.process.kill()
    one.process.wait()

    until(lambda: not alive(trackers[0]), "the book-keeper gone", 2.0)


def _gone(one: Bare, *, within_s: float) -> bool:
    try:
        until(lambda: not alive(one.forkserver) and not alive(one.child), "gone", within_s)
    except AssertionError:
        return False
    return True


def _ignored(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("SigIgn"))
    return int(line.split()[1], 16)


def _all() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return 0
