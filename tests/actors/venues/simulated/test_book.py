"""Who trades with whom: price, then time."""

from hypothesis import given
from hypothesis import strategies as st

from actors.venues.simulated.book import HOUSE, Book, Match, QuantityMeter


def book(*, bids=(), asks=()):
    found = Book()
    for buying, side in ((True, bids), (False, asks)):
        for order_id, ticks, units in side:
            found.rest(order_id, buying=buying, ticks=ticks, units=units)
    return found


def test_the_best_price_trades_first():
    found = book(asks=[(1, 102, 5), (2, 101, 5)])

    matches = found.take(QuantityMeter(7), buying=True, limit=None)

    assert matches == [Match(2, 101, 5, 0), Match(1, 102, 2, 3)]


def test_at_one_price_the_oldest_trades_first():
    found = book(bids=[(1, 100, 5), (2, 100, 5)])

    matches = found.take(QuantityMeter(6), buying=False, limit=None)

    assert matches == [Match(1, 100, 5, 0), Match(2, 100, 1, 4)]


def test_a_taker_does_not_trade_beyond_its_limit():
    found = book(asks=[(1, 101, 5), (2, 102, 5)])

    matches = found.take(QuantityMeter(10), buying=True, limit=101)

    assert [match.order_id for match in matches] == [1]


def test_an_order_behind_the_house_waits_for_it():
    found = Book()
    found.quote(bids={100: 3}, asks={})
    found.rest(1, buying=True, ticks=100, units=5)

    matches = found.take(QuantityMeter(4), buying=False, limit=None)

    assert matches == [Match(HOUSE, 100, 3, 0), Match(1, 100, 1, 4)]


def test_a_house_quote_that_stays_keeps_its_place_in_the_queue():
    found = Book()
    found.quote(bids={100: 3}, asks={})
    found.rest(1, buying=True, ticks=100, units=5)

    found.quote(bids={100: 2, 99: 1}, asks={})

    matches = found.take(QuantityMeter(2), buying=False, limit=None)
    assert matches == [Match(HOUSE, 100, 2, 0)]


def test_a_price_that_goes_through_orders_fills_them_whole_at_their_own_price():
    found = book(bids=[(1, 100, 5), (2, 98, 5)], asks=[(3, 103, 5)])

    gone = found.through(99)

    assert gone == [(True, Match(1, 100, 5, 0))]
    assert found.best_bid == 98
    assert found.best_ask == 103


def test_a_price_that_only_touches_an_order_does_not_fill_it():
    found = book(bids=[(1, 100, 5)])

    assert found.through(100) == []


def test_takers_at_a_price_fill_what_rests_there_in_order_and_leave_the_house_out():
    found = Book()
    found.quote(bids={100: 9}, asks={})
    found.rest(1, buying=True, ticks=100, units=2)
    found.rest(2, buying=True, ticks=100, units=2)

    matches = found.at(100, QuantityMeter(3), buying=False)

    assert matches == [Match(1, 100, 2, 0), Match(2, 100, 1, 1)]


def test_a_withdrawn_order_trades_no_more():
    found = book(bids=[(1, 100, 5), (2, 99, 5)])

    found.withdraw(1)

    assert found.take(QuantityMeter(5), buying=False, limit=None) == [Match(2, 99, 5, 0)]


orders = st.tuples(st.booleans(), st.integers(90, 110), st.integers(1, 50))


@given(st.lists(orders, max_size=60))
def test_the_book_is_never_crossed_and_no_unit_is_lost(taken):
    found, resting, traded = Book(), 0, 0
    for order_id, (buying, ticks, units) in enumerate(taken, 1):
        meter = QuantityMeter(units)
        matches = found.take(meter, buying=buying, limit=ticks)
        traded += sum(match.units for match in matches)
        if meter.left:
            found.rest(order_id, buying=buying, ticks=ticks, units=meter.left)
        assert found.best_bid is None or found.best_ask is None or found.best_bid < found.best_ask

    for side in found.depth(100):
        resting += sum(units for _, units in side)
    assert resting + 2 * traded == sum(units for _, _, units in taken)
