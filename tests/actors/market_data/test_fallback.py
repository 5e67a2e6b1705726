"""Which books are asked for by REST."""

import pytest

from actors.market_data.fallback import Fallback
from actors.market_data.settings import Settings
from tests.actors.market_data.markets import BTC, ETH, START_MS


def fallback(**own):
    return Fallback(Settings(**own))


def wanted(one, ms, **ages_ms):
    return one.wanted(ages_ms, START_MS + ms)


@pytest.mark.parametrize(("age_ms", "asked"), [(2_499, []), (2_500, [BTC]), (2_501, [BTC])])
def test_a_book_the_stream_left_alone_for_a_while_is_asked_for(age_ms, asked):
    assert wanted(fallback(), 0, BTC_TRY=age_ms) == asked


def test_the_limit_lies_below_staleness_so_that_a_quiet_market_stays_fresh():
    own = Settings()

    assert own.rest_after_ms + own.rest_every_ms < own.stale_ms


def test_it_is_not_asked_for_twice_at_the_same_time():
    one = fallback()
    wanted(one, 0, BTC_TRY=9_000)

    assert wanted(one, 60_000, BTC_TRY=69_000) == []


@pytest.mark.parametrize(("ms", "asked"), [(1_999, []), (2_000, [BTC])])
def test_after_an_answer_it_waits_for_its_interval(ms, asked):
    one = fallback()
    wanted(one, 0, BTC_TRY=9_000)
    one.answered(BTC, now_ms=START_MS + 100)

    assert wanted(one, ms, BTC_TRY=9_000) == asked


def test_a_budget_bounds_the_calls_of_a_minute():
    one = fallback(rest_per_min_max=1)

    assert wanted(one, 0, BTC_TRY=9_000, ETH_TRY=9_000) == [BTC]
    one.answered(BTC, now_ms=START_MS)
    assert wanted(one, 59_999, BTC_TRY=9_000, ETH_TRY=9_000) == []
    assert wanted(one, 60_000, ETH_TRY=9_000) == [ETH]


def test_a_budget_of_zero_asks_for_nothing():
    assert wanted(fallback(rest_per_min_max=0), 0, BTC_TRY=9_000) == []


@pytest.mark.parametrize(("ms", "asked"), [(4_999, []), (5_000, [ETH])])
def test_an_answer_that_tells_us_to_wait_is_obeyed(ms, asked):
    one = fallback()
    wanted(one, 0, BTC_TRY=9_000)
    one.answered(BTC, now_ms=START_MS, retry_after_ms=5_000)

    assert wanted(one, ms, ETH_TRY=9_000) == asked


def test_a_shorter_wait_does_not_end_a_longer_one():
    one = fallback()
    one.answered(BTC, now_ms=START_MS, retry_after_ms=5_000)
    one.answered(ETH, now_ms=START_MS, retry_after_ms=1)

    assert wanted(one, 4_999, BTC_TRY=9_000) == []
