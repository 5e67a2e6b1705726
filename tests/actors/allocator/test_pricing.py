"""At which price an order is said."""

from decimal import Decimal

import pytest

from actors.allocator.pricing import limit_price
from messages.orders import Side
from tests.actors.allocator.builders import amount, quote, rules, settings


def price(side, *, wanted=None, book=None, increment="0.01", **own):
    return limit_price(
        side,
        wanted=None if wanted is None else Decimal(wanted),
        quote=book or quote(),
        rules=rules(price_increment=amount(increment)),
        settings=settings(**own),
    )


@pytest.mark.parametrize(
    ("side", "pricing", "expected"),
    [
        (Side.BUY, "passive", "999.5"),  # mid 1,000 less 5 bps
        (Side.SELL, "passive", "1000.5"),
        (Side.BUY, "cross", "1001.5"),  # ask 1,001 and 5 bps more, cut to the grid
        (Side.SELL, "cross", "998.5"),  # bid 999 less 5 bps
    ],
)
def test_without_a_price_of_its_own_a_wish_is_priced_by_the_settings(side, pricing, expected):
    assert price(side, pricing=pricing) == Decimal(expected)


@pytest.mark.parametrize("side", list(Side))
def test_the_price_of_a_target_is_taken_and_rounded_down_for_both_sides(side):
    assert price(side, wanted="1234.56789") == Decimal("1234.56")


@pytest.mark.parametrize("wanted", ["0", "-5", "0.009"])
def test_a_price_that_comes_to_nothing_is_nothing(wanted):
    assert price(Side.BUY, wanted=wanted) == 0


def test_without_a_side_to_price_from_there_is_no_price():
    assert price(Side.BUY, book=quote(ask=None)) == 0
    assert price(Side.BUY, book=quote(ask=None), pricing="cross") == 0
    assert price(Side.SELL, book=quote(bid=None), pricing="cross") == 0
