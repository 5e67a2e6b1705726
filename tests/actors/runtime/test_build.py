"""Two texts of the desk are two builds, whatever was changed in them."""

import shutil
import subprocess
import sys

import pytest

from actors.runtime.build import ROOMS
from tests.house import ROOT

ASK = "from actors.runtime.build import build_hash; print(build_hash())"


def build_of(tree):
    told = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tree, env={}, capture_output=True, check=True, text=True
    )
    return told.stdout.strip()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The product's text, to change."""
    copy = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "supervisor.py", copy)
    return copy


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("store/migrations/0001_the_books.sql", True),
        ("actors/executor/actor.py", True),
        ("supervisor.py", True),
        ("config/sim.toml", False),  # what it says has a hash of its own
    ],
)
def test_a_file_that_decides_what_is_done_is_part_of_the_build(tree, path, counts):
    before = build_of(tree)
    with (tree / path).open("a") as file:
        file.write("\n")

    assert (build_of(tree) != before) == counts
