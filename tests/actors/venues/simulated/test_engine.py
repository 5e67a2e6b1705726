"""Which orders the exchange takes, what they cost, and that no money appears or is lost."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.venues.settings import ExchangeFees
from actors.venues.simulated.admission import Refused
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.events import Status
from actors.venues.simulated.listing import LISTINGS, UNITS_PER_ONE
from messages.money import Amount
from tests.actors.venues.simulated.floors import (
    ANN,
    BOB,
    NOW,
    body,
    buy,
    engine,
    funds,
    sell,
)

BTC = LISTINGS["BTC_TRY"]


def word(found):
    return found.message if isinstance(found, Refused) else "ACCEPTED"


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({}, "ACCEPTED"),
        ({"pairSymbol": "BTC_TRY"}, "ACCEPTED"),
        ({"pairSymbol": "btctry", "orderType": "BUY", "orderMethod": "LIMIT"}, "ACCEPTED"),
        ({"newOrderClientId": "x" * 50}, "ACCEPTED"),
        ({"newOrderClientId": "x" * 51}, "FAILED_ORDER_PARAMETER"),
        ({"newOrderClientId": None}, "ACCEPTED"),
        ({"quantity": Decimal("0.001")}, "ACCEPTED"),
        ({"pairSymbol": "PEPETRY"}, "FAILED_ORDER_PARAMETER"),
        ({"pairSymbol": None}, "FAILED_ORDER_PARAMETER"),
        ({"orderType": "hold"}, "ORDER_TYPE_NOT_SUPPORTED"),
        ({"orderMethod": "iceberg"}, "ORDER_METHOD_NOT_SUPPORTED"),
        ({"quantity": "-0.001"}, "FAILED_ORDER_PARAMETER"),
        ({"quantity": "0"}, "FAILED_ORDER_PARAMETER"),
        ({"quantity": "1e-3"}, "FAILED_ORDER_PARAMETER"),
        ({"quantity": "NaN"}, "FAILED_ORDER_PARAMETER"),
        ({"quantity": True}, "FAILED_ORDER_PARAMETER"),
        ({"quantity": None}, "FAILED_ORDER_PARAMETER"),
        ({"price": None}, "FAILED_ORDER_PARAMETER"),
        ({"price": "."}, "FAILED_ORDER_PARAMETER"),
        ({"price": "3000000.0"}, "FAILED_INVALID_PRICE_SCALE"),
        ({"quantity": "0.00100000"}, "ACCEPTED"),
        ({"quantity": "0.001000001"}, "FAILED_INVALID_QUANTITY_SCALE"),
        ({"price": "30400001"}, "PRICE_MUST_BE_LESS_THAN_MAXPRICE"),
        ({"price": "304000", "quantity": "0.01"}, "ACCEPTED"),
        ({"price": "303999", "quantity": "0.01"}, "PRICE_MUST_BE_LESS_THAN_MINPRICE"),
        ({"price": "1000000", "quantity": "0.00009991"}, "ACCEPTED"),
        ({"price": "1000000", "quantity": "0.00009990"}, "FAILED_MIN_TOTAL_AMOUNT"),
        ({"quantity": "1"}, "FAILED_ORDER_WITH_OPEN_ORDERS"),
        ({"orderMethod": "market", "price": None}, "FAILED_MARKET_ORDER"),
        ({"orderMethod": "market", "quantity": "99.9"}, "FAILED_INVALID_QUANTITY_SCALE"),
        ({"orderMethod": "market", "quantity": "99"}, "FAILED_MIN_TOTAL_AMOUNT"),
        ({"orderMethod": "market", "quantity": "1000001"}, "BALANCE_NOT_ENOUGH"),
    ],
)
def test_the_venue_takes_or_refuses_in_its_own_words(changed, answer):
    quantity = {"quantity": "100"} if changed == {"orderMethod": "market", "price": None} else {}

    assert word(buy(engine(), **changed | quantity)) == answer


@pytest.mark.parametrize(("quantity", "answer"), [("0.332", "ACCEPTED"), ("0.333", "refused")])
def test_a_limit_buy_needs_its_notional_and_the_takers_fee(quantity, answer):
    found = buy(engine(), quantity=quantity)  # 1,000,000 TRY pay 0.33273... BTC with 0.18 % on top

    assert isinstance(found, Refused) is (answer == "refused")


def test_a_limit_buy_locks_notional_and_gross_taker_fee():
    exchange = engine()

    buy(exchange)

    assert funds(exchange, ANN, "TRY") == (Decimal("996994.6"), Decimal("3005.4"))


def test_a_maker_fill_gives_the_difference_to_the_taker_rate_back():
    exchange = engine()
    buy(exchange)

    sell(exchange, BOB, quantity="0.0004")

    free, locked = funds(exchange, ANN, "TRY")
    assert locked == Decimal("1803.24")  # 0.0006 left × 3,000,000 × 1.0018
    assert free == 1_000_000 - Decimal("1803.24") - Decimal("1201.44")
    assert funds(exchange, ANN, "BTC") == (Decimal("2.0004"), 0)
    assert funds(exchange, BOB, "TRY") == (1_000_000 + 1200 - Decimal("2.16"), 0)


def test_a_taker_pays_the_price_that_rested():
    exchange = engine()
    sell(exchange, BOB, price="2900000")

    found = buy(exchange)

    assert found.status is Status.CLOSED
    assert found.fills[0].price == 2_900_000
    assert funds(exchange, ANN, "TRY") == (1_000_000 - 2900 - Decimal("5.22"), 0)


def test_a_market_buy_spends_its_quantity_with_all_fees_and_not_more():
    exchange = engine()
    sell(exchange, BOB, price="3000000", quantity="0.0001")
    sell(exchange, BOB, price="3001000", quantity="1")

    found = buy(exchange, orderMethod="market", quantity="1000", price=None)

    spent = 1_000_000 - funds(exchange, ANN, "TRY")[0]
    assert found.status is Status.CLOSED
    assert len(found.fills) == 2
    assert 1000 - Decimal("0.00000002") < spent <= 1000
    assert funds(exchange, ANN, "TRY")[1] == 0


def test_a_market_order_trades_at_most_five_percent_away():
    exchange = engine()
    sell(exchange, BOB, price="3000000", quantity="0.0001")
    sell(exchange, BOB, price="3150000", quantity="0.0001")
    sell(exchange, BOB, price="3150001", quantity="1")

    found = buy(exchange, orderMethod="market", quantity="100000", price=None)

    assert [fill.price for fill in found.fills] == [3_000_000, 3_150_000]
    assert found.status is Status.CLOSED
    assert funds(exchange, ANN, "TRY")[1] == 0


def test_a_market_sell_closes_with_what_it_could_sell():
    exchange = engine()
    buy(exchange, BOB, quantity="0.001")

    found = sell(exchange, orderMethod="market", quantity="0.5", price=None)

    assert (found.status, found.filled) == (Status.CLOSED, Decimal("0.001"))
    assert funds(exchange, ANN, "BTC") == (Decimal("1.999"), 0)


def test_a_cancel_releases_the_rest_and_may_be_repeated():
    exchange = engine()
    order_id = buy(exchange).accepted.order_id
    sell(exchange, BOB, quantity="0.0004")

    first = exchange.cancel(ANN, order_id, NOW)
    again = exchange.cancel(ANN, order_id, NOW)

    assert first is again
    assert (first.status, first.filled) == (Status.CANCELED, Decimal("0.0004"))
    assert funds(exchange, ANN, "TRY") == (1_000_000 - Decimal("1201.44"), 0)


def test_a_filled_order_cannot_be_cancelled_and_a_foreign_one_is_unknown():
    exchange = engine()
    order_id = buy(exchange).accepted.order_id

    assert word(exchange.cancel(BOB, order_id, NOW)) == "NO_ORDER_MATCHES_YOUR_REQUEST"
    sell(exchange, BOB)
    assert word(exchange.cancel(ANN, order_id, NOW)) == "ORDER_COULD_NOT_BE_CANCELED"


def test_a_resting_order_fills_at_its_own_price_when_the_market_goes_through_it():
    exchange = engine()
    found = buy(exchange)

    exchange.move("BTC_TRY", 2_999_999, NOW)

    assert found.status is Status.CLOSED
    assert (found.fills[0].price, found.fills[0].maker) == (3_000_000, True)


def test_a_resting_order_takes_its_share_of_what_trades_at_its_price():
    exchange = engine()
    first, second = buy(exchange), buy(exchange, BOB)
    amount = int(Decimal("0.0015") * UNITS_PER_ONE)

    exchange.move("BTC_TRY", 3_000_000, NOW)
    exchange.trade_at("BTC_TRY", 3_000_000, buying=False, amount=amount, now_ms=NOW)

    assert (first.filled, second.filled) == (Decimal("0.001"), Decimal("0.0005"))


def test_public_takers_walk_the_book_and_are_printed():
    exchange = engine()
    buy(exchange)
    exchange.quote("BTC_TRY", bids={2_999_000: UNITS_PER_ONE}, asks={})
    exchange.drain()

    amount = int(Decimal("0.002") * UNITS_PER_ONE)
    exchange.take("BTC_TRY", buying=False, amount=amount, now_ms=NOW)

    trades = exchange.drain().trades
    assert [trade.ticks for trade in trades] == [3_000_000, 2_999_000]
    assert [trade.buying for trade in trades] == [False, False]
    assert trades[0].tid < trades[1].tid


def test_time_never_runs_backwards():
    exchange = engine()

    found = exchange.submit(ANN, body(), NOW - 5_000)

    assert found.accepted.at_ms == NOW


def test_closed_orders_beyond_the_bound_are_forgotten_and_open_ones_kept():
    exchange = engine(orders_max=100)
    kept = buy(exchange, price="2000000").accepted.order_id
    for _ in range(150):
        exchange.cancel(ANN, buy(exchange).accepted.order_id, NOW)

    assert kept in exchange.history.orders
    assert 101 <= len(exchange.history.orders) <= 111
    newest = exchange.history.newest_orders(ANN, "BTC_TRY", from_ms=0, to_ms=NOW, from_id=0)
    assert len(list(newest)) == len(exchange.history.orders)


prices = st.integers(2_990, 3_010).map(lambda thousands: thousands * 1_000)
quantities = st.integers(4_000, 300_000).map(lambda n: f"{Decimal(n).scaleb(-8):f}")
accounts = st.sampled_from((ANN, BOB))
limit = st.tuples(st.just("limit"), accounts, st.booleans(), prices, quantities)
market = st.tuples(st.just("market"), accounts, st.booleans(), st.integers(100, 9_000), quantities)
moves = st.one_of(
    limit,
    market,
    st.tuples(st.just("cancel"), accounts, st.integers(0, 40)),
    st.tuples(st.just("move"), prices),
    st.tuples(st.just("take"), st.booleans(), st.integers(1, 10**16)),
)
rates = st.decimals(0, 100, places=3).map(Amount)


def play(exchange, move, orders):
    match move:
        case ("limit", account, buying, price, quantity):
            side = "buy" if buying else "sell"
            found = exchange.submit(
                account, body(orderType=side, price=str(price), quantity=quantity), NOW
            )
            orders += [] if isinstance(found, Refused) else [found]
        case ("market", account, buying, spend, quantity):
            side = "buy" if buying else "sell"
            amount = str(spend) if buying else quantity
            wish = body(orderType=side, orderMethod="market", quantity=amount, price=None)
            found = exchange.submit(account, wish, NOW)
            orders += [] if isinstance(found, Refused) else [found]
        case ("cancel", account, which) if orders:
            exchange.cancel(account, orders[which % len(orders)].accepted.order_id, NOW)
        case ("move", ticks):
            exchange.move("BTC_TRY", ticks, NOW)
            exchange.quote("BTC_TRY", bids={ticks - 3: 10**13}, asks={ticks + 3: 10**13})
        case ("take", buying, amount):
            exchange.take("BTC_TRY", buying=buying, amount=amount, now_ms=NOW)


def unsound(exchange, orders):
    """Every law that does not hold."""
    wrong = []
    ledger = exchange.history.ledger
    wrong += [asset for asset in ("TRY", "BTC") if ledger.total(asset) != 0]
    for account in (ANN, BOB):
        wallet = ledger.wallet(account)
        wrong += [
            account for amount in (*wallet.free.values(), *wallet.locked.values()) if amount < 0
        ]
        mine = [order for order in orders if order.accepted.account == account]
        held = sum(order.hold_left for order in mine)
        if held != wallet.locked["TRY"] + wallet.locked["BTC"]:
            wrong.append(f"{account} locked is not the sum of holds")
    for order in orders:
        asked = order.accepted
        if order.filled != sum(fill.quantity for fill in order.fills):
            wrong.append("filled is not the sum of fills")
        if asked.method == "limit" and not 0 <= order.left <= asked.quantity:
            wrong.append("filled more than ordered")
        if not order.is_open and order.hold_left != 0:
            wrong.append("a hold outlives its order")
        if asked.price is not None and not all(in_limit(fill, asked) for fill in order.fills):
            wrong.append("a fill beyond the limit")
    book = exchange.books["BTC_TRY"]
    if None not in (book.best_bid, book.best_ask) and book.best_bid >= book.best_ask:
        wrong.append("a crossed book")
    return wrong


def in_limit(fill, asked):
    return fill.price <= asked.price if asked.side == "buy" else fill.price >= asked.price


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=40), rates, rates)
def test_money_is_conserved_and_locks_equal_holds_whatever_happens(played, maker, taker):
    exchange = engine(fees=ExchangeFees(maker_bps=min(maker, taker), taker_bps=taker))
    orders = []

    for move in played:
        play(exchange, move, orders)

        assert unsound(exchange, orders) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(moves, max_size=40))
def test_an_exchange_made_from_the_events_of_another_is_the_same(played):
    first = Exchange(LISTINGS, ExchangeFees(), orders_max=1000)
    events, orders = [], []
    for account in (ANN, BOB):
        first.deposit(account, "TRY", Decimal(1_000_000), NOW)
        first.deposit(account, "BTC", Decimal(2), NOW)
    for move in played:
        play(first, move, orders)
    events += first.drain().events

    second = Exchange(LISTINGS, ExchangeFees(), orders_max=1000)
    second.restore(events)

    assert second.drain().events == ()
    assert second.history.orders == first.history.orders
    for account in (ANN, BOB):
        for asset in ("TRY", "BTC"):
            assert funds(second, account, asset) == funds(first, account, asset)
    first.quote("BTC_TRY", bids={}, asks={})
    assert second.books["BTC_TRY"].depth(100) == first.books["BTC_TRY"].depth(100)
