"""The benchmark runs, prints what it measured, and fails on none of it."""

import pytest

from scripts.bench import command
from scripts.bench.figures import Figure, Section
from tests.scripts.commands import here


@pytest.mark.slow
def test_part_prints_figures_with_floor_ratio_and_goal(run_dir):
    done = here("bench", "--quick", "--json", "--only", "commits", run_dir=run_dir)

    [section] = done.document["sections"]
    assert done.code == 0
    assert section["left_out"] is None
    assert section["figures"][0]["ratio"] > 0
    assert section["figures"][0]["goal"]
    assert not (run_dir / "bench").exists()


def test_part_that_cannot_be_measured_is_left_out_with_its_reason(run_dir, monkeypatch):
    def broken(_directory, *, quick):
        raise RuntimeError("no such thing here")

    monkeypatch.setitem(command.PARTS, "commits", broken)

    done = here("bench", "--only", "commits", run_dir=run_dir)

    assert done.code == 0
    assert "commits: left out: RuntimeError: no such thing here" in done.out


def test_missed_goal_is_told_and_is_no_failure(run_dir, monkeypatch):
    slow = Section(title="slow", figures=(Figure(what="it", value=9.0, unit="ms", goal=1.0),))
    monkeypatch.setitem(command.PARTS, "commits", lambda _directory, *, quick: slow)

    done = here("bench", "--only", "commits", run_dir=run_dir)

    assert done.code == 0
    assert "WARN" in done.out


def test_part_that_does_not_exist_is_wrong_usage(run_dir):
    assert here("bench", "--only", "nothing", run_dir=run_dir).code == 2
