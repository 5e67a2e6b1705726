"""A bounded memory of mids."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.strategy.samples import SAMPLES_MAX, Samples


def filled(*times_ms, every_ms=1_000, window_ms=60_000, most=SAMPLES_MAX):
    samples = Samples(every_ms=every_ms, window_ms=window_ms, most=most)
    for at_ms in times_ms:
        samples.take(at_ms, Decimal(at_ms))
    return samples


@pytest.mark.parametrize(("at_ms", "count"), [(999, 1), (1_000, 2), (1_001, 2)])
def test_one_sample_each_interval_of_the_clock(at_ms, count):
    assert len(filled(0, at_ms)) == count


def test_intervals_are_the_clocks_so_that_late_samples_do_not_push_the_next_one_back():
    assert filled(0, 1_900, 2_000, 2_900).newest(9) == [0, 1_900, 2_000]


@pytest.mark.parametrize(("now_ms", "count"), [(60_000, 1), (60_001, 0)])
def test_what_is_older_than_the_window_is_forgotten(now_ms, count):
    samples = filled(0)

    samples.forget(now_ms)

    assert len(samples) == count


def test_when_the_clock_is_set_back_what_lies_in_the_future_is_forgotten():
    samples = filled(1_000, 5_000)

    samples.take(2_000, Decimal(7))

    assert samples.newest(9) == [1_000, 7]


def test_the_newest_and_the_sum_of_all():
    samples = filled(1_000, 2_000, 3_000)

    assert samples.newest(2) == [2_000, 3_000]
    assert samples.newest(0) == []
    assert samples.total() == 6_000


@given(st.lists(st.integers(0, 10**7), max_size=200), st.integers(1, 20))
def test_it_never_grows_beyond_its_bound(times_ms, most):
    samples = filled(*times_ms, most=most)

    assert len(samples) <= most
    assert samples.newest(99) == sorted(samples.newest(99))
    assert samples.total() == sum(samples.newest(99))


def test_no_memory_is_larger_than_the_named_bound():
    samples = filled(*range(SAMPLES_MAX + 10), every_ms=1, window_ms=10**9, most=10**9)

    assert len(samples) == SAMPLES_MAX
