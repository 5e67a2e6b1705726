"""The verdict on all market data: the first line that holds."""

import pytest

from actors.market_data.settings import Settings
from actors.market_data.verdict import verdict
from messages.market import FeedVerdict, InstrumentFeed
from messages.money import Amount

NORMAL, DEGRADED, OBSERVE = FeedVerdict


def feeds(*problems, trade_age_ms=0):
    return {
        f"A{n}_TRY": InstrumentFeed(
            tradable=problem is None, problem=problem, age_ms=0, trade_age_ms=trade_age_ms
        )
        for n, problem in enumerate(problems)
    }


def judged(*problems, connected=True, trade_age_ms=0, **own):
    return verdict(
        feeds(*problems, trade_age_ms=trade_age_ms), Settings(**own), connected=connected
    )


def test_all_fresh_and_traded_is_normal():
    assert judged(None, None) == (NORMAL, "OK")


def test_without_the_stream_the_desk_only_observes():
    assert judged(None, None, connected=False) == (OBSERVE, "NOT_CONNECTED")


def test_without_instruments_the_desk_only_observes():
    assert judged() == (OBSERVE, "NO_INSTRUMENTS")


def test_all_stale_is_named_as_such():
    assert judged("STALE", "UNHEARD") == (OBSERVE, "ALL_STALE")


@pytest.mark.parametrize(
    ("stale", "expected"), [(1, (NORMAL, "OK")), (2, (NORMAL, "OK")), (3, (OBSERVE, "STALE_SHARE"))]
)
def test_half_is_not_more_than_half(stale, expected):
    assert judged(*["STALE"] * stale, *[None] * (4 - stale)) == expected


def test_of_an_odd_number_the_larger_half_is_too_much():
    assert judged("STALE", "STALE", None) == (OBSERVE, "STALE_SHARE")
    assert judged("STALE", None, None) == (NORMAL, "OK")


@pytest.mark.parametrize(
    "problem", ["STALE", "UNHEARD", "QUOTE_FROM_FUTURE", "BOOK_FROZEN", "RECOVERING"]
)
def test_what_is_not_fresh_or_on_its_way_back_counts_as_stale(problem):
    assert judged(problem, problem, None) == (OBSERVE, "STALE_SHARE")


@pytest.mark.parametrize("problem", ["BOOK_CROSSED", "BOOK_ONE_SIDED"])
def test_a_book_that_is_wrong_but_fresh_is_not_stale(problem):
    assert judged(problem, problem, None) == (NORMAL, "OK")


def test_an_instrument_without_a_trade_seen_is_a_warning():
    assert judged(None, None, trade_age_ms=None) == (DEGRADED, "TRADE_UNSEEN")


def test_where_a_trade_is_required_the_desk_only_observes():
    assert judged(None, trade_age_ms=None, require_trade=True) == (OBSERVE, "TRADE_UNSEEN")


def test_staleness_goes_before_missing_trades():
    assert judged("STALE", "STALE", None, trade_age_ms=None) == (OBSERVE, "STALE_SHARE")


@pytest.mark.parametrize(("share", "expected"), [("0", OBSERVE), ("1", NORMAL)])
def test_the_share_is_a_setting(share, expected):
    assert judged("STALE", None, None, stale_share_max_ratio=Amount(share))[0] is expected
