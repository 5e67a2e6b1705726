"""When the moving-average cross enters, leaves, and says nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.strategy.strategies.ma_cross import MaCross, MaCrossRun
from messages.money import amount
from tests.actors.strategy.sights import BTC, ETH, decide, seen

MINUTE_MS = 60_000


def own(**given):
    given = {name: amount(v) if isinstance(v, str) else v for name, v in given.items()}
    return MaCrossRun(name="one", instruments=(BTC,), **given)


def after(mids, **given):
    """A strategy that took *mids* as its samples, one a minute; the next is due at its end."""
    strategy = MaCross(own(**given))
    for n, mid in enumerate(mids):
        strategy.decide(n * MINUTE_MS, Decimal(0), {BTC: seen(str(mid))})
    return strategy


def with_means(slow_mean, fast_mean):
    """59 samples which with one more at *fast_mean* have these means of 60 and of 20.

    Forty old ones carry the slow mean: 40 × old + 20 × fast = 60 × slow.
    """
    old = (Decimal(slow_mean) * 60 - Decimal(fast_mean) * 20) / 40
    return [old] * 40 + [Decimal(fast_mean)] * 19


def now(strategy, mark, **given):
    return decide(strategy, str(mark), now_ms=59 * MINUTE_MS, **given)


@pytest.mark.parametrize(
    ("fast", "enters"), [("100099", False), ("100100", True), ("100101", True)]
)
def test_it_enters_from_ten_bps_above_the_slow_mean(fast, enters):
    strategy = after(with_means(100_000, fast), order_try="40000")

    wish = now(strategy, fast, cash="99999")

    assert (wish is not None) is enters
    if enters:
        assert wish.reason == "MA_CROSS_UP"


def test_it_enters_for_an_order_or_for_what_cash_there_is():
    mids = with_means(100, 101)

    rich, poor = now(after(mids), 101, cash="9999"), now(after(mids), 101, cash="101")

    assert (rich.quantity, poor.quantity) == (amount("3.96"), amount(1))


@pytest.mark.parametrize(("cash", "enters"), [("9.99", False), ("10.10", True)])
def test_an_entry_below_the_smallest_order_is_no_change(cash, enters):
    wish = now(after(with_means(100, 101)), 101, cash=cash)

    assert (wish is not None) is enters


def test_it_does_not_enter_twice():
    strategy = after(with_means(100, 101))

    assert now(strategy, 101, buying="1") is None
    assert now(strategy, 101, position="1") is None


def test_dust_does_not_keep_it_from_entering():
    assert now(after(with_means(100, 101)), 101, position="0.05").reason == "MA_CROSS_UP"


@pytest.mark.parametrize(("fast", "leaves"), [("99.99", True), ("100", True), ("100.01", False)])
def test_it_leaves_when_the_fast_mean_is_not_above_the_slow_one(fast, leaves):
    wish = now(after(with_means(100, fast)), fast, position="1")

    assert (wish is not None) is leaves
    if leaves:
        assert (wish.quantity, wish.reason) == (amount(0), "MA_CROSS_DOWN")


def test_without_a_position_there_is_nothing_to_leave():
    assert now(after(with_means(100, 99)), 99) is None


def test_equal_means_are_no_cross_even_where_no_margin_is_asked_for():
    assert now(after(with_means(100, 100), above_bps=0), 100) is None
    assert now(after(with_means(100, "100.01"), above_bps=0), "100.01") is not None


@pytest.mark.parametrize(("samples", "speaks"), [(58, False), (59, True)])
def test_with_fewer_samples_than_the_slow_mean_needs_it_has_no_opinion(samples, speaks):
    """The question itself brings one more sample."""
    strategy = after([100] * samples)

    wish = decide(strategy, "100", now_ms=samples * MINUTE_MS, position="1")

    assert (wish is not None) is speaks


def test_one_sample_is_taken_each_interval():
    strategy = after([100] * 59)
    asked_ms = 58 * MINUTE_MS

    # a minute has its sample: what comes in the same minute is not another one
    assert decide(strategy, "100", now_ms=asked_ms + 59_999, position="1") is None
    assert decide(strategy, "100", now_ms=asked_ms + 60_000, position="1") is not None


def test_after_a_long_gap_it_begins_to_count_anew():
    strategy = after([100] * 60)

    assert decide(strategy, "100", now_ms=1_000 * MINUTE_MS, position="1") is None


def test_instruments_do_not_share_their_samples():
    strategy = after([100] * 60)

    told = strategy.decide(60 * MINUTE_MS, Decimal(1000), {ETH: seen("100", "1")})

    assert told == {}


@given(st.lists(st.decimals("0.01", 10**6, places=2), min_size=9, max_size=9), st.booleans())
def test_it_is_the_comparison_of_two_means(mids, holds):
    strategy = after(mids[:-1], fast=3, slow=9, above_bps=0)
    fast, slow = sum(mids[-3:]) * 3, sum(mids)  # both times nine

    wish = decide(
        strategy,
        str(mids[-1]),
        now_ms=8 * MINUTE_MS,
        position=str(Decimal(10**5) if holds else 0),
        cash="1000000",
    )

    if holds:
        assert (wish is not None) == (fast <= slow)
    else:
        assert (wish is not None and wish.reason == "MA_CROSS_UP") == (
            fast > slow and mids[-1] <= 400 * 100
        )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"order_try": "-1"}, "order_try"), ({"fast": 60}, "fast"), ({"fast": 61}, "fast")],
)
def test_numbers_that_make_no_sense_are_refused_by_their_name(wrong, named):
    with pytest.raises(ValueError, match=rf"^{named} "):
        own(**wrong)
