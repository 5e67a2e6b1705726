"""May anything leave at all: levels, arming, the version it was computed from, its deadline."""

from actors.risk_gate.ask import Ask, checked
from messages.orders import Check, Side
from messages.state import Level, LevelEntry, Scope, strictest

NEEDS = {Side.BUY: Level.ACTIVE, Side.SELL: Level.REDUCE_ONLY}  # spot: only a sell reduces


def level(ask: Ask) -> Check:
    """Check 1: the strictest level of desk, strategy and instrument allows this side."""
    found, reason = strictest_level(ask)
    needed = NEEDS[ask.intent.side]
    return checked(
        "LEVEL",
        observed=f"{found} {reason}".strip(),
        limit=needed,
        passed=found.rank <= needed.rank,
    )


def strictest_level(ask: Ask) -> tuple[Level, str]:
    """Return the level that touches this intent, and why it is so."""
    status, state = ask.facts.status, ask.facts.state
    if status is None:
        return Level.HALTED, "executor never heard"
    if status.latched or ask.facts.killed:
        return Level.HALTED, "killed"
    entries = [one for one in status.levels if _touches(one, ask)]
    found = strictest(status.level, state.level, *(one.level for one in entries))
    reasons = [one.reason for one in entries if one.level is found]
    return found, reasons[0] if reasons else state.reason


def armed(ask: Ask) -> Check:
    """Check 2: every gate of arming is open. A dry run is refused by the executor alone."""
    shut = ask.facts.status.armed if ask.facts.status else "executor never heard"
    return checked("NOT_ARMED", observed=shut or "open", limit="open", passed=shut is None)


def version(ask: Ask) -> Check:
    """Check 3: the batch was computed from the newest state, in this life of the store."""
    state, batch, status = ask.facts.state, ask.batch, ask.facts.status
    kill_epoch = status.kill_epoch if status else None
    same = (batch.version, batch.lineage) == (state.version, state.lineage)
    return checked(
        "STALE_VERSION",
        observed=f"{batch.version} of {batch.lineage}, kill epoch {batch.kill_epoch}",
        limit=f"{state.version} of {state.lineage}, kill epoch {kill_epoch}",
        passed=same and batch.kill_epoch == kill_epoch,
    )


def deadline(ask: Ask) -> Check:
    """Check 3: its deadline is not over."""
    now_ns, deadline_ns = ask.facts.now_ns, ask.batch.deadline_ns
    return checked(
        "EXPIRED",
        observed=f"{now_ns} ns",
        limit=f"before {deadline_ns} ns",
        passed=now_ns < deadline_ns,
    )


def _touches(entry: LevelEntry, ask: Ask) -> bool:
    names = {
        Scope.DESK: "",
        Scope.STRATEGY: ask.intent.strategy,
        Scope.INSTRUMENT: ask.batch.instrument,
    }
    return entry.name == names[entry.scope]
