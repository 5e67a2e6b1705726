"""One running desk for all tests of a module."""

import shutil
import tempfile
from pathlib import Path

import pytest

from store.readers import Reader
from tests.scripts.desks import RunningDesk


@pytest.fixture(scope="module")
def desk():
    """The default desk, ready and with a first fill; it must stop in order afterwards."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))  # short: sockets lie below it
    running = RunningDesk(run_dir)
    try:
        running.wait_ready()
        running.wait_until(lambda: _fills(run_dir), "a first fill")
        yield running
        assert running.stop() == 0
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        shutil.rmtree(run_dir, ignore_errors=True)


def _fills(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.fills(1)
