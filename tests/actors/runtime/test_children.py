"""Starting a child: what it must not inherit, and what must not be lost meanwhile."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from actors.runtime.children import ctrl_c_held_back
from actors.runtime.signals import Signals

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
