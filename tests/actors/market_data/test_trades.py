"""Which trades are new, and how old the last one is."""

import pytest

from actors.market_data.trades import IDS_KEPT_MAX, Trades
from tests.actors.market_data.markets import BTC, ETH, START_MS, at, trade


def test_a_trade_is_said_once_however_often_it_comes():
    known = Trades()

    assert known.take(trade(name="7"), at()).trade_id == "7"
    assert known.take(trade(name="7"), at(1)) is None


def test_the_same_id_of_another_instrument_is_another_trade():
    known = Trades()
    known.take(trade(name="7", instrument=BTC), at())

    assert known.take(trade(name="7", instrument=ETH), at()) is not None


def test_ids_are_kept_up_to_a_bound():
    known = Trades()
    for n in range(IDS_KEPT_MAX + 1):
        known.take(trade(name=str(n)), at())

    assert known.take(trade(name="1"), at()) is None  # still known
    assert known.take(trade(name="0"), at()) is not None  # the oldest was let go


def test_never_heard_has_no_age():
    assert Trades().age_ms(BTC, START_MS) is None


@pytest.mark.parametrize(("late_ms", "age_ms"), [(0, 500), (200, 700), (-200, 500)])
def test_age_is_time_since_heard_and_what_it_was_late_by(late_ms, age_ms):
    known = Trades()
    known.take(trade(ms=-late_ms), at(0))

    assert known.age_ms(BTC, START_MS + 500) == age_ms
