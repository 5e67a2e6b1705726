"""Stop and market orders at the exchange: when they wake, what they trade, what is refused."""

from decimal import Decimal

import pytest

from actors.venues.settings import ExchangePolicies
from actors.venues.simulated.admission import Refused
from actors.venues.simulated.events import Status
from actors.venues.simulated.listing import LISTINGS, UNITS_PER_ONE
from actors.venues.simulated.stops import Stops
from tests.actors.venues.simulated.floors import ANN, BOB, NOW, buy, engine, funds, sell

BTC = LISTINGS["BTC_TRY"]
OPENING, ABOVE, BELOW = 3_040_000, 3_050_000, 3_030_000


def printed(exchange, price, *, buying=True):
    """Let somebody trade 0.01 BTC at *price*."""
    units = UNITS_PER_ONE // 100
    exchange.trade_at("BTC_TRY", price, buying=buying, amount=units, now_ms=NOW)


def quoted(exchange, *, bids=None, asks=None):
    """Let the house stand with whole coins at the prices given."""
    sides = (
        {price: int(n * UNITS_PER_ONE) for price, n in (one or {}).items()} for one in (bids, asks)
    )
    found_bids, found_asks = sides
    exchange.quote("BTC_TRY", bids=found_bids, asks=found_asks)


def stop(exchange, side, method, stop_price, **changed):
    given = {"orderMethod": method, "stopPrice": str(stop_price)}
    if method == "stoplimit":
        given["price"] = str(stop_price)
    else:
        given["price"] = None
    place = buy if side == "buy" else sell
    return place(exchange, **given | changed)


@pytest.mark.parametrize("method", ["stoplimit", "stopmarket"])
@pytest.mark.parametrize(
    ("side", "stop_price", "traded", "wakes"),
    [
        ("buy", ABOVE, ABOVE - 1, False),
        ("buy", ABOVE, ABOVE, True),
        ("buy", ABOVE, ABOVE + 1, True),
        ("sell", BELOW, BELOW + 1, False),
        ("sell", BELOW, BELOW, True),
        ("sell", BELOW, BELOW - 1, True),
    ],
)
def test_a_stop_wakes_when_a_trade_reaches_its_price(method, side, stop_price, traded, wakes):
    exchange = engine(policies=ExchangePolicies(stop_market_buys=True))
    quantity = "5000" if (side, method) == ("buy", "stopmarket") else "0.002"
    order = stop(exchange, side, method, stop_price, quantity=quantity)
    assert (order.status, order.triggered) == (Status.UNTOUCHED, False)

    printed(exchange, traded, buying=side == "buy")

    assert order.triggered is wakes


