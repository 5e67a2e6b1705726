"""One running desk for all tests of a module."""

import pytest

from store.readers import Reader
from tests.scripts.desks import desk_in, place


@pytest.fixture(scope="module")
def desk():
    """The default desk, ready and with a first fill; it must stop in order afterwards."""
    with place() as run_dir, desk_in(run_dir) as started:
        started.wait_ready()
        started.wait_until(lambda: _fills(run_dir), "a first fill")
        yield started
        assert started.stop() == 0


def _fills(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.fills(1)
