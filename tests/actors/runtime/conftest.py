"""Desks of test actors that tests may ask for; nothing of them is left afterwards."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.actors.runtime.lines import House
from tests.actors.runtime.stage import EAGER, Stage
from tests.actors.runtime.troupe import Play


@pytest.fixture
def stage(run_dir) -> Iterator[Callable[[Play], Stage]]:
    """A function that starts a troupe in this test's own run directory."""
    running: list[Stage] = []

    def start(play: Play) -> Stage:
        running.append(Stage(run_dir, play))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[Stage]:
    """One desk for all tests that only look at it."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    one = Stage(run_dir, Play())
    one.all_ready()
    yield one
    one.close()
    shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def eager() -> Iterator[Stage]:
    """One desk for all tests that only kill an actor: it restarts without a limit or a delay."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    one = Stage(run_dir, Play(supervision=EAGER))
    one.all_ready()
    yield one
    one.close()
    shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture
def house(run_dir):
    made = House(run_dir)
    yield made
    made.close()
