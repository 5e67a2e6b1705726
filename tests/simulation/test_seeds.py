"""Whole desks from seeds: nothing that is promised is ever broken.

A hundred in every run of the tests, five hundred as a proof; `btcbot simulate` for more.
"""

import pytest

from tests.simulation import shrink
from tests.simulation.many import Totals, run_many
from tests.simulation.runs import run_plan

PROVEN_FROM = 10_000


def failures(totals: Totals) -> str:
    """Return what failed, with the seeds to live through it again."""
    lines = [f"seed {one.seed}: {line}" for one in totals.failed for line in one.violations[:3]]
    return "\n".join([*lines, "again: btcbot simulate --seeds 1 --from SEED"])


@pytest.mark.slow
@pytest.mark.timeout(240)  # on a machine that does other things; alone it takes half a minute
def test_a_hundred_worlds_keep_every_promise():
    totals = run_many(range(100), workers=2)

    assert not totals.failed, failures(totals)
    assert totals.average("orders") >= 10
    assert totals.average("fills") >= 15
    assert totals.average("kills") >= 8


@pytest.mark.proof
@pytest.mark.timeout(1_800)
def test_five_hundred_worlds_keep_every_promise():
    totals = run_many(range(PROVEN_FROM, PROVEN_FROM + 500), workers=2)

    assert not totals.failed, failures(totals)
    assert totals.seeds == 500


@pytest.mark.parametrize(("name", "saved"), shrink.saved_in())
def test_a_world_that_once_failed_keeps_every_promise(name, saved):
    assert run_plan(saved.plan).violations == []
