"""What one instrument's quote is, when it may be traded on, and when it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market_data.quotes import Quoted
from actors.market_data.settings import Settings
from messages.money import amount
from tests.actors.market_data.markets import BTC, OWN, START_MS, at, top


def quoted(own=OWN):
    return Quoted(BTC, own, now_ms=START_MS)


def problem(one, ms):
    return one.problem(START_MS + ms)


def test_an_instrument_never_heard_is_unheard_and_has_no_sides():
    one = quoted()

    said = one.say(at(300))

    assert (said.problem, said.bid, said.ask, said.age_ms) == ("UNHEARD", None, None, 300)


def test_the_first_book_is_traded_on_at_once():
    one = quoted()

    one.hear("book", top("100", "102"), at(0))

    said = one.say(at(0))
    assert (said.problem, said.mid, said.channel) == (None, amount(101), "book")


@pytest.mark.parametrize(
    ("fresh_ms", "expected"), [(2_999, "RECOVERING"), (3_000, None), (3_001, None)]
)
def test_a_stale_instrument_is_back_after_unbroken_freshness(fresh_ms, expected):
    one = quoted()
    one.hear("book", top(), at(0))
    assert problem(one, 6_000) == "STALE"
    one.hear("book", top(), at(6_000))

    assert problem(one, 6_000 + fresh_ms) == expected


def test_a_break_on_the_way_back_starts_the_wait_anew():
    one = quoted()
    one.hear("book", top(), at(0))
    one.hear("book", top(), at(6_000))
    one.hear("book", top(), at(11_001))  # one ms after the book of 6,000 went stale

    assert problem(one, 11_001 + 2_999) == "RECOVERING"
    assert problem(one, 11_001 + 3_000) is None


def test_a_silence_that_nobody_looked_at_is_noticed_when_the_next_book_comes():
    one = quoted()
    one.hear("book", top(), at(0))

    one.hear("book", top(), at(20_000))

    assert problem(one, 20_000) == "RECOVERING"


def test_rest_that_comes_in_time_keeps_the_instrument_fresh_without_a_break():
    one = quoted()
    one.hear("book", top(), at(0))
    one.hear("rest", top(), at(4_000))

    assert problem(one, 8_000) is None
    assert one.say(at(8_000)).channel == "rest"


def test_a_lost_stream_makes_the_book_stale_until_a_new_one_came_and_recovered():
    one = quoted()
    one.hear("book", top(), at(0))

    one.stream_lost(START_MS + 100)

    assert problem(one, 100) == "STALE"
    one.hear("book", top(), at(200))
    assert problem(one, 200) == "RECOVERING"
    assert problem(one, 3_200) is None


def test_what_a_lost_stream_said_last_is_still_shown():
    one = quoted()
    one.hear("book", top("100", "102"), at(0))
    one.stream_lost(START_MS + 100)

    said = one.say(at(100))

    assert (said.bid, said.ask, said.problem) == (amount(100), amount(102), "STALE")


def test_a_lost_stream_takes_nothing_from_rest():
    one = quoted()
    one.hear("book", top(), at(0))
    one.hear("rest", top(), at(0))

    one.stream_lost(START_MS + 100)

    assert problem(one, 100) is None


def test_a_crossed_book_is_traded_on_again_as_soon_as_it_is_right():
    one = quoted()
    one.hear("book", top("102", "100"), at(0))
    assert problem(one, 0) == "BOOK_CROSSED"

    one.hear("book", top("100", "102"), at(10))

    assert problem(one, 10) is None


def test_the_median_is_of_books_that_could_be_traded_on():
    one = quoted()
    one.hear("book", top("102", "100"), at(0))  # crossed
    assert one.say(at(0)).median is None

    one.hear("book", top("100", "102"), at(1_000))

    assert one.say(at(1_000)).median == amount(101)


def test_a_change_is_said_at_once_when_nothing_was_said_a_moment_ago():
    one = quoted()
    one.hear("book", top("100", "102"), at(0))
    one.say(at(0))

    one.hear("book", top("101", "102"), at(60))

    assert one.wait_ms(START_MS + 60) == 0


@pytest.mark.parametrize(("since_ms", "wait_ms"), [(10, 40), (49, 1), (50, 0), (51, 0)])
def test_changes_come_at_most_so_often(since_ms, wait_ms):
    one = quoted()
    one.hear("book", top("100", "102"), at(0))
    one.say(at(0))
    one.hear("book", top("101", "102"), at(since_ms))

    assert one.wait_ms(START_MS + since_ms) == wait_ms


def test_a_change_of_health_does_not_wait():
    one = quoted()
    one.hear("book", top("100", "102"), at(0))
    one.say(at(0))

    one.hear("book", top("102", "102"), at(1))

    assert one.wait_ms(START_MS + 1) == 0


def test_what_did_not_change_waits_for_its_second():
    one = quoted()
    one.hear("book", top(), at(0))
    one.say(at(0))
    one.hear("book", top(), at(500))

    assert one.wait_ms(START_MS + 500) is None
    assert not one.is_due(START_MS + 999)
    assert one.is_due(START_MS + 1_000)


def test_with_no_interval_every_change_is_said():
    one = quoted(Settings(quote_every_ms=0))
    one.hear("book", top("100", "102"), at(0))
    one.say(at(0))
    one.hear("book", top("101", "102"), at(0))

    assert one.is_due(START_MS)


def test_a_change_of_size_alone_is_a_change():
    one = quoted()
    one.hear("book", top(size="1"), at(0))
    one.say(at(0))
    one.hear("book", top(size="2"), at(60))

    assert one.is_due(START_MS + 60)


def test_each_quote_has_the_next_number():
    one = quoted()

    assert [one.say(at(n)).seq for n in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("waited_ms", "settled", "named"), [(5_000, False, "UNHEARD"), (5_001, True, "STALE")]
)
def test_an_instrument_nobody_hears_of_is_stale_after_a_while(waited_ms, settled, named):
    one = quoted()

    assert one.settled(START_MS + waited_ms) is settled
    assert problem(one, waited_ms) == named


def test_an_instrument_heard_for_the_first_time_has_nothing_to_recover_from():
    one = quoted()
    assert problem(one, 60_000) == "STALE"

    one.hear("book", top(), at(60_000))

    assert problem(one, 60_000) is None


def test_an_instrument_that_was_heard_is_settled():
    one = quoted()
    one.hear("book", top("102", "100"), at(0))

    assert one.settled(START_MS)


steps = st.lists(st.tuples(st.integers(0, 7_000), st.booleans()), min_size=1, max_size=30)


@given(steps)
def test_after_a_stale_moment_nothing_is_traded_for_three_seconds(moves):
    """Whatever comes when: a quote without a problem was fresh for three seconds, or always."""
    one, now, stale_ms = quoted(), 0, None
    one.hear("book", top(), at(0))
    for wait_ms, hears in moves:
        for step in (min(wait_ms, 5_001), max(0, wait_ms - 5_001)):
            now += step
            if problem(one, now) == "STALE":
                stale_ms = now
        if hears:
            one.hear("book", top(), at(now))
        if problem(one, now) is None:
            assert stale_ms is None or now - stale_ms >= 3_000
