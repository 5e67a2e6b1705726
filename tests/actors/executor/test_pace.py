"""Budgets that are kept and waits that grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor.pace import Backoff, Bucket
from actors.executor.settings import Budget


def test_a_full_bucket_gives_its_burst_at_once_and_then_its_rate():
    bucket = Bucket(Budget(burst=2, per_min=60), now_ms=0)
    taken = []
    for now_ms in (0, 0, 0, 999, 1_000, 1_001):
        taken.append(bucket.has_room(now_ms))
        if taken[-1]:
            bucket.take(now_ms)

    assert taken == [True, True, False, False, True, False]


def test_it_never_holds_more_than_its_burst():
    bucket = Bucket(Budget(burst=2, per_min=60), now_ms=0)

    assert bucket.calls_left(10**9) == 2


@given(
    burst=st.integers(1, 20),
    per_min=st.integers(1, 300),
    steps=st.lists(st.integers(0, 2_000), max_size=120),
)
def test_no_minute_sees_more_than_burst_and_rate(burst, per_min, steps):
    bucket, now_ms, taken = Bucket(Budget(burst=burst, per_min=per_min), now_ms=0), 0, []
    for step in steps:
        now_ms += step
        if bucket.has_room(now_ms):
            bucket.take(now_ms)
            taken.append(now_ms)

    for start in taken:
        assert sum(1 for at in taken if start <= at < start + 60_000) <= burst + per_min


def due_times(backoff, key, until_ms):
    found = []
    for now_ms in range(0, until_ms, 10):
        if backoff.is_due(key, now_ms):
            backoff.tried(key, now_ms)
            found.append(now_ms)
    return found


def test_waits_double_up_to_the_longest():
    assert due_times(Backoff(first_ms=100, most_ms=300), "a", 1_500) == [
        0,
        100,
        300,
        600,
        900,
        1_200,
    ]


def test_one_key_does_not_slow_another():
    backoff = Backoff(first_ms=100, most_ms=300)
    backoff.tried("a", 0)

    assert (backoff.is_due("a", 50), backoff.is_due("b", 50)) == (False, True)


def test_hurried_is_due_at_once_and_begins_anew():
    backoff = Backoff(first_ms=100, most_ms=900)
    for now_ms in (0, 100, 300):
        backoff.tried("a", now_ms)

    backoff.hurry("a")

    assert backoff.is_due("a", 301)
    backoff.tried("a", 301)
    assert backoff.is_due("a", 401)


@pytest.mark.parametrize("kept", [["a"], []])
def test_what_is_not_kept_is_forgotten(kept):
    backoff = Backoff(first_ms=100, most_ms=900)
    backoff.tried("a", 0)

    backoff.keep(kept)

    assert backoff.was_tried("a") is bool(kept)
