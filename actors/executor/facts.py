"""How a fact about an order becomes an entry of the journal.

`states.py` says what follows from it; here the rows are made: the order, its hold, its fills, the
version of its instrument, and the levels that a contradiction or a ghost raises.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.executor import fills, levels
from actors.executor.books import Books, left
from actors.executor.draft import Draft
from actors.executor.fills import Terms
from actors.executor.postings import give_back, hold, set_aside
from actors.executor.states import Effect, Fact, effect
from actors.runtime.effects import Write
from actors.venues.port import VenueFill
from messages.money import ZERO, Amount, text
from messages.orders import ALIVE, OrderState, Side
from messages.state import Level, Scope
from store.rows import HttpRow, OrderRow

DONE = "DONE_"  # an order's outcome once a read said that it is over, before how it ended
LATE_FILL = "LATE_FILL"
GHOST_ORDER = "GHOST_ORDER"
TWO_ORDERS = "TWO_ORDERS"
ORDER_ABSENT = "ORDER_ABSENT"
OVERFILLED = "OVERFILLED"
NEGATIVE_BALANCE = "NEGATIVE_BALANCE"


class Seen(Struct, frozen=True, kw_only=True):
    """One fact with what it brings. *ended* is how a DONE order ended, *code* the venue's word."""

    fact: Fact
    venue_order_id: int | None = None
    filled: Decimal = ZERO
    ended: OrderState | None = None
    code: str = ""
    fill: VenueFill | None = None
    http: HttpRow | None = None


class Context(Struct, frozen=True, kw_only=True):
    """What merging needs beside the books."""

    terms: Terms
    halt_on_absent: bool = True


KINDS = {
    Effect.NOT_SENT: "OrderNotSent",
    Effect.LIVE: "OrderLive",
    Effect.CLOSING: "OrderClosing",
    Effect.UNKNOWN: "OrderUnknown",
    Effect.REJECTED: "OrderRejected",
    Effect.ABSENT: "OrderAbsent",
    Effect.BOOK: "FillBooked",
    Effect.BOOK_LIVE: "FillBooked",
    Effect.LATE: "FillLate",
    Effect.GHOST: "GhostRevived",
    Effect.FLAG: "CancelWanted",
    Effect.CLASH: "VenueContradicted",
}
_STATES = (Effect.LIVE, Effect.UNKNOWN, Effect.CLOSING)
_ENDS = (Effect.NOT_SENT, Effect.REJECTED, Effect.ABSENT)


def merge(books: Books, order: OrderRow, seen: Seen, context: Context) -> list[Write]:
    """Return what *seen* leads to, already taken into *books*; nothing when nothing changes.

    A fill must be new: `books.is_booked` and the store were asked. Raises InvariantBroken for a
    pair of state and fact that only a fault of ours can bring.
    """
    followed = effect(order.state, seen.fact)
    draft = Draft(books, at_ms=context.terms.now_ms)
    after = _changed(draft, order, seen, followed, context)
    after = _settled(draft, after, context.terms)
    if after != order:
        draft.put(after)
    if draft.is_empty() and seen.http is None:
        return []
    if seen.http is not None:
        draft.put(seen.http)
    kind = KINDS.get(followed, "OrderSeen")
    return [draft.write(kind, order.client_order_id, _cause(order, after, seen))]


def is_done(order: OrderRow) -> bool:
    """Return whether a read of the venue said that *order* is over."""
    return order.outcome.startswith(DONE)


def _changed(
    draft: Draft, order: OrderRow, seen: Seen, followed: Effect, context: Context
) -> OrderRow:
    now_ms = context.terms.now_ms
    if followed is Effect.CLASH:
        return _clash(draft, order, f"{seen.fact}_{order.state}", now_ms)
    if followed in _ENDS:
        if followed is Effect.ABSENT and context.halt_on_absent:
            _halt_instrument(draft, order, ORDER_ABSENT)
        return replace(_joined(draft, order, seen), state=OrderState(followed.value))
    if followed in _STATES:
        return replace(_joined(draft, order, seen), state=OrderState(followed.value))
    if followed in (Effect.NAME, Effect.MERGE):
        return _joined(draft, order, seen)
    if followed in (Effect.BOOK, Effect.BOOK_LIVE, Effect.LATE):
        return _booked(draft, order, seen, followed, context.terms)
    if followed is Effect.GHOST:
        return _revived(draft, order, seen, context.terms)
    if followed is Effect.FLAG and not order.cancel_wanted:
        return replace(order, cancel_wanted=True, cancel_reason=seen.code)
    return order


