"""`btcbot flatten` beside a running desk: nothing rests, nothing is held, nothing is bought."""

import pytest

from store.readers import Reader
from tests.scripts.commands import btcbot
from tests.scripts.desks import desk_in, place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


@pytest.fixture
def desk():
    with place() as run_dir, desk_in(run_dir) as started:
        started.wait_ready()
        started.wait_until(lambda: owned(run_dir), "something held")
        yield started
        assert started.stop() == 0


def owned(run_dir):
    with Reader.open(run_dir) as reader:
        rows = reader.positions()
    return {one["instrument"] for one in rows if one["strategy"] and float(one["position"]) > 0}


def bought(run_dir):
    with Reader.open(run_dir) as reader:
        return [one for one in reader.orders(limit=1_000) if one["side"] == "buy"]


def test_everything_is_taken_back_and_sold_and_nothing_is_bought_until_told_otherwise(desk):
    done = btcbot("flatten", "--reason", "for this test", run_dir=desk.run_dir)
    buys = len(bought(desk.run_dir))
    told = btcbot("status", "--json", run_dir=desk.run_dir).document

    assert done.code == 0, done.err
    assert "below the venue's minimum" in done.out
    assert told["level"] == "REDUCE_ONLY"
    assert desk.executor()["alive_count"] == 0

    desk.kill("allocator")
    assert len(bought(desk.run_dir)) == buys

    assert btcbot("level", "ACTIVE", run_dir=desk.run_dir).code == 0
    desk.wait_until(lambda: len(bought(desk.run_dir)) > buys, "a buy again")


def test_a_killed_desk_is_not_flattened(desk):
    btcbot("kill", run_dir=desk.run_dir)
    done = btcbot("flatten", run_dir=desk.run_dir)

    assert done.code == 1
    assert "btcbot resume first" in done.err
