"""A venue to trade at; at the end the books of whoever did must follow from his journal."""

import pytest

from store.readers import Reader
from store.verify import verify
from tests.actors.executor.venues import trading


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found
    with Reader.open(found.run_dir) as reader:
        assert verify(reader).differences == ()
