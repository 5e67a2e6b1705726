"""What forbids an order on an instrument, in which order it is asked."""

import pytest

from actors.allocator.places import forbidden
from messages.market import FeedVerdict
from messages.orders import Side
from messages.state import Level, Scope
from tests.actors.allocator.builders import (
    MONO_MS,
    entry,
    feed,
    place,
    quote,
    rules,
    settings,
    state,
    status,
)


def why_not(*messages, side=Side.BUY, strategy="first", now_ms=MONO_MS, said=None, **own):
    here = place(*messages, status=said, now_ms=now_ms)
    return forbidden(here, strategy=strategy, side=side, settings=settings(**own))


def test_an_ordinary_place_forbids_nothing():
    assert why_not() is None


@pytest.mark.parametrize(
    ("level", "buy", "sell"),
    [
        (Level.ACTIVE, None, None),
        (Level.REDUCE_ONLY, "LEVEL", None),
        (Level.PAUSED, "LEVEL", "LEVEL"),
        (Level.HALTED, "LEVEL", "LEVEL"),
    ],
)
@pytest.mark.parametrize("scope", ["desk", "state", "strategy", "instrument"])
def test_the_strictest_level_that_touches_an_order_counts(scope, level, buy, sell):
    said, here = status(), state()
    if scope == "desk":
        said = status(level=level, levels=(entry(level),))
    elif scope == "state":
        here = state(level=level)
    elif scope == "strategy":
        said = status(levels=(entry(level, scope=Scope.STRATEGY, name="first"),))
    else:
        said = status(levels=(entry(level, scope=Scope.INSTRUMENT, name="BTC_TRY"),))

    assert why_not(here, said=said) == buy
    assert why_not(here, said=said, side=Side.SELL) == sell


def test_a_level_of_another_strategy_or_instrument_touches_nobody_else():
    levels = (
        entry(Level.HALTED, scope=Scope.STRATEGY, name="second"),
        entry(Level.HALTED, scope=Scope.INSTRUMENT, name="ETH_TRY"),
    )

    assert why_not(said=status(levels=levels)) is None


def test_a_latched_executor_forbids_everything():
    assert why_not(said=status(latched=True), side=Side.SELL) == "LEVEL"


@pytest.mark.parametrize(("age_ms", "code"), [(3_000, None), (3_001, "STALE_STATE")])
def test_an_old_state_forbids(age_ms, code):
    assert why_not(now_ms=MONO_MS + age_ms) == code


def test_no_order_follows_from_a_market_that_only_may_be_observed():
    assert why_not(feed(FeedVerdict.OBSERVE)) == "OBSERVE"
    assert why_not(feed(FeedVerdict.DEGRADED)) is None


def test_rules_must_be_young_and_say_tradable():
    assert why_not(rules(not_tradable="NOT_TRADING")) == "NOT_TRADING"
    old = {"state_age_max_ms": 600_000, "quote_age_entry_max_ms": 600_000, "rules_age_max_s": 60}
    assert why_not(now_ms=MONO_MS + 60_000, **old) is None
    assert why_not(now_ms=MONO_MS + 60_001, **old) == "RULES_STALE"


@pytest.mark.parametrize(
    ("age_ms", "buy", "sell"),
    [
        (5_000, None, None),
        (5_001, "STALE_DATA", None),
        (15_000, "STALE_DATA", None),
        (15_001, "STALE_DATA", "STALE_DATA"),
    ],
)
def test_an_exit_bears_an_older_quote_than_an_entry(age_ms, buy, sell):
    assert why_not(quote(age_ms=age_ms)) == buy
    assert why_not(quote(age_ms=age_ms), side=Side.SELL) == sell


@pytest.mark.parametrize(
    ("book", "buy", "sell"),
    [
        ({"bid": None}, "NO_MARK_PRICE", "NO_MARK_PRICE"),
        ({"bid": 1001}, "BOOK_CROSSED", "BOOK_CROSSED"),
        ({"problem": "STALE"}, "STALE", None),
        ({"problem": "RECOVERING"}, "RECOVERING", None),
        ({"problem": "BOOK_FROZEN"}, "BOOK_FROZEN", "BOOK_FROZEN"),
        ({"problem": "QUOTE_FROM_FUTURE"}, "QUOTE_FROM_FUTURE", "QUOTE_FROM_FUTURE"),
    ],
)
def test_a_book_that_is_not_right_forbids_and_an_old_one_only_entries(book, buy, sell):
    assert why_not(quote(**book)) == buy
    assert why_not(quote(**book), side=Side.SELL) == sell
