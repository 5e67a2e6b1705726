"""What is timed on the real desk is what happened there."""

from pathlib import Path

import pytest

from actors.topology import ROLES
from scripts.bench import latency, memory
from scripts.bench.chain import chain, message, samples_us
from scripts.bench.desks import desk
from scripts.pace import Pace

ENOUGH = 5


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_orders_are_timed_from_their_quote_over_the_commit_to_their_bytes(run_dir):
    with desk(Path(run_dir), pace_ms=50) as busy:
        samples = latency.collect(busy, ENOUGH)
        used = memory.measure(busy)

    assert len(samples) >= ENOUGH
    assert all(0 < one.committed_ms < one.left_ms for one in samples)
    assert used.figures[0].samples == len(ROLES)


def test_bare_chain_gives_back_what_was_put_in_and_times_it():
    with chain() as ends:
        came = ends.pass_through(message())
        taken = samples_us(ends, count=3, pace=Pace(0))

    assert came == message()
    assert len(taken) == 3
    assert min(taken) > 0
