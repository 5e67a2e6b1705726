"""What the desk may ask of the venue in a minute is no more than the venue takes."""

import pytest

from actors.executor.settings import Budgets
from config.agree import TAKEN_FROM
from config.layers import SHIPPED
from config.load import load
from tests.config.test_load import faults, keys, live, over_sim, write

TOO_MANY = "burst = 1, per_min = 100_000"


def paper(folder, text):
    return write(folder, f"extends = 'paper.toml'\n{text}")


def budget(name, told):
    return f"[executor.budgets]\n{name} = {{ {told} }}\n"


def test_every_budget_is_held_against_what_the_venue_takes():
    assert set(TAKEN_FROM) == set(Budgets.__struct_fields__)
    takes = load(SHIPPED / "paper.toml").venue.budgets
    assert all(endpoint in takes for endpoints in TAKEN_FROM.values() for endpoint in endpoints)


@pytest.mark.parametrize("name", sorted(TAKEN_FROM))
def test_a_budget_above_what_the_venue_takes_ends_the_start(tmp_path, name):
    assert set(keys(paper(tmp_path, budget(name, TOO_MANY)))) == {f"executor.budgets.{name}"}


@pytest.mark.parametrize(("per_min", "wrong"), [(89, 0), (90, 0), (91, 1)])
def test_what_comes_at_once_counts_beside_what_comes_in_a_minute(tmp_path, per_min, wrong):
    told = budget("fills", f"burst = 30, per_min = {per_min}")

    if not wrong:
        load(paper(tmp_path, told))
        return
    (fault,) = faults(paper(tmp_path, told))
    assert fault.found == "30 at once and 91 a minute"
    assert "GET /api/v1/users/transactions/trade" in fault.expected
    assert "120 in 60 s" in fault.expected


@pytest.mark.parametrize(("per_min", "wrong"), [(179, 0), (180, 0), (181, 1)])
def test_books_are_asked_for_no_more_often_than_the_venue_takes(tmp_path, per_min, wrong):
    told = paper(tmp_path, f"[market_data]\nrest_per_min_max = {per_min}\n")

    if not wrong:
        load(told)
        return
    assert keys(told) == ["market_data.rest_per_min_max"]


def test_a_longer_window_of_the_venue_counts_in_full(tmp_path):
    told = '[venue.budgets]\n"GET /api/v2/server/time" = { calls = 60, period_s = 600 }\n'

    assert keys(paper(tmp_path, told)) == ["executor.budgets.server_time"]


def test_a_simulated_market_may_be_asked_beyond_limits_that_its_venue_does_not_enforce(tmp_path):
    told = budget("submit", TOO_MANY)

    assert load(over_sim(tmp_path, told)).executor.budgets.submit.per_min == 100_000


def test_live_may_not(tmp_path):
    path = live(tmp_path)
    path.write_text(path.read_text() + budget("submit", TOO_MANY))

    assert keys(path) == ["executor.budgets.submit"]
