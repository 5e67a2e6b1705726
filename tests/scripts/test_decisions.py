"""Why an order was not sent, in one line."""

import pytest

from scripts.decisions import with_numbers

REJECTED = {
    "outcome": "rejected",
    "reason": "MIN_NOTIONAL",
    "wishes": [
        {
            "wish": "0.01",
            "allocated": "50",
            "binding": "CASH_TARGET",
            "caps": {"CASH_TARGET": "50", "CYCLE_CAP": "1000"},
        }
    ],
}


def test_wish_that_a_cap_made_too_small_shows_the_cap():
    line = with_numbers(REJECTED)

    assert line["observed"] == "wish 0.01, allocated 50"
    assert line["limit"] == "CASH_TARGET 50"


def test_wish_that_no_cap_bound_shows_no_limit():
    wish = {"wish": "0.01", "allocated": None, "binding": None, "caps": {}}

    line = with_numbers({**REJECTED, "wishes": [wish]})

    assert line["observed"] == "wish 0.01"
    assert "limit" not in line


@pytest.mark.parametrize(
    "decision",
    [
        {"outcome": "refused", "observed": "201 bps", "limit": "200 bps", "wishes": []},
        {"outcome": "sent", "wishes": REJECTED["wishes"]},
        {"outcome": "rejected", "wishes": []},
    ],
)
def test_decision_that_says_all_by_itself_stays_as_it_is(decision):
    assert with_numbers(decision) == decision
