"""What the executor finds wrong and what follows: a level of its own, once, with its evidence."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from actors.executor import contradictions, evidence
from actors.executor.draft import Draft
from actors.executor.evidence import Stranger
from actors.executor.levels import halt
from actors.executor.session import Now, Session
from actors.runtime.effects import Write
from actors.venues.port import VenueOrder
from messages.money import text
from messages.state import Level, Scope
from store.rows import LevelRow, OrderRow


def strange(session: Session, found: Iterable[Stranger], now: Now) -> list[Write]:
    """Return the entry that halts the desk for an order that is in no books, once.

    One of somebody else is none where `foreign_orders` lets them.
    """
    writes: list[Write] = []
    for one in found:
        if session.foreign.is_let and one.code == evidence.FOREIGN_ORDER:
            continue
        row = halt(Scope.DESK, "", f"{one.code} {one.client_order_id or one.venue_order_id}", 0)
        there = session.books.levels.get((row.scope, row.name, row.source))
        if there is not None and there.level is Level.HALTED:
            continue
        writes += halted(session, row, evidence.plain(one), now)
    return writes


def impossible(session: Session, order: OrderRow, row: VenueOrder, now: Now) -> list[Write]:
    """Return the entry that halts the instrument for what *row* says of *order*, if it must."""
    why = contradictions.differs(order, row) or contradictions.overfilled(order, row)
    if not why:
        return []
    level = halt(Scope.INSTRUMENT, order.instrument, why, 0)
    return halted(session, level, {"venue_order_id": row.venue_order_id}, now)


def fills_missing(session: Session, now: Now) -> list[Write]:
    """Return the entries that halt where the venue says filled and never shows the fills."""
    session.behind.look(session.books, now.mono_ms)
    writes: list[Write] = []
    for order in session.behind.missing(session.books, session.watching):
        why = f"{contradictions.FILLS_MISSING} {order.client_order_id}"
        said = {
            "filled_quantity": text(order.filled_quantity),
            "booked_quantity": text(order.booked_quantity),
        }
        level = halt(Scope.INSTRUMENT, order.instrument, why, 0)
        writes += halted(session, level, said, now)
    return writes


def halted(session: Session, row: LevelRow, cause: dict[str, Any], now: Now) -> list[Write]:
    """Return the entry of a level that the executor sets itself, nothing when it stands."""
    there = session.books.levels.get((row.scope, row.name, row.source))
    if there is not None and (there.level, there.reason) == (row.level, row.reason):
        return []
    draft = Draft(session.books, at_ms=now.wall_ms)
    draft.put(replace(row, at_ms=now.wall_ms))
    subject = f"{row.scope.value}:{row.name}" if row.name else row.scope.value
    told = {"source": row.source, "level": row.level.value, "reason": row.reason}
    return [draft.write("LevelChanged", subject, told | cause)]
