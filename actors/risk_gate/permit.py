"""May the desk trade at all, as far as the gate can see? Ages in ms.

One stale instrument or one contained strategy stops itself alone; here is what stops everybody.
Silence of anybody on the way of an order counts as no.
"""

from collections.abc import Sequence

from actors.risk_gate.settings import Settings
from actors.runtime.newest import Newest
from messages.life import Permit
from messages.market import FeedStatus, FeedVerdict
from messages.records import AuditStatus
from messages.state import AccountState, ExecutorStatus, InstrumentState
from messages.targets import AllocatorState

ISSUER = "risk_gate"


def withheld(
    newest: Newest,
    limits: Settings,
    *,
    instruments: Sequence[str],
    strategies: Sequence[str],
    killed: bool,
    records_full: bool,
    now_ms: int,
) -> str:
    """Return why no permit is given, "" when it is."""
    status = newest.get(ExecutorStatus)
    if killed or (status is not None and status.latched):
        return "KILLED"
    return (
        _feed(newest, limits, now_ms)
        or _states(newest, limits, instruments, now_ms)
        or _targets(newest, limits, strategies, now_ms)
        or _audit(newest, limits, now_ms)
        or ("RECORDS_FULL" if records_full else "")
    )


def permit(status: ExecutorStatus) -> Permit:
    """Return the permit that echoes the nonce of *status*."""
    return Permit(nonce=status.nonce, issuer=ISSUER, kill_epoch=status.kill_epoch)


def _feed(newest: Newest, limits: Settings, now_ms: int) -> str:
    feed = newest.get(FeedStatus)
    age_ms = newest.age_ms(FeedStatus, now_ms=now_ms)
    if feed is None or age_ms is None or age_ms > limits.permit.feed_age_max_ms:
        return "FEED_SILENT"
    return f"OBSERVE {feed.reason}" if feed.verdict is FeedVerdict.OBSERVE else ""


def _states(newest: Newest, limits: Settings, instruments: Sequence[str], now_ms: int) -> str:
    places = [(InstrumentState, name) for name in instruments]
    for kind, name in ((AccountState, ""), (ExecutorStatus, ""), *places):
        age_ms = newest.age_ms(kind, name, now_ms=now_ms)
        if age_ms is None or age_ms > limits.state_age_max_ms:
            return f"STALE_STATE {kind.__name__} {name}".strip()
    return ""


def _targets(newest: Newest, limits: Settings, strategies: Sequence[str], now_ms: int) -> str:
    allocator = newest.get(AllocatorState)
    age_ms = newest.age_ms(AllocatorState, now_ms=now_ms)
    if allocator is None or age_ms is None or age_ms > limits.permit.allocator_age_max_ms:
        return "ALLOCATOR_SILENT"
    for name in strategies:
        said_ms = allocator.targets_age_ms.get(name)
        if said_ms is None or said_ms + age_ms > limits.permit.targets_age_max_ms:
            return f"STRATEGY_SILENT {name}"
    return ""


def _audit(newest: Newest, limits: Settings, now_ms: int) -> str:
    audit = newest.get(AuditStatus)
    age_ms = newest.age_ms(AuditStatus, now_ms=now_ms)
    if audit is None or age_ms is None or age_ms > limits.permit.audit_age_max_ms:
        return "AUDIT_SILENT"
    if audit.breach is not None:
        return f"BREACH {audit.breach.invariant}"
    return "AUDIT_LATE" if audit.lag_ms > limits.permit.audit_lag_max_ms else ""
