"""How old is what a channel said, and may it be believed?"""

import pytest
from msgspec.structs import replace

from actors.market_data import channels
from tests.actors.market_data.markets import OWN, START_MS, WALL_MS, at, top


def heard(ms=0, *, stamp_ms=None, before=None, offset_ms=0, channel="book"):
    return channels.hear(before, channel, top(stamp_ms=stamp_ms), at(ms, offset_ms=offset_ms))


def trouble(said, ms):
    return channels.not_fresh(said, START_MS + ms, OWN)


@pytest.mark.parametrize(("age_ms", "problem"), [(4_999, None), (5_000, None), (5_001, "STALE")])
def test_quote_of_exactly_the_limit_is_fresh(age_ms, problem):
    assert trouble(heard(), age_ms) == problem


@pytest.mark.parametrize(("late_ms", "problem"), [(4_000, None), (4_001, "STALE")])
def test_age_by_the_venues_stamp_counts_where_it_is_larger(late_ms, problem):
    said = heard(stamp_ms=WALL_MS - late_ms)

    assert trouble(said, 1_000) == problem


def test_age_is_the_larger_of_time_since_receipt_and_age_by_the_stamp():
    ahead, behind = heard(stamp_ms=WALL_MS + 1_500), heard(stamp_ms=WALL_MS - 300)

    assert channels.age_ms(ahead, START_MS + 1_000) == 1_000
    assert channels.age_ms(behind, START_MS + 1_000) == 1_300


@pytest.mark.parametrize(
    ("ahead_ms", "problem"), [(1_999, None), (2_000, None), (2_001, "QUOTE_FROM_FUTURE")]
)
def test_stamp_a_little_ahead_is_age_zero_and_far_ahead_is_not_fresh(ahead_ms, problem):
    said = heard(stamp_ms=WALL_MS + ahead_ms)

    assert trouble(said, 0) == problem
    assert channels.age_ms(said, START_MS) == 0


def test_stamps_are_compared_with_the_venues_clock_not_with_ours():
    said = heard(stamp_ms=WALL_MS + 10_000, offset_ms=10_000)

    assert trouble(said, 0) is None


@pytest.mark.parametrize(
    ("still_ms", "problem"), [(59_999, None), (60_000, "BOOK_FROZEN"), (60_001, "BOOK_FROZEN")]
)
def test_answers_whose_stamp_stands_still_are_frozen(still_ms, problem):
    first = heard(stamp_ms=WALL_MS)
    # the venue's clock stands still with its stamps: by age alone it would look fresh
    again = heard(still_ms, stamp_ms=WALL_MS, before=first, offset_ms=-still_ms)

    assert trouble(again, still_ms) == problem


def test_a_new_stamp_ends_standing_still():
    first = heard(stamp_ms=WALL_MS)
    again = heard(60_000, stamp_ms=WALL_MS + 60_000, before=first)

    assert trouble(again, 60_000) is None


def test_a_channel_without_stamps_is_never_frozen():
    first = heard()
    again = heard(70_000, before=first)

    assert trouble(again, 70_000) is None


def test_a_channel_that_broke_off_is_stale_at_once():
    assert trouble(channels.lose(heard()), 0) == "STALE"


@pytest.mark.parametrize(
    ("bid", "ask", "problem"),
    [
        ("100", "101", None),
        ("100", "100", "BOOK_CROSSED"),
        ("101", "100", "BOOK_CROSSED"),
        (None, "100", "BOOK_ONE_SIDED"),
        ("100", None, "BOOK_ONE_SIDED"),
        ("0", "100", "BOOK_ONE_SIDED"),
        ("-1", "100", "BOOK_ONE_SIDED"),
        (None, None, "BOOK_ONE_SIDED"),
    ],
)
def test_locked_crossed_and_one_sided_books_are_no_books_to_trade_on(bid, ask, problem):
    assert channels.not_valid(top(bid, ask)) == problem


def test_a_fresh_book_is_preferred_to_a_younger_answer_of_rest():
    said = {"book": heard(0), "rest": heard(1_000, channel="rest")}

    assert channels.best(said, START_MS + 2_000, OWN).channel == "book"


def test_rest_stands_in_for_a_book_that_is_stale():
    said = {"book": heard(0), "rest": heard(3_000, channel="rest")}

    assert channels.best(said, START_MS + 5_001, OWN).channel == "rest"


def test_when_nothing_is_fresh_the_last_word_is_shown():
    said = {"book": heard(0), "rest": heard(1_000, channel="rest")}

    assert channels.best(said, START_MS + 60_000, OWN).channel == "rest"


def test_of_no_channel_there_is_no_best():
    assert channels.best({}, START_MS, OWN) is None


def test_a_fresh_but_crossed_book_is_not_replaced_by_another_channel():
    crossed = replace(heard(0), top=top("102", "100"))
    said = {"book": crossed, "rest": heard(0, channel="rest")}

    assert channels.best(said, START_MS, OWN).channel == "book"
