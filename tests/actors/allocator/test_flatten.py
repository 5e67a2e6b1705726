"""Everything is to be sold: whose word that is, and which orders it leads to."""

import pytest

from actors.allocator import allocation, flatten
from messages.orders import Side
from messages.state import Level, Scope
from tests.actors.allocator.builders import (
    believed,
    desk,
    entry,
    held,
    moment,
    quote,
    state,
    status,
    targets,
)

ASKED = status(
    level=Level.REDUCE_ONLY, levels=(entry(Level.REDUCE_ONLY, reason="FLATTEN: holidays"),)
)


def run(*messages):
    outcomes = allocation.run(desk(), believed(*messages), at=moment(), count=1)
    return [one for each in outcomes if each.batch for one in each.batch.intents]


@pytest.mark.parametrize(
    "other",
    [
        {"reason": "lunch"},
        {"source": "risk_gate"},
        {"scope": Scope.STRATEGY, "name": "first"},
    ],
)
def test_only_the_operators_own_word_for_the_desk_asks_for_it(other):
    said = {"reason": "FLATTEN: holidays"} | other

    assert flatten.is_asked(ASKED)
    assert not flatten.is_asked(status(levels=(entry(Level.REDUCE_ONLY, **said),)))


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.PAUSED, Level.HALTED])
def test_no_other_level_asks_for_it(level):
    assert not flatten.is_asked(status(levels=(entry(level, reason="FLATTEN: holidays"),)))
    assert not flatten.is_asked(None)


def test_what_a_strategy_holds_is_sold_below_the_bid_whatever_it_says():
    owned = state(position=3, by={"first": held(3)}, level=Level.REDUCE_ONLY)

    (one,) = run(ASKED, targets(BTC_TRY=5), owned, quote(bid=1000, ask=1002))

    assert (one.side, one.strategy, one.price) == (Side.SELL, "first", 995)
    assert one.quantity <= 3


def test_a_strategy_that_is_silent_is_sold_as_well():
    owned = state(position=3, by={"second": held(3)}, level=Level.REDUCE_ONLY)

    assert {one.strategy for one in run(ASKED, owned)} == {"second"}


@pytest.mark.parametrize(("position", "sold"), [("0.1006", 0), ("0.1007", 1), ("0.102", 1)])
def test_what_is_worth_less_than_an_order_stays(position, sold):
    owned = state(position=position, by={"first": held(position)}, level=Level.REDUCE_ONLY)

    assert len(run(ASKED, owned)) == sold


def test_what_belongs_to_no_strategy_stays():
    owned = state(position=3, by={}, level=Level.REDUCE_ONLY)

    assert run(ASKED, owned) == []
