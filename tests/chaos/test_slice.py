"""Three minutes of chaos from one seed, with orders flowing: nothing twice, nothing lost."""

import shutil
import tempfile
from pathlib import Path

import pytest

from scripts.chaos.run import run

pytestmark = [pytest.mark.proof, pytest.mark.timeout(700)]

MINUTES = 3


def test_three_minutes_of_kills_cuts_and_lies_leave_books_and_exchange_equal():
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))  # kept when there is something to find in it
    report = run(run_dir, seed=1, minutes=MINUTES, tell=print, environ={})
    print(report, run_dir)

    assert report.violations == []
    assert set(report.differences.values()) == {"0"}
    assert report.kills >= 13 * MINUTES
    assert report.cuts >= 5 * MINUTES
    assert report.drills >= 1
    assert report.orders >= 20 * MINUTES
    assert report.fills >= 10 * MINUTES
    shutil.rmtree(run_dir)
