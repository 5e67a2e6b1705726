"""Commands that read the books let the desk go first; those that act on it do not."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.cli import BOOKS, COMMANDS
from scripts.priority import GIVE_WAY

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys
from scripts.cli import run
before = os.getpriority(os.PRIO_PROCESS, 0)
sys.argv = ["btcbot", *sys.argv[1:]]
try:
    run()
except SystemExit:
    print("niceness", before, os.getpriority(os.PRIO_PROCESS, 0))
"""


def niceness(command: str) -> list[int]:
    """Return the niceness of a process before and after it has run *command*."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [int(one) for one in done.stdout.rsplit("niceness ", 1)[1].split()]


@pytest.mark.parametrize("command", ["orders", "verify"])
def test_a_command_that_reads_the_books_gives_way(command):
    before, after = niceness(command)

    assert after == min(19, before + GIVE_WAY)


@pytest.mark.parametrize("command", ["kill", "status"])
def test_a_command_that_is_in_a_hurry_does_not(command):
    before, after = niceness(command)

    assert after == before


def test_whoever_reads_the_books_is_a_command():
    assert set(BOOKS) < set(COMMANDS)
