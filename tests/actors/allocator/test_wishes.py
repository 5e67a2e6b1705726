"""Which trades are wished, and in which order they are looked at."""

import pytest

from actors.allocator.wishes import wishes
from messages.orders import Side
from tests.actors.allocator.builders import BTC, ETH, held, place, state, targets


def wished(*said, places=None, strategies=("first", "second")):
    here = places or {name: place(instrument=name) for name in (BTC, ETH)}
    return wishes(said, here, strategies=strategies)


def holding(quantity, *, buying=0, selling=0, strategy="first"):
    owned = held(quantity, buying=buying, selling=selling)
    return {BTC: place(state(position=quantity, by={strategy: owned}))}


@pytest.mark.parametrize(
    ("wanted", "signed", "side"), [(3, "1", Side.BUY), (2, None, None), (1, "-1", Side.SELL)]
)
def test_a_wish_is_the_difference_to_what_is_held(wanted, signed, side):
    found = wished(targets(BTC_TRY=wanted), places=holding(2))

    assert [(str(one.signed), one.side) for one in found] == ([(signed, side)] if signed else [])


def test_what_is_on_its_way_is_not_wished_again():
    assert wished(targets(BTC_TRY=5), places=holding(2, buying=3)) == []
    assert wished(targets(BTC_TRY=0), places=holding(2, selling=2)) == []


def test_each_strategy_has_a_position_of_its_own():
    found = wished(targets("second", BTC_TRY=2), places=holding(2, strategy="first"))

    assert [(one.strategy, one.signed) for one in found] == [("second", 2)]


def test_nobody_can_want_less_than_nothing():
    found = wished(targets(BTC_TRY=-5), places=holding(2))

    assert [one.signed for one in found] == [-2]


def test_sells_come_before_buys_then_strategies_in_file_order_then_as_they_were_said():
    places = {
        BTC: place(state(position=9, by={"second": held(9)})),
        ETH: place(instrument=ETH),
    }
    said = (targets("second", ETH_TRY=1, BTC_TRY=0), targets("first", ETH_TRY=2, BTC_TRY=2))

    found = wished(*said, places=places)

    assert [(one.strategy, one.instrument, one.side) for one in found] == [
        ("second", BTC, Side.SELL),
        ("first", ETH, Side.BUY),
        ("first", BTC, Side.BUY),
        ("second", ETH, Side.BUY),
    ]


def test_a_strategy_or_an_instrument_nobody_knows_is_no_wish():
    assert wished(targets("stranger", BTC_TRY=1)) == []
    assert wished(targets(DOGE_TRY=1)) == []