def _joined(draft: Draft, order: OrderRow, seen: Seen) -> OrderRow:
    """Return *order* with what *seen* brings: ids set once, amounts grown, the last word kept."""
    known = order.venue_order_id
    if known is not None and seen.venue_order_id not in (None, known):
        _halt(draft, Scope.DESK, "", TWO_ORDERS)
    heard = seen.fact in (Fact.ACK, Fact.OPEN, Fact.DONE, Fact.FILL)
    outcome = order.outcome
    if seen.ended is not None:
        outcome = f"{DONE}{seen.ended}"
    elif seen.code and not is_done(order) and order.state in ALIVE:
        outcome = seen.code
    confirmed = order.confirmed_ms
    return replace(
        order,
        venue_order_id=known if known is not None else seen.venue_order_id,
        filled_quantity=Amount(max(order.filled_quantity, seen.filled)),
        outcome=outcome,
        confirmed_ms=draft.at_ms if confirmed is None and heard else confirmed,
    )


def _booked(draft: Draft, order: OrderRow, seen: Seen, followed: Effect, terms: Terms) -> OrderRow:
    fill = seen.fill
    if fill is None:
        return order
    if wrong := fills.contradiction(order, fill):
        return _clash(draft, order, wrong, terms.now_ms)
    over = order.booked_quantity + fill.quantity > order.quantity
    late = followed is Effect.LATE or over
    named = replace(seen, venue_order_id=fill.venue_order_id)
    booking = fills.book(draft, _joined(draft, order, named), fill, terms, late=late)
    draft.flag(*booking.flags)
    if late:
        _halt_instrument(draft, order, OVERFILLED if over else LATE_FILL)
        draft.raise_version(order.instrument)
    if fills.overdrawn(draft, order) is not None:
        _halt_instrument(draft, order, NEGATIVE_BALANCE)
    if followed is Effect.BOOK_LIVE:
        return replace(booking.order, state=OrderState.LIVE)
    return booking.order


def _revived(draft: Draft, order: OrderRow, seen: Seen, terms: Terms) -> OrderRow:
    """Return a *order* that we thought was not: held again, to be cancelled, the desk halted."""
    held = hold(order.instrument, order.side, left(order), order.price, terms.gross)
    draft.transfer(f"hold:{order.client_order_id}:again", set_aside(held.asset, held.amount))
    draft.raise_version(order.instrument)
    _halt(draft, Scope.DESK, "", GHOST_ORDER)
    over = seen.fact is Fact.DONE
    alive = replace(
        order,
        state=OrderState.CLOSING if over else OrderState.LIVE,
        hold_left=Amount(held.amount),
        cancel_wanted=True,
        cancel_reason=GHOST_ORDER,
        ended_ms=None,
    )
    if seen.fact is Fact.FILL:
        return _booked(draft, alive, seen, Effect.BOOK_LIVE, terms)
    return _joined(draft, alive, seen)


def _settled(draft: Draft, after: OrderRow, terms: Terms) -> OrderRow:
    """Return *after* where its fills take it: all of it traded, or over with all fills booked."""
    traded = after.booked_quantity >= after.quantity
    if after.state is OrderState.LIVE and traded:
        after = replace(after, state=OrderState.CLOSING)
    complete = after.booked_quantity == after.filled_quantity
    if after.state is OrderState.CLOSING and is_done(after) and complete:
        after = replace(after, state=OrderState(after.outcome.removeprefix(DONE)))
    if after.state not in ALIVE and after.ended_ms is None:
        return _ended(draft, after, terms)
    return after


def _ended(draft: Draft, order: OrderRow, terms: Terms) -> OrderRow:
    """Return *order* as it ends: the rest of its hold is free, its remainder exposure no more."""
    name = f"release:{order.client_order_id}:{order.state}"
    draft.transfer(name, give_back(order.hold_asset, order.hold_left))
    if left(order) > 0:
        draft.raise_version(order.instrument)
    return replace(order, hold_left=Amount(0), ended_ms=terms.now_ms)


def _clash(draft: Draft, order: OrderRow, code: str, now_ms: int) -> OrderRow:
    _halt_instrument(draft, order, code)
    return order


def _halt_instrument(draft: Draft, order: OrderRow, reason: str) -> None:
    _halt(draft, Scope.INSTRUMENT, order.instrument, reason)


def _halt(draft: Draft, scope: Scope, name: str, reason: str) -> None:
    """Halt once: what is found again while it stands is not written again."""
    row = levels.halt(scope, name, reason, draft.at_ms)
    there = draft.books.levels.get((row.scope, row.name, row.source))
    if there is None or there.level is not Level.HALTED:
        draft.put(row)


def _cause(order: OrderRow, after: OrderRow, seen: Seen) -> dict[str, Any]:
    cause: dict[str, Any] = {
        "fact": seen.fact.value,
        "code": seen.code,
        "from": order.state.value,
        "to": after.state.value,
        "instrument": order.instrument,
    }
    if seen.venue_order_id is not None:
        cause["venue_order_id"] = seen.venue_order_id
    if seen.filled:
        cause["filled_quantity"] = text(seen.filled)
    if (fill := seen.fill) is not None:
        cause |= {
            "trade_id": fill.trade_id,
            "side": Side(fill.side).value,
            "price": text(fill.price),
            "quantity": text(fill.quantity),
            "fee": text(fill.fee),
            "tax": text(fill.tax),
            "fee_asset": fill.fee_asset,
            "at_ms": fill.at_ms,
        }
    return cause
