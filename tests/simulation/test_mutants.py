"""The simulator is worth the bugs it finds: each deliberate one, where docs/proof.md says.

The same worlds keep every promise without the bug, so that it is the bug which is found.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.simulation import caught
from tests.simulation.elsewhere import ELSEWHERE
from tests.simulation.mutants import MUTANTS
from tests.simulation.mutation import ITS_OWN, applied
from tests.simulation.runs import run_plan

ROOT = Path(__file__).parents[2]
PAGE = caught.PAGE.read_text(encoding="utf-8")
RENEW = "the page is old: python -m tests.simulation.caught --write"
NAMES = [mutant.name for mutant in MUTANTS]


def test_there_are_enough_of_them():
    assert len(MUTANTS) >= 30
    assert len(set(NAMES)) == len(MUTANTS)


def test_the_page_tells_of_each_where_it_was_found():
    rows = caught.recorded(PAGE)

    assert [row.mutant for row in rows] == NAMES, RENEW
    for row, mutant in zip(rows, MUTANTS, strict=True):
        assert row.broke in mutant.caught_by, RENEW
        assert row.seed < caught.WORLDS_MAX
        assert row.given == (mutant.world != ITS_OWN), RENEW


def test_what_is_written_into_the_page_is_read_from_it():
    rows = [caught.Caught(mutant="sold_stays", broke="I9", seed=7, given=True)]
    page = caught.renewed(PAGE, rows)

    assert caught.recorded(page) == rows
    assert caught.renewed(page, caught.recorded(PAGE)) == PAGE


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_each_breaks_its_promise_where_nothing_is_broken_without_it(mutant):
    said = next(row for row in caught.recorded(PAGE) if row.mutant == mutant.name)

    found = caught.look(mutant, [said.seed])

    assert found is not None, f"world {said.seed} does not show it any more; {RENEW}"
    assert found.broke in mutant.caught_by
    assert run_plan(mutant.plan(said.seed)).violations == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_each_is_taken_back(mutant):
    with applied(mutant):
        pass
    with applied(mutant):  # what it replaces is found again
        pass


def test_each_invariant_is_one_that_some_bug_breaks_first():
    broken = {row.broke for row in caught.recorded(PAGE)} | {one[0] for one in ELSEWHERE}

    assert broken >= {f"I{number}" for number in range(1, 21)}


@pytest.mark.parametrize(
    ("invariant", "bug", "file", "test"), ELSEWHERE, ids=[one[1] for one in ELSEWHERE]
)
def test_what_no_world_can_show_has_a_test_of_its_own(invariant, bug, file, test):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert test in [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)], bug
    assert re.search(rf"\b{invariant}\b", PAGE)
