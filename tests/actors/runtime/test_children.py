"""Starting a child: what it must not inherit, and what must not be lost meanwhile."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.runtime.children import ctrl_c_held_back
from actors.runtime.signals import Signals

NOTED = """
import sys
from multiprocessing import util
from pathlib import Path
from actors.runtime.children import Forkserver
Forkserver([]).tidy(Path(sys.argv[1]))
print(util.get_temp_dir(), flush=True)
sys.stdin.read()
"""
BLOCKED = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


@pytest.fixture
def signals() -> Iterator[Signals]:
    before = signal.getsignal(signal.SIGINT)
    made = Signals({signal.SIGINT: lambda: "interrupted"})
    yield made
    made.close()
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_that_comes_while_a_child_is_started_is_not_lost(signals):
    with ctrl_c_held_back():
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # no other thread may take it
        held = signals.drain()

    assert held == []
    assert [heard.message for heard in signals.drain()] == ["interrupted"]


def test_a_program_that_starts_meanwhile_is_deaf_to_it():
    with ctrl_c_held_back():
        said = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, check=True)

    assert said.stdout == b"True\n"


def test_afterwards_nothing_is_held_back():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    with ctrl_c_held_back():
        pass

    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


@contextmanager
def noting(note):
    """A process that tidied up with *note*, and its temporary directory; killed afterwards."""
    argv = [sys.executable, "-c", NOTED, str(note)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        try:
            yield Path(one.stdout.readline().strip())
        finally:
            one.kill()


def test_what_was_left_goes_with_the_next_start_but_not_with_one_on_a_copy(tmp_path):
    run_dir, copy = tmp_path / "var", tmp_path / "copy"
    run_dir.mkdir()
    with noting(run_dir / "temporary") as living:
        shutil.copytree(run_dir, copy)
        with noting(copy / "temporary") as copied:
            assert living.is_dir()
    with noting(run_dir / "temporary") as following:
        assert not living.exists()

    for left in (copied, following):
        shutil.rmtree(left)
