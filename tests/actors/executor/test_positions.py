"""What a fill does to cost, profit and round trips."""

import pytest

from actors.executor.positions import Execution, book
from messages.money import Amount
from messages.orders import Side
from store.rows import PositionRow


def holding(position=0, cost=0, **changed):
    return PositionRow(
        strategy="one",
        instrument="BTC_TRY",
        position=Amount(position),
        cost=None if cost is None else Amount(cost),
        realised=Amount(changed.pop("realised", 0)),
        **changed,
    )


def bought(quantity, price, charges=0):
    return Execution(
        side=Side.BUY, quantity=Amount(quantity), price=Amount(price), charges=Amount(charges)
    )


def sold(quantity, price, charges=0):
    return Execution(
        side=Side.SELL, quantity=Amount(quantity), price=Amount(price), charges=Amount(charges)
    )


def test_a_buy_costs_its_notional_and_its_charges():
    after = book(holding(1, 100), bought(2, 110, 3)).row

    assert (after.position, after.cost) == (3, 323)


def test_a_part_sold_takes_its_share_of_the_cost():
    after = book(holding(4, 400), sold(1, 130, 2))

    assert (after.row.position, after.row.cost) == (3, 300)
    assert after.realised == 28


def test_a_share_is_rounded_half_even_at_eighteen_decimals():
    after = book(holding(3, 1), sold(1, 1))

    assert after.row.cost == Amount("0.666666666666666667")


def test_the_last_sale_takes_all_the_cost_that_is_left():
    part = book(holding(3, 1), sold(1, 1)).row

    assert book(part, sold(2, 1)).row.cost == 0


def test_what_was_never_bought_here_is_sold_without_profit():
    after = book(holding(), sold(1, 130))

    assert (after.realised, after.row.position, after.row.realised) == (None, -1, 0)


def test_only_the_covered_part_of_a_sale_makes_a_profit():
    after = book(holding(1, 100), sold(4, 130, 8))

    assert after.realised == 130 - 2 - 100
    assert (after.row.position, after.row.cost) == (-3, 0)


def test_a_buy_that_fills_a_gap_costs_only_what_is_then_owned():
    after = book(holding(-1, 0), bought(4, 100)).row

    assert (after.position, after.cost) == (3, 300)


def test_a_position_of_unknown_cost_is_sold_without_profit():
    after = book(holding(2, None), sold(1, 130))

    assert (after.realised, after.row.cost) == (None, None)


def test_flat_after_an_unknown_cost_is_known_again():
    assert book(holding(1, None), sold(1, 130)).row.cost == 0


@pytest.mark.parametrize(("left_over", "ended"), [("0.99", True), ("1", False), ("1.01", False)])
def test_a_rest_below_the_minimum_is_flat(left_over, ended):
    start = holding(Amount(1) + Amount(left_over), 200)

    after = book(start, sold(1, 100), dust_max=Amount(100))

    assert (after.trip_realised is not None) is ended


@pytest.mark.parametrize(("price", "lost"), [(99, 3), (100, 0), (101, 0)])
def test_a_round_trip_is_lost_when_it_realised_less_than_nothing(price, lost):
    start = holding(1, 100, lost_in_a_row=2)

    assert book(start, sold(1, price)).row.lost_in_a_row == lost


def test_a_trip_counts_everything_realised_since_flat():
    half = book(holding(2, 200), sold(1, 120)).row
    whole = book(half, sold(1, 70))

    assert whole.trip_realised == -10
    assert (whole.row.realised, whole.row.trip_realised) == (-10, 0)
