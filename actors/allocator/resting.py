"""What becomes of orders that rest: which are stale, and may another one join them?

A replace is no transaction: the old order is cancelled, and what is still missing becomes a new
intent once it is over with its fills. Until then nothing new goes to its side of the book.
Ages in ms, drift in bps of the mid of the order's own instrument.
"""

from collections.abc import Iterable
from decimal import Decimal

from actors.allocator.places import Place
from actors.allocator.settings import Settings
from messages.orders import IntentBatch, OrderState, Side, alike
from messages.state import AliveOrder

NEW_INTENT = "NEW_INTENT"
REPLACE_SUBMIT = "REPLACE_SUBMIT"
REPLACE_CANCEL = "REPLACE_CANCEL"
CANCEL_UNCONFIRMED = "CANCEL_UNCONFIRMED"
DUPLICATE_ORDER = "DUPLICATE_ORDER"
SENDS = (NEW_INTENT, REPLACE_SUBMIT)
STALE = "STALE"

CAN_BE_STALE = (OrderState.LIVE, OrderState.UNKNOWN)  # the others end or begin by themselves


class Leaving:
    """When each order was first seen to be on its way out, and which sides wait for that.

    Moments monotonic ms.
    """

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._replaced: dict[tuple[str, Side], bool] = {}

    def look(self, orders: Iterable[AliveOrder], now_ms: int) -> None:
        """Note which of all alive *orders* are being cancelled; forget those that are over."""
        leaving = [one.client_order_id for one in orders if one.cancel_wanted]
        self._since = {name: self._since.get(name, now_ms) for name in leaving}

    def unconfirmed(self, order: AliveOrder, *, now_ms: int, after_s: int) -> bool:
        """Return whether the order should have been over by now."""
        since = self._since.get(order.client_order_id)
        return since is not None and now_ms - since > after_s * 1_000

    def said(self, batch: IntentBatch, replaced: Iterable[Side]) -> None:
        """Note what *batch* cancels to make room on the sides *replaced*, and what it sends."""
        for intent in batch.intents:
            self._replaced.pop((batch.instrument, intent.side), None)
        for side in replaced:
            self._replaced[batch.instrument, side] = True

    def made_room(self, instrument: str, side: Side) -> bool:
        """Return whether an order was taken back there so that a new one can be sent."""
        return (instrument, side) in self._replaced


def stale(place: Place, settings: Settings) -> tuple[AliveOrder, ...]:
    """Return the orders that are too old or too far from the mid and not yet on their way out."""
    mid = place.fresh_mid(settings)
    return tuple(
        one
        for one in place.alive
        if one.state in CAN_BE_STALE
        and not one.cancel_wanted
        and (_old(one, place, settings) or _far(one, mid, settings))
    )


def joins(
    place: Place,
    *,
    side: Side,
    price: Decimal,
    quantity: Decimal,
    stale: Iterable[AliveOrder],
    unconfirmed: Iterable[AliveOrder],
) -> str:
    """Return NEW_INTENT when an order may join those that rest on *side*, else what it waits for.

    *stale* and *unconfirmed* are orders of this place.
    """
    if any(one.side is side for one in unconfirmed):
        return CANCEL_UNCONFIRMED
    rests = [one for one in place.alive if one.side is side]
    if any(one.cancel_wanted for one in rests) or any(one.side is side for one in stale):
        return REPLACE_CANCEL
    return DUPLICATE_ORDER if any(_like(one, price, quantity) for one in rests) else NEW_INTENT


def _old(order: AliveOrder, place: Place, settings: Settings) -> bool:
    if order.confirmed_ms is None or place.state is None:
        return False
    # Both stamps are the executor's own wall clock; what passed since is counted on ours.
    age_ms = place.state.at_ms - order.confirmed_ms + place.state_age_ms
    return age_ms >= settings.order_age_max_s * 1_000


def _far(order: AliveOrder, mid: Decimal | None, settings: Settings) -> bool:
    if mid is None:
        return False
    return abs(order.price - mid) * 10_000 >= settings.drift_max_bps * mid


def _like(order: AliveOrder, price: Decimal, quantity: Decimal) -> bool:
    return alike(
        price=price,
        quantity=quantity,
        other_price=order.price,
        other_quantity=order.remaining,
    )
