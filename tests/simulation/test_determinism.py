"""A world is a function of its plan: whatever it shows can be shown again."""

import os
import subprocess
import sys

import pytest

from tests.simulation.plans import plan_for
from tests.simulation.runs import run_plan, run_seed

SEEDS = (1, 4, 7)
PROGRAM = """
from tests.simulation.runs import run_seed
print(*(run_seed(seed).trace for seed in {seeds}))
"""


def traces(hash_seed):
    """Return the traces that a process with another order of sets and dicts comes to."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(seeds=SEEDS)],
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_seed_gives_one_plan():
    assert plan_for(5) == plan_for(5)
    assert plan_for(5) != plan_for(6)


def test_a_plan_gives_one_trace():
    plan = plan_for(2)

    first, second = run_plan(plan), run_plan(plan)

    assert first.trace == second.trace
    assert (first.orders, first.fills, first.kills) == (second.orders, second.fills, second.kills)


@pytest.mark.slow
def test_the_trace_does_not_depend_on_the_order_of_hashes():
    here = [run_seed(seed).trace for seed in SEEDS]

    assert traces(1) == here
    assert traces(2) == here
