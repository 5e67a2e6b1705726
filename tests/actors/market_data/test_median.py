"""The median of sampled mids."""

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market_data.median import Median


def median(window_ms=300_000, sample_ms=1_000):
    return Median(window_ms=window_ms, sample_ms=sample_ms)


def test_of_nothing_there_is_no_median():
    assert median().value(0) is None


def test_the_middle_of_an_odd_number_and_the_mean_of_the_two_of_an_even_one():
    one = median()
    for n, mid in enumerate((10, 30, 20)):
        one.take(Decimal(mid), n * 1_000)
    assert one.value(2_000) == 20

    one.take(Decimal(21), 3_000)

    assert one.value(3_000) == Decimal("20.5")


@pytest.mark.parametrize(("after_ms", "count"), [(999, 1), (1_000, 2), (1_001, 2)])
def test_one_sample_each_interval(after_ms, count):
    one = median()
    one.take(Decimal(1), 0)

    one.take(Decimal(2), after_ms)

    assert len(one) == count


@pytest.mark.parametrize(("now_ms", "value"), [(300_000, 1), (300_001, None)])
def test_a_sample_is_forgotten_when_the_window_is_past(now_ms, value):
    one = median()
    one.take(Decimal(1), 0)

    assert one.value(now_ms) == value


@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 10**12)), max_size=60))
def test_it_is_the_median_of_the_window_and_never_more_than_window_by_interval(moves):
    one, now, kept = median(window_ms=20_000), 0, []
    for wait_ms, cents in moves:
        now += wait_ms
        mid = Decimal(cents).scaleb(-2)
        if not kept or now - kept[-1][0] >= 1_000:
            kept.append((now, mid))
        one.take(mid, now)
        kept = [(at, price) for at, price in kept if now - at <= 20_000]
        assert one.value(now) == statistics.median(price for _, price in kept)
        assert len(one) <= 21
