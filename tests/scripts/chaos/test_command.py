"""What a person may ask chaos for."""

import pytest

from tests.scripts.commands import btcbot, here


@pytest.mark.parametrize("wrong", ["nonsense", "executor.C99", "executor.C3:0"])
def test_crash_point_that_there_is_not_is_wrong_usage_and_names_those_there_are(wrong):
    done = btcbot("chaos", "--crash-at", wrong)

    assert (done.code, done.out) == (2, "")
    assert repr(wrong) in done.err
    assert "C1, C3, C3b, C4" in done.err


def test_help_says_what_the_seed_and_the_minutes_are():
    done = here("chaos", "--help")

    assert done.code == 0
    for option in ("--minutes", "--seed", "--crash-at", "--contention", "--json"):
        assert option in done.out
