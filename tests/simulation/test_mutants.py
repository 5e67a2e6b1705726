"""The simulator is worth the bugs it finds: each deliberate one, where it is known to show.

The same worlds keep every promise without the bug, so that it is the bug which is found.
"""

import ast
from pathlib import Path

import pytest

from tests.simulation.elsewhere import ELSEWHERE
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutation import applied
from tests.simulation.runs import run_plan
from tests.simulation.shrink import names

ROOT = Path(__file__).parents[2]
LOOKED_AT_MAX = 100  # worlds; the known ones come first
NAMES = [mutant.name for mutant in MUTANTS]


def test_there_are_enough_of_them():
    assert len(MUTANTS) >= 30
    assert len(set(NAMES)) == len(MUTANTS)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_each_breaks_its_promise_where_nothing_is_broken_without_it(mutant):
    seed, broken = found(mutant)

    assert broken[:1], f"{mutant.name} was not found in {LOOKED_AT_MAX} worlds"
    assert broken[0] in mutant.caught_by
    assert run_plan(mutant.plan(seed)).violations == []


def found(mutant):
    """Return the seed that shows *mutant* and what it breaks: a known one, else the next."""
    seeds = dict.fromkeys([*mutant.seeds, *range(LOOKED_AT_MAX)])
    with applied(mutant):
        for seed in seeds:
            broken = names(run_plan(mutant.plan(seed), first_only=True).violations)
            if broken:
                return seed, broken
    return 0, []


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_each_is_taken_back(mutant):
    with applied(mutant):
        pass
    with applied(mutant):  # what it replaces is found again
        pass


@pytest.mark.parametrize(("bug", "file", "test"), ELSEWHERE, ids=[one[0] for one in ELSEWHERE])
def test_what_no_world_can_show_has_a_test_of_its_own(bug, file, test):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert test in [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)], bug
