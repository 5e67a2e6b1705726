"""Builders: an engine with two funded accounts, and orders with ordinary values."""

from decimal import Decimal

from actors.venues.settings import ExchangeFees
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.listing import LISTINGS

NOW = 1_790_000_000_000
ANN, BOB = "ann", "bob"
OPENING = {"TRY": "1000000", "BTC": "2", "SOL": "1000", "USDT": "5000"}


def engine(fees=None, orders_max=1000, opening=OPENING, policies=None):
    exchange = Exchange(LISTINGS, fees or ExchangeFees(), orders_max=orders_max, policies=policies)
    for account in (ANN, BOB):
        for asset, amount in opening.items():
            exchange.deposit(account, asset, Decimal(amount), NOW)
    exchange.drain()
    return exchange


def body(**changed):
    """A limit buy of 0.001 BTC at 3,000,000 TRY; None leaves a field out."""
    order = {
        "pairSymbol": "BTCTRY",
        "orderType": "buy",
        "orderMethod": "limit",
        "quantity": "0.001",
        "price": "3000000",
        "newOrderClientId": "test-1",
    } | changed
    return {key: value for key, value in order.items() if value is not None}


def buy(exchange, account=ANN, **changed):
    return exchange.submit(account, body(**changed), NOW)


def sell(exchange, account=ANN, **changed):
    return exchange.submit(account, body(orderType="sell", **changed), NOW)


def funds(exchange, account, asset):
    wallet = exchange.history.ledger.wallet(account)
    return wallet.free[asset], wallet.locked[asset]
