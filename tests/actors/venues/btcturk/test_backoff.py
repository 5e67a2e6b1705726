"""When the stream connects again."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.btcturk.backoff import Backoff
from actors.venues.settings import StreamSettings
from config.load import load

ROOT = Path(__file__).parents[4]


def backoff(seed=1, **changed):
    return Backoff(StreamSettings(**{"connects_per_minute": 7} | changed), Random(seed))


def test_waits_double_from_half_a_second_to_thirty_with_a_fifth_of_jitter():
    found = backoff()

    waits = [found.wait_ms(0) for _ in range(10)]

    plain = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]
    assert all(0.8 * p <= wait <= 1.2 * p for wait, p in zip(waits, plain, strict=True))
    assert waits != plain


def test_the_same_randomness_waits_the_same():
    first, again = backoff(3), backoff(3)

    assert [first.wait_ms(0) for _ in range(5)] == [again.wait_ms(0) for _ in range(5)]


def test_only_a_minute_with_data_begins_anew():
    found = backoff()
    for _ in range(5):
        found.wait_ms(0)
    found.connecting(0)
    found.data(1_000)
    found.data(60_999)

    assert found.wait_ms(60_999) > 10_000
    found.data(61_000)
    assert found.wait_ms(61_000) <= 600


def test_a_refused_login_waits_the_longest_at_once():
    found = backoff()

    found.slow_down()

    assert found.wait_ms(0) >= 24_000


@given(st.integers(0, 2**32), st.integers(1, 7))
def test_no_minute_sees_more_connects_than_the_budget(seed, budget):
    found, now, connects = backoff(seed, connects_per_minute=budget), 0, []
    for _ in range(60):
        found.connecting(now)
        connects.append(now)
        found.data(now)  # a connection that always works for a moment
        found.data(now + 60_000)
        now += 1 + found.wait_ms(now + 1)

    for at in connects:
        assert sum(at <= other < at + 60_000 for other in connects) <= budget


def test_a_wait_the_venue_asked_for_is_waited_out_once():
    found = backoff()
    found.keep_away(42_000)

    assert found.wait_ms(0) == 42_000
    assert found.wait_ms(0) <= 1_200


def test_a_connection_left_in_good_order_is_no_failure():
    found = backoff()
    for _ in range(5):
        found.wait_ms(0)
    found.renew()

    assert found.wait_ms(0) <= 600


@pytest.mark.parametrize("seed", range(20))
def test_an_exchange_of_our_own_that_is_away_for_five_seconds_is_found_in_the_next_five(seed):
    found = Backoff(load(ROOT / "config" / "sim.toml").venue.stream, Random(seed))
    found.connecting(0)  # it stood for a moment, then the exchange was killed
    now = 1_000
    came_back_ms = now + 5_000

    while now < came_back_ms:
        now += found.wait_ms(now)
        found.connecting(now)

    assert now <= came_back_ms + 5_000
