"""Each test has a store of its own, in memory where the system has a place for that."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.history import opened, rich

MEMORY = "/dev/shm"  # a file system like any other, but fsync costs nothing


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A run directory only this test uses, gone afterwards."""
    base = MEMORY if os.access(MEMORY, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="btcbot-", dir=base))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def store(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2)])
        yield writer, history, run_dir