@pytest.mark.parametrize(
    ("side", "price", "fills"),
    [("buy", ABOVE - 1, 0), ("buy", ABOVE, 1), ("sell", BELOW + 1, 0), ("sell", BELOW, 1)],
)
def test_a_stop_limit_that_woke_trades_within_its_limit_or_rests(side, price, fills):
    exchange = engine()
    order = stop(exchange, side, "stoplimit", ABOVE if side == "buy" else BELOW, price=str(price))
    quoted(exchange, bids={BELOW: 1}, asks={ABOVE: 1})

    printed(exchange, ABOVE if side == "buy" else BELOW)

    assert len(order.fills) == fills
    assert order.status is (Status.CLOSED if fills else Status.UNTOUCHED)
    listed = exchange.history.open_orders(ANN)
    assert listed == ([] if fills else [order])
    rests = exchange.books["BTC_TRY"].best_orders(buying=side == "buy")
    assert rests == (None if fills else (price, UNITS_PER_ONE // 1000))


def test_a_stop_market_sell_takes_what_it_meets_and_closes():
    exchange = engine()
    order = stop(exchange, "sell", "stopmarket", BELOW, quantity="0.5")
    quoted(exchange, bids={BELOW: 1})

    printed(exchange, BELOW, buying=False)

    assert (order.status, order.filled) == (Status.CLOSED, Decimal("0.5"))
    assert funds(exchange, ANN, "BTC") == (Decimal("1.5"), 0)


def test_a_stop_market_buy_is_refused_unless_its_quantity_may_be_quote():
    refused = stop(engine(), "buy", "stopmarket", ABOVE, quantity="5000")
    assert (refused.message, refused.code) == ("ORDER_METHOD_NOT_SUPPORTED", 1134)

    exchange = engine(policies=ExchangePolicies(stop_market_buys=True))
    order = stop(exchange, "buy", "stopmarket", ABOVE, quantity="5000")
    quoted(exchange, asks={ABOVE: 1})
    assert funds(exchange, ANN, "TRY") == (Decimal(995_000), Decimal(5_000))
    printed(exchange, ABOVE)

    spent = sum(one.price * one.quantity + one.fee + one.tax for one in order.fills)
    assert order.status is Status.CLOSED
    assert Decimal(4_999) < spent <= Decimal(5_000)
    assert funds(exchange, ANN, "TRY") == (Decimal(1_000_000) - spent, 0)


def test_a_stop_market_order_that_meets_nobody_is_cancelled():
    exchange = engine()
    order = stop(exchange, "sell", "stopmarket", BELOW)

    printed(exchange, BELOW, buying=False)

    assert (order.status, order.fills) == (Status.CANCELED, [])
    assert funds(exchange, ANN, "BTC") == (Decimal(2), 0)


@pytest.mark.parametrize(
    ("side", "stop_price", "answer"),
    [
        ("buy", OPENING + 1, "ACCEPTED"),
        ("buy", OPENING, "FAILED_STOP_PRICE_GREATER_THAN_BEST_ASK 1124"),
        ("buy", OPENING - 1, "FAILED_STOP_PRICE_GREATER_THAN_BEST_ASK 1124"),
        ("sell", OPENING - 1, "ACCEPTED"),
        ("sell", OPENING, "FAILED_STOP_PRICE_LESS_THAN_BEST_BID 1125"),
        ("sell", OPENING + 1, "FAILED_STOP_PRICE_LESS_THAN_BEST_BID 1125"),
    ],
)
@pytest.mark.parametrize("market", ["quoted", "empty"])
def test_a_stop_price_lies_beyond_the_market(side, stop_price, answer, market):
    exchange = engine()
    if market == "quoted":
        quoted(exchange, bids={OPENING: 1}, asks={OPENING: 1})

    found = stop(exchange, side, "stoplimit", stop_price)

    said = f"{found.message} {found.code}" if isinstance(found, Refused) else "ACCEPTED"
    assert said == answer


@pytest.mark.parametrize(
    ("stop_price", "answer"),
    [
        (None, "FAILED_ORDER_PARAMETER"),
        ("0", "FAILED_ORDER_PARAMETER"),
        ("-1", "FAILED_ORDER_PARAMETER"),
        ("3050000.0", "FAILED_INVALID_STOP_PRICE_SCALE"),
    ],
)
def test_a_stop_price_is_a_number_on_the_scale(stop_price, answer):
    found = buy(engine(), orderMethod="stopLimit", stopPrice=stop_price)
    assert found.message == answer


def test_a_waiting_stop_is_listed_locked_cancelled_and_released():
    exchange = engine()
    order = stop(exchange, "sell", "stoplimit", BELOW, quantity="0.5")
    assert exchange.history.open_orders(ANN) == [order]
    assert funds(exchange, ANN, "BTC") == (Decimal("1.5"), Decimal("0.5"))
    assert exchange.books["BTC_TRY"].best_orders(buying=False) is None

    exchange.cancel(ANN, order.accepted.order_id, NOW)
    printed(exchange, BELOW, buying=False)

    assert (order.status, order.triggered) == (Status.CANCELED, False)
    assert funds(exchange, ANN, "BTC") == (Decimal(2), 0)


def test_the_trade_of_one_stop_wakes_the_next():
    exchange = engine()
    first = stop(exchange, "sell", "stopmarket", BELOW, quantity="1.5")
    second = stop(exchange, "sell", "stopmarket", BELOW - 100, quantity="0.1")
    quoted(exchange, bids={BELOW: 1, BELOW - 100: 1})

    printed(exchange, BELOW, buying=False)

    assert (first.status, second.status) == (Status.CLOSED, Status.CLOSED)
    assert second.fills[0].price == BELOW - 100


def test_stops_wait_again_after_a_restart_and_woken_ones_rest():
    exchange = engine()
    waiting = stop(exchange, "sell", "stoplimit", BELOW)
    woken = stop(exchange, "buy", "stoplimit", ABOVE, price=str(OPENING))
    printed(exchange, ABOVE)
    events = exchange.drain().events

    again = engine()
    again.restore(events)

    assert again.books["BTC_TRY"].best_orders(buying=True)[0] == OPENING
    printed(again, BELOW, buying=False)
    assert again.history.orders[waiting.accepted.order_id].triggered
    assert again.history.orders[woken.accepted.order_id].triggered


def test_stops_of_one_instrument_do_not_hear_of_another():
    stops = Stops()
    stops.wait("BTC_TRY", 1, buying=True, ticks=10)
    stops.traded("ETH_TRY", 10)
    assert (stops.due("BTC_TRY"), stops.due("ETH_TRY")) == ([], [])
    stops.traded("BTC_TRY", 10)
    assert (stops.due("BTC_TRY"), stops.due("BTC_TRY")) == ([1], [])


@pytest.mark.parametrize(("best", "beyond"), [(3_000_000, 3_150_001), (100, 106)])
def test_a_market_buy_trades_up_to_five_percent_above_the_best_and_no_further(best, beyond):
    exchange = engine()
    edge = best + best * 5 // 100
    quoted(exchange, asks={best: 0.0001, edge: 0.0001, beyond: 1})
    order = buy(exchange, BOB, orderMethod="market", price=None, quantity="100000")

    assert [int(one.price) for one in order.fills] == [best, edge]
    assert order.status is Status.CLOSED


@pytest.mark.parametrize(("offered", "answer"), [("0.3", "Closed"), ("0.2", "FAILED_MARKET_ORDER")])
def test_what_cannot_trade_within_the_band_can_be_refused_whole(offered, answer):
    exchange = engine(policies=ExchangePolicies(market_rest="refuse"))
    quoted(exchange, bids={OPENING: Decimal(offered), OPENING * 94 // 100: 1})

    found = sell(exchange, orderMethod="market", price=None, quantity="0.3")

    assert (found.message if isinstance(found, Refused) else found.status) == answer
    assert bool(exchange.drain().trades) is (answer == "Closed")


@pytest.mark.parametrize(
    ("quantity", "answer"),
    [("750000", "FAILED_ORDER_WITH_OPEN_ORDERS"), ("750000.0001", "MAXIMUM_ORDER_AMOUNT_EXCEEDED")],
)
def test_an_order_above_the_largest_is_refused(quantity, answer):
    found = buy(engine(), pairSymbol="DOGETRY", quantity=quantity, price="4.2")
    assert found.message == answer


def test_a_client_id_may_be_used_twice_unless_they_are_unique():
    loose, strict = engine(), engine(policies=ExchangePolicies(client_ids_unique=True))
    for exchange, answer in ((loose, None), (strict, "FAILED_ORDER_PARAMETER")):
        buy(exchange)
        assert getattr(buy(exchange), "message", None) == answer
        assert not isinstance(buy(exchange, BOB), Refused)


@pytest.mark.parametrize(
    ("price", "answer"), [("3000000", "FAILED_LIMIT_ORDER"), ("3000001", None)]
)
def test_an_account_can_be_kept_from_trading_with_itself(price, answer):
    exchange = engine(policies=ExchangePolicies(self_trade="refuse"))
    buy(exchange)
    assert getattr(sell(exchange, price=price), "message", None) == answer
    assert not isinstance(sell(exchange, BOB), Refused)


@pytest.mark.parametrize(
    ("percent", "filled", "word"),
    [(0, "0", None), (1, "0.00001", None), (40, "0.0004", None), (100, "0.001", "FILLED")],
)
def test_a_cancel_may_come_after_a_last_fill(percent, filled, word):
    exchange = engine()
    order = buy(exchange)

    found = exchange.cancel(ANN, order.accepted.order_id, NOW, fill_percent=percent)

    assert order.filled == Decimal(filled)
    if word is None:
        assert (found, order.status) == (order, Status.CANCELED)
    else:
        assert (found.message, order.status) == ("ORDER_COULD_NOT_BE_CANCELED", Status.CLOSED)
