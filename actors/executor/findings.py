"""What the executor finds wrong and what follows: a level of its own, once, with its evidence."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from actors.executor import evidence
from actors.executor.draft import Draft
from actors.executor.evidence import Stranger
from actors.executor.levels import halt
from actors.executor.session import Now, Session
from actors.runtime.effects import Write
from messages.state import Level, Scope
from store.rows import LevelRow


def strange(session: Session, found: Iterable[Stranger], now: Now) -> list[Write]:
    """Return the entry that halts the desk for an order that is in no books, once."""
    writes: list[Write] = []
    for one in found:
        row = halt(Scope.DESK, "", f"{one.code} {one.client_order_id or one.venue_order_id}", 0)
        there = session.books.levels.get((row.scope, row.name, row.source))
        if there is not None and there.level is Level.HALTED:
            continue
        writes += halted(session, row, evidence.plain(one), now)
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
