"""What tests may ask for: a run directory of their own, and ports nobody else has."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No test fails on a time. On the gate the examples are the same in every run: what is new there
# has to be the change, not the dice.
settings.register_profile("person", deadline=None)
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "person")


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A run directory only this test uses, gone afterwards.

    Its path is short on purpose: a socket below it may have at most 107 bytes, which pytest's own
    `tmp_path` soon exceeds.
    """
    path = Path(tempfile.mkdtemp(prefix="btcbot-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def free_port() -> Iterator[Callable[[], int]]:
    """A function that returns a loopback port free at the moment, another one at each call."""
    taken: list[socket.socket] = []

    def pick() -> int:
        # Held without listening until the test ends, so that no second call gets the same; a
        # server that sets SO_REUSEADDR can still bind it.
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        taken.append(held)
        return int(held.getsockname()[1])

    yield pick
    for held in taken:
        held.close()
