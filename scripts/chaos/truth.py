"""What the exchange really did and what the store says, read for the checker.

The exchange's side is its own journal, which it wrote before it answered anybody; the store is only
looked at. Both are whole: chaos runs are far below what does not fit into memory.
"""

import sqlite3
from decimal import Decimal
from pathlib import Path

from actors.venues.simulated.history import Order, folded
from actors.venues.simulated.journal import FILE_NAME, read
from messages.money import ZERO
from scripts.chaos.checker import FREE, HELD, Amounts, Booked, Books, Execution, Sent, Venue
from store.readers import Reader

ORDERS_KEPT = 10_000_000  # all
ORDERS = "SELECT client_order_id, state, created_ms FROM orders"
FILLS = "SELECT trade_id, client_order_id, price, quantity, fee, tax FROM fill"


def at_the_exchange(run_dir: Path, account: str) -> Venue:
    """Return what *account* did at the exchange of *run_dir*. Raises JournalDamaged."""
    history = folded(read(run_dir / FILE_NAME), orders_max=ORDERS_KEPT)
    mine = [one for one in history.orders.values() if one.accepted.account == account]
    wallet = history.ledger.wallet(account)
    amounts = {(asset, FREE): amount for asset, amount in wallet.free.items()}
    amounts |= {(asset, HELD): amount for asset, amount in wallet.locked.items()}
    return Venue(
        orders=tuple(_sent(one) for one in mine),
        fills=tuple(fill for one in mine for fill in _fills(one)),
        amounts=_without_zeros(amounts),
    )


def in_the_books(run_dir: Path) -> Books:
    """Return what the store of *run_dir* says. Raises StoreRefused, StoreFailed."""
    with Reader.open(run_dir) as reader, reader.snapshot():
        connection = reader.connection
        amounts = {
            (line["asset"], name): Decimal(line[name])
            for line in reader.balances()
            for name in (FREE, HELD)
        }
        return Books(
            orders=_orders(connection), fills=_booked(connection), amounts=_without_zeros(amounts)
        )


def _orders(connection: sqlite3.Connection) -> dict[str, Booked]:
    rows = connection.execute(ORDERS)
    return {name: Booked(state=state, created_ms=created_ms) for name, state, created_ms in rows}


def _booked(connection: sqlite3.Connection) -> tuple[Execution, ...]:
    return tuple(
        Execution(
            trade_id=str(trade_id),
            client_order_id=str(name),
            price=Decimal(price),
            quantity=Decimal(quantity),
            fee=Decimal(fee),
            tax=Decimal(tax),
        )
        for trade_id, name, price, quantity, fee, tax in connection.execute(FILLS)
    )


def _sent(order: Order) -> Sent:
    return Sent(
        client_order_id=order.accepted.client_order_id,
        venue_order_id=order.accepted.order_id,
        at_ms=order.accepted.at_ms,
        is_open=order.is_open,
    )


def _fills(order: Order) -> list[Execution]:
    return [
        Execution(
            trade_id=str(one.trade_id),
            client_order_id=order.accepted.client_order_id,
            price=one.price,
            quantity=one.quantity,
            fee=one.fee,
            tax=one.tax,
        )
        for one in order.fills
    ]


def _without_zeros(amounts: Amounts) -> Amounts:
    return {key: amount for key, amount in amounts.items() if amount != ZERO}
