"""What may be done, by scope and source: the strictest entry that touches an order counts.

Every source has one entry per scope; it may raise its own at any time and lower its own alone. The
executor's and the supervisor's HALTED fall by the operator, once that scope is reconciled; the kill
latch falls by `resume` alone.
"""

from collections.abc import Iterable, Mapping

from actors.executor.draft import Draft
from actors.runtime.effects import Write
from messages.control import Reply, SetLevel
from messages.state import Level, LevelEntry, Scope, strictest
from store.rows import LevelRow

OPERATOR, EXECUTOR, SUPERVISOR, RISK_GATE, KILL = (
    "operator",
    "executor",
    "supervisor",
    "risk_gate",
    "kill",
)
SOURCES = (OPERATOR, EXECUTOR, SUPERVISOR, RISK_GATE)
MACHINES = (EXECUTOR, SUPERVISOR)  # the operator takes theirs back, once reconciled
LATCH = (Scope.DESK, "", KILL)
CLEARED, NOT_RECONCILED = "CLEARED", "NOT_RECONCILED"

Rows = Mapping[tuple[str, str, str], LevelRow]


def halt(scope: Scope, name: str, reason: str, at_ms: int) -> LevelRow:
    """Return the executor's own HALTED for one scope."""
    return LevelRow(
        scope=scope, name=name, source=EXECUTOR, level=Level.HALTED, reason=reason, at_ms=at_ms
    )


def latch(reason: str, at_ms: int) -> LevelRow:
    """Return the kill latch."""
    return LevelRow(
        scope=Scope.DESK, name="", source=KILL, level=Level.HALTED, reason=reason, at_ms=at_ms
    )


def of_scope(rows: Rows, scope: Scope, name: str) -> Level:
    """Return the strictest entry of one scope."""
    return strictest(
        *(row.level for row in rows.values() if row.scope == scope and row.name == name)
    )


def of_order(rows: Rows, *, strategy: str, instrument: str) -> Level:
    """Return the strictest level that touches an order."""
    touching = {(Scope.DESK, ""), (Scope.STRATEGY, strategy), (Scope.INSTRUMENT, instrument)}
    return strictest(*(r.level for r in rows.values() if (r.scope, r.name) in touching))


def of_instrument(rows: Rows, instrument: str) -> tuple[Level, str]:
    """Return the strictest of desk and instrument with its reason, empty when ACTIVE."""
    touching = {(Scope.DESK, ""), (Scope.INSTRUMENT, instrument)}
    return _with_reason(r for r in rows.values() if (r.scope, r.name) in touching)


def entries(rows: Rows) -> tuple[LevelEntry, ...]:
    """Return every entry above ACTIVE, as it is published."""
    return tuple(
        LevelEntry(
            scope=row.scope,
            name=row.name,
            source=row.source,
            level=row.level,
            reason=row.reason,
            at_ms=row.at_ms,
        )
        for row in rows.values()
        if row.level is not Level.ACTIVE
    )


def is_latched(rows: Rows) -> bool:
    """Return whether the kill latch stands."""
    row = rows.get(LATCH)
    return row is not None and row.level is Level.HALTED


def set_level(draft: Draft, wish: SetLevel, *, missing: str) -> tuple[list[Write], Reply]:
    """Return what *wish* leads to and the answer.

    An operator lowering a scope also takes back the executor's and the supervisor's entries there,
    unless something is *missing* until books and venue agree.
    """
    if wish.source not in SOURCES:
        return [], _no("UNKNOWN_SOURCE", f"a level is set by {', '.join(SOURCES)}")
    if (wish.scope is Scope.DESK) != (not wish.name):
        return [], _no("WRONG_SCOPE", "the desk has no name, a strategy or an instrument has one")
    rows = draft.books.levels
    before = rows.get((wish.scope, wish.name, wish.source))
    others = _others_to_clear(rows, wish) if wish.source == OPERATOR else []
    if others and missing:
        held = f"{others[0].source} holds it {others[0].level} for {others[0].reason}"
        return [], _no(NOT_RECONCILED, f"{held}; it falls once books and venue agree: {missing}")
    if before is None or (before.level, before.reason) != (wish.level, wish.reason):
        draft.put(
            LevelRow(
                scope=wish.scope,
                name=wish.name,
                source=wish.source,
                level=wish.level,
                reason=wish.reason,
                at_ms=draft.at_ms,
            )
        )
    for other in others:
        draft.put(lowered(other, wish.level, draft.at_ms))
    writes = [] if draft.is_empty() else [draft.write("LevelChanged", _subject(wish), _cause(wish))]
    level, reason = _with_reason(
        row for row in rows.values() if row.scope == wish.scope and row.name == wish.name
    )
    return writes, Reply(
        ok=True,
        code="OK",
        message=f"level is {level}" + (f" ({reason})" if reason else ""),
        report={"level": level.value, "reason": reason, "scope": wish.scope.value},
    )


def lowered(row: LevelRow, level: Level, at_ms: int) -> LevelRow:
    """Return *row* taken down to *level*."""
    return LevelRow(
        scope=row.scope,
        name=row.name,
        source=row.source,
        level=level,
        reason=CLEARED,
        at_ms=at_ms,
    )


def _others_to_clear(rows: Rows, wish: SetLevel) -> list[LevelRow]:
    return [
        row
        for row in rows.values()
        if row.scope == wish.scope
        and row.name == wish.name
        and row.source in MACHINES
        and row.level.rank > wish.level.rank
    ]


def _with_reason(rows: Iterable[LevelRow]) -> tuple[Level, str]:
    worst = max(rows, key=lambda row: row.level.rank, default=None)
    if worst is None or worst.level is Level.ACTIVE:
        return Level.ACTIVE, ""
    return worst.level, worst.reason


def _subject(wish: SetLevel) -> str:
    return f"{wish.scope.value}:{wish.name}" if wish.name else wish.scope.value


def _cause(wish: SetLevel) -> dict[str, object]:
    return {"source": wish.source, "level": wish.level.value, "reason": wish.reason}


def _no(code: str, message: str) -> Reply:
    return Reply(ok=False, code=code, message=message)
