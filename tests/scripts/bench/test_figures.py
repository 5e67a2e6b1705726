"""What is said about a measured number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.figures import Figure, goal, quantile, row


def figure(**given):
    return Figure(**{"what": "commit", "value": 2.0, "unit": "ms", **given})


@pytest.mark.parametrize(("ratio", "found"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4)])
def test_quantile_is_the_smallest_sample_that_enough_others_do_not_exceed(ratio, found):
    assert quantile([3, 1, 4, 2], ratio) == found


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1))
def test_quantile_is_one_of_the_samples_with_enough_below(samples, ratio):
    found = quantile(samples, ratio)

    assert found in samples
    assert sum(one <= found for one in samples) >= ratio * len(samples)


def test_quantile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


@pytest.mark.parametrize(("limit", "reached"), [(1.9, False), (2.0, True), (2.1, True)])
def test_goal_of_a_duration_is_inclusive(limit, reached):
    assert figure(goal=limit).reached is reached


@pytest.mark.parametrize(("limit", "reached"), [(1.9, True), (2.0, True), (2.1, False)])
def test_goal_of_a_rate_is_a_floor_and_inclusive(limit, reached):
    assert figure(goal=limit, more_is_better=True).reached is reached


def test_goal_of_a_ratio_is_judged_against_the_floor_of_the_run():
    one = figure(value=3.0, floor=2.0, goal=1.5, goal_of="ratio")

    assert (one.ratio, one.reached, goal(one)) == (1.5, True, "≤ 1.5×")


def test_ratio_without_a_floor_is_not_judged():
    assert figure(goal=1.5, goal_of="ratio").reached is None


def test_missed_goal_is_a_warning_in_the_table():
    assert row(figure(goal=1.0))[""] == "WARN"
