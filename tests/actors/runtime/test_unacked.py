"""Records are kept until acknowledged, said again, and never dropped."""

import pytest

from actors.runtime.failures import InvariantBroken
from actors.runtime.unacked import AGAIN_MAX, ROOM, Unacked


def keeping(count, *, full_at=256, now_ms=0):
    unacked = Unacked(wall_ms=1_000, full_at=full_at)
    kept = [
        unacked.keep("decision", {"n": n}, instrument="BTC_TRY", at_ms=5, now_ms=now_ms)
        for n in range(count)
    ]
    return unacked, kept


def test_records_are_numbered_without_a_gap():
    _, kept = keeping(3)

    assert [one.seq for one in kept] == [1_000_000, 1_000_001, 1_000_002]


def test_an_acknowledgement_covers_all_before_it():
    unacked, kept = keeping(3)

    unacked.acknowledged(kept[1].seq)

    assert unacked.again(1_000) == [kept[2]]


def test_an_acknowledgement_of_an_earlier_life_says_nothing():
    unacked, kept = keeping(2)

    unacked.acknowledged(kept[0].seq - 1)

    assert len(unacked) == 2


@pytest.mark.parametrize(("after_ms", "again"), [(999, 0), (1_000, 2)])
def test_a_record_is_said_again_a_second_after_it_was_said(after_ms, again):
    unacked, _ = keeping(2, now_ms=50)

    assert len(unacked.again(50 + after_ms)) == again
    assert unacked.again(50 + after_ms) == []


def test_the_oldest_are_said_again_first_and_not_all_at_once():
    unacked, kept = keeping(AGAIN_MAX + 1)

    assert unacked.again(1_000) == kept[:AGAIN_MAX]
    assert unacked.again(1_000) == kept[AGAIN_MAX:]


@pytest.mark.parametrize(("count", "full"), [(9, False), (10, True), (11, True)])
def test_it_is_full_at_its_bound_and_still_takes_what_was_on_its_way(count, full):
    unacked, kept = keeping(count, full_at=10)

    assert unacked.full is full
    assert len(kept) == count


def test_a_sender_that_goes_on_long_after_it_was_full_is_broken():
    with pytest.raises(InvariantBroken):
        keeping(10 + ROOM + 1, full_at=10)
