"""Two desks with one prefix at one account, each with a store of its own: the second says so."""

from collections import Counter
from contextlib import contextmanager

import pytest

from actors.venues.settings import ExchangeAccount
from config import secrets
from store.readers import Reader
from tests.actors.venues.served import serving
from tests.scripts import live
from tests.scripts.commands import btcbot
from tests.scripts.desks import desk_in, place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ACCOUNT = ExchangeAccount()
ARMED = {secrets.KEY: ACCOUNT.public_key, secrets.SECRET: ACCOUNT.secret} | live.ARMED


@pytest.fixture
def venue():
    with place() as run_dir, serving(run_dir, "--seed", "78") as exchange:
        yield exchange


@contextmanager
def desk(venue):
    """A desk whose orders rest; nothing of it is left afterwards."""
    with place() as run_dir:
        config = live.config(run_dir, venue.url)
        config.write_text(config.read_text().replace('pricing = "cross"', 'pricing = "passive"'))
        with desk_in(run_dir, "--config", config, environ=ARMED) as started:
            yield started


def alive(running):
    with Reader.open(running.run_dir) as reader:
        return reader.orders(limit=50, alive=True)


def names(running):
    """Every client order id in the books of a desk."""
    with Reader.open(running.run_dir) as reader:
        return {one["client_order_id"] for one in reader.orders(limit=10_000)}


def at_the_venue(venue):
    return Counter(one["orderClientId"] for one in venue.truth()["orders"])


def halted(running):
    """Why the desk is halted, by the executor; "" while it is not."""
    found = [row for row in running.executor()["levels"] if row["scope"] == "desk"]
    return next((row["reason"] for row in found if row["level"] == "HALTED"), "")


def test_a_second_desk_with_the_prefix_names_it_halts_and_sends_nothing(venue):
    with desk(venue) as first:
        first.wait_ready(live.READY_WITHIN_S)
        first.wait_until(lambda: alive(first), "an order that rests")
        with desk(venue) as second:
            why = second.wait_until(lambda: halted(second), "a halt", live.READY_WITHIN_S)
            second.wait_ready(live.READY_WITHIN_S)
            health = btcbot("health", run_dir=second.run_dir)
            sent_by_second = names(second)
            assert second.stop() == 0
        assert first.stop() == 0
        sent = at_the_venue(venue)

        assert "UNKNOWN_ORDER" in why
        assert health.code == 1
        assert sent_by_second == set()
        assert set(sent) <= names(first)
        assert max(sent.values()) == 1


def test_of_two_that_begin_together_one_stops_and_no_order_goes_twice(venue):
    with desk(venue) as one, desk(venue) as other:
        one.wait_until(
            lambda: halted(one) or halted(other), "one that halts", 2 * live.READY_WITHIN_S
        )
        codes = one.stop(), other.stop()
        sent = at_the_venue(venue)

        assert codes == (0, 0)
        assert names(one).isdisjoint(names(other))
        assert set(sent) <= names(one) | names(other)
        assert max(sent.values()) == 1
