"""What the venue says of an order of ours that cannot be. It is named and halts the instrument."""

from collections.abc import Iterable

from actors.executor.books import Books, is_behind
from actors.executor.facts import OVERFILLED
from actors.executor.watching import Watching
from actors.venues.port import VenueOrder
from messages.money import text
from store.rows import OrderRow

ORDER_DIFFERS = "ORDER_DIFFERS"
FILLS_MISSING = "FILLS_MISSING"
STILL_OPEN = "STILL_OPEN"  # rests at the venue, though it said that the order is over


def differs(order: OrderRow, row: VenueOrder) -> str:
    """Return why *row* cannot be *order*, though it has its name; empty when it can.

    Such a row says nothing of our order: neither that it rests nor that it is over.
    """
    pairs = (
        (order.instrument, row.instrument),
        (order.side.value, row.side.value),
        (text(order.quantity), text(row.quantity)),
        (text(order.price), text(order.price if row.price is None else row.price)),
    )
    found = [f"{theirs} for {ours}" for ours, theirs in pairs if ours != theirs]
    return f"{ORDER_DIFFERS} {order.client_order_id}: {', '.join(found)}" if found else ""


def overfilled(order: OrderRow, row: VenueOrder) -> str:
    """Return that more is filled than was ordered, empty when it is not."""
    if row.filled_quantity <= order.quantity:
        return ""
    return f"{OVERFILLED} {order.client_order_id}: {text(row.filled_quantity)} of " + text(
        order.quantity
    )


class Behind:
    """Since when the venue says that more of an order is filled than its fills come to."""

    def __init__(self, *, hidden_ms: int) -> None:
        self._hidden_ms = hidden_ms
        self._since_ms: dict[str, int] = {}

    def look(self, books: Books, now_ms: int) -> None:
        """Take note of the orders that are behind now."""
        since = self._since_ms
        behind = [one.client_order_id for one in books.all_alive() if is_behind(one)]
        self._since_ms = {name: since.get(name, now_ms) for name in behind}

    def missing(self, books: Books, watching: Watching) -> Iterable[OrderRow]:
        """Return the orders whose fills a whole sweep must have shown and did not."""
        orders = ((books.orders.get(name), since) for name, since in self._since_ms.items())
        return [
            order
            for order, since_ms in orders
            if order is not None
            and is_behind(order)
            and watching.swept_ms(order.instrument) >= since_ms + self._hidden_ms
        ]
