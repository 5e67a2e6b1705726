"""The venue's clock with its error, and stamps that are never signed twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor.clock_offset import (
    APART_MAX_MS,
    Belief,
    Measured,
    Stamps,
    heard,
    jumped,
    measured,
    problem,
    resumed,
)


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


def after(*samples, before=None, wall_ms=10_000):
    """Return what is believed after *samples*; the wall clock is at *wall_ms* when ours is at 0."""
    belief = before or Belief()
    for one in samples:
        belief = heard(belief, one, wall_minus_mono_ms=wall_ms, step_max_ms=250)
    return belief


def at(server_ms, mono_ms):
    """Return an answer without any round trip."""
    return sample(server_ms, mono_ms, mono_ms)


KNOWN = after(at(10_100, 100))


def test_a_surer_measurement_is_kept():
    sure = after(sample(heard_ms=102))

    assert after(sample(10_050, 150, 250), before=sure) == sure


@pytest.mark.parametrize(
    ("by_ms", "believed"), [(250, True), (251, True), (252, False), (-252, False)]
)
def test_one_answer_moves_a_clock_by_no_more_than_a_step(by_ms, believed):
    found = after(at(10_200 + by_ms, 200), before=KNOWN)  # 1 ms of error

    assert (found.clock != KNOWN.clock) is believed
    assert (problem(found, 10_000) == "") is believed


def test_what_contradicts_is_believed_when_it_is_said_twice():
    once = after(at(19_200, 200), before=KNOWN)
    twice = after(at(20_200, 1_200), before=once)

    assert once.clock == KNOWN.clock
    assert twice == Belief(clock=measured(at(20_200, 1_200)))


def test_one_wild_answer_is_forgotten_with_the_next_right_one():
    found = after(at(19_200, 200), at(11_200, 1_200), before=KNOWN)

    assert (found.clock.now_ms(0), problem(found, 10_000)) == (10_000, "")


def test_answers_that_all_contradict_each_other_are_never_believed():
    found = after(at(19_200, 200), at(30_200, 1_200), at(19_200, 2_200), before=KNOWN)

    assert found.clock == KNOWN.clock
    assert problem(found, 10_000) != ""


def test_an_answer_that_stands_still_does_not_confirm_itself():
    found = after(at(19_200, 200), at(19_200, 1_200), before=KNOWN)

    assert found.clock == KNOWN.clock


@pytest.mark.parametrize("by_ms", [APART_MAX_MS, -APART_MAX_MS])
def test_a_clock_as_far_from_the_wall_clock_as_may_be_is_believed(by_ms):
    assert after(at(10_100 + by_ms, 100)).clock.now_ms(0) == 10_000 + by_ms


@pytest.mark.parametrize("by_ms", [APART_MAX_MS + 1, -APART_MAX_MS - 1, 9_999_999_999_999])
def test_one_further_away_is_never_believed_however_often_it_is_said(by_ms):
    found = after(*(at(10_000 + mono + by_ms, mono) for mono in (100, 1_100, 2_100)))

    assert found.clock is None
    assert f"{by_ms:+} ms from this machine's" in problem(found, 10_000)


def test_stamps_follow_the_venue_and_never_repeat():
    stamps = Stamps([5])

    assert [stamps.next(10), stamps.next(10), stamps.next(20), stamps.next(5)] == [10, 11, 20, 6]


def test_when_the_clock_is_set_back_stamps_go_back_with_it():
    stamps = Stamps()
    stamps.next(1_000)
    stamps.next(9_999_999_999_999)

    assert [stamps.next(1_000), stamps.next(1_500)] == [1_001, 1_500]


def test_reserved_stamps_are_nobody_elses():
    stamps = Stamps()

    first = stamps.reserve(10, 3)

    assert (first, stamps.next(10)) == (10, 13)


def test_several_stamps_in_a_row_are_taken_where_so_many_are_free():
    stamps = Stamps([12, 15])

    assert [stamps.reserve(10, 3), stamps.reserve(10, 2)] == [16, 10]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 4)), max_size=60), st.integers(1, 20))
def test_no_stamp_is_given_twice_and_none_is_behind_the_clock(asked, kept):
    stamps, given_ = Stamps(kept_max=kept), []
    for venue_ms, count in asked:
        first = stamps.reserve(venue_ms, count)
        assert first >= venue_ms
        given_ += range(first, first + count)

    assert len(given_) == len(set(given_))


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.integers(0, 200))
def test_no_stamp_that_is_durable_is_given_again_after_a_restart(durable, now_ms):
    stamps = resumed(durable, now_ms=now_ms, window_ms=50)

    assert not {stamps.next(now_ms) for _ in range(300)} & set(durable)


@pytest.mark.parametrize(("last_ms", "next_ms"), [(999, 1_000), (6_000, 6_001), (6_001, 1_000)])
def test_after_a_restart_a_last_stamp_beyond_the_window_holds_nothing_up(last_ms, next_ms):
    assert resumed([last_ms], now_ms=1_000, window_ms=5_000).next(1_000) == next_ms


@pytest.mark.parametrize(
    ("now_ms", "said"), [(1_249, False), (1_250, False), (1_251, True), (749, True)]
)
def test_a_jump_is_more_than_the_limit_either_way(now_ms, said):
    assert jumped(1_000, now_ms, most_ms=250) is said
