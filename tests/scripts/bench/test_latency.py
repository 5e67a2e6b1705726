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
def test_orders_are_timed_from_their_quote_to_their_bytes_and_to_what_is_told(run_dir):
    with desk(Path(run_dir), pace_ms=50) as busy:
        samples = latency.collect(busy, ENOUGH)
        used = memory.measure(busy)

    assert len(samples) >= ENOUGH
    assert all(one.told_ms > 0 and one.left_ms > 0 for one in samples)
    assert used.figures[0].samples == len(ROLES)


def test_bare_chain_gives_back_what_was_put_in_and_times_it():
    with chain() as ends:
        came = ends.pass_through(message())
        taken = samples_us(ends, count=3, pace=Pace(0))

    assert came == message()
    assert len(taken) == 3
    assert min(taken) > 0
