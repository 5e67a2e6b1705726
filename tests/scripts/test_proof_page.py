"""What docs/proof.md says of the proofs is what they are."""

import re
import shlex

import pytest
import typer.main

from scripts.cli import COMMANDS, build
from tests.scripts.commands import CHECKOUT
from tests.simulation.mutants import MUTANTS

PAGE = (CHECKOUT / "docs" / "proof.md").read_text(encoding="utf-8")
LOOKED = ("believed.py", "checks.py", "rest.py")


def commands():
    """Every btcbot line of the page that can be typed as it stands."""
    shown = re.findall(r"^    btcbot (.*)$", PAGE, re.MULTILINE)
    return [line for line in shown if "N" not in line]


@pytest.mark.parametrize("line", commands())
def test_each_run_it_reports_can_be_repeated_with_the_line_it_gives(line):
    group = typer.main.get_command(build(COMMANDS))
    name, *words = shlex.split(line)

    group.commands[name].make_context(name, words)  # raises where an option is not there


def test_it_reports_a_run_of_each_kind():
    assert {line.split()[0] for line in commands()} >= {"simulate", "chaos"}


def test_it_counts_the_deliberate_bugs():
    assert f"| {len(MUTANTS)} bugs:" in PAGE


def test_it_names_each_invariant_that_the_simulator_looks_at():
    said = "".join(
        (CHECKOUT / "tests" / "simulation" / name).read_text(encoding="utf-8") for name in LOOKED
    )
    looked_at = set(re.findall(r'"(I\d+)"', said))
    named = set(re.findall(r"\bI\d+\b", "\n".join(re.findall(r"^\| I\d.*?\|", PAGE, re.MULTILINE))))

    assert looked_at == named
