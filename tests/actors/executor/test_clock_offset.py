"""The venue's clock with its error, and stamps that are never signed twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor.clock_offset import Measured, Stamps, better, jumped, measured


def sample(server_ms=10_000, asked_ms=100, heard_ms=120):
    return Measured(server_ms=server_ms, asked_ms=asked_ms, heard_ms=heard_ms)


def test_the_answer_lay_in_the_middle_of_the_round_trip():
    clock = measured(sample())

    assert clock.now_ms(110) == 10_000
    assert clock.error_ms == 10


@given(
    truth=st.integers(-(10**12), 10**12),
    asked=st.integers(0, 10**9),
    there=st.integers(0, 60_000),
    back=st.integers(0, 60_000),
)
def test_the_truth_lies_within_the_error_however_lopsided_the_trip(truth, asked, there, back):
    one = sample(asked + there + truth, asked, asked + there + back)
    clock = measured(one)

    assert abs(clock.now_ms(one.heard_ms) - (one.heard_ms + truth)) <= clock.error_at(one.heard_ms)


def test_the_error_grows_with_age():
    clock = measured(sample())

    assert clock.error_at(120) == 11
    assert clock.error_at(120 + 600_000) == 11 + 60


def test_a_surer_measurement_is_kept():
    sure = measured(sample(heard_ms=102))

    assert better(sure, sample(10_050, 150, 250)) is sure


def test_a_measurement_that_contradicts_the_old_one_is_believed():
    old = measured(sample(heard_ms=102))

    assert better(old, sample(99_000, 150, 250)).now_ms(200) == 99_000


def test_stamps_follow_the_venue_and_never_repeat():
    stamps = Stamps(last_ms=5)

    assert [stamps.next(10), stamps.next(10), stamps.next(3), stamps.next(20)] == [10, 11, 12, 20]


def test_reserved_stamps_are_nobody_elses():
    stamps = Stamps()

    first = stamps.reserve(10, 3)

    assert (first, stamps.next(10)) == (10, 13)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 4)), max_size=30))
def test_no_stamp_is_given_twice(asked):
    stamps, given_ = Stamps(), []
    for venue_ms, count in asked:
        first = stamps.reserve(venue_ms, count)
        given_ += range(first, first + count)

    assert len(given_) == len(set(given_))
    assert given_ == sorted(given_)


@pytest.mark.parametrize(
    ("now_ms", "said"), [(1_249, False), (1_250, False), (1_251, True), (749, True)]
)
def test_a_jump_is_more_than_the_limit_either_way(now_ms, said):
    assert jumped(1_000, now_ms, most_ms=250) is said
