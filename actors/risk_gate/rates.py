"""Do orders come too fast, too soon after each other, or again and again? Moments in ms.

What is too fast is refused, never queued for later.
"""

from bisect import bisect_right
from collections.abc import Callable

from actors.risk_gate.approvals import Approval
from actors.risk_gate.ask import Ask, checked
from messages.orders import Check, alike

SECOND_MS = 1_000
MINUTE_MS = 60_000


def rate(ask: Ask) -> Check:
    """Check 16: orders in the last second and in the last minute, this one included.

    The executor counts what it sent, we count what we let out since it last said so: whichever is
    more. So a gate that was just restarted still knows.
    """
    account, limits = ask.facts.account, ask.limits
    said_ms = ask.facts.now_ms - (ask.facts.account_age_ms or 0)
    since = _after(ask, said_ms)
    now_ms = ask.facts.now_ms
    per_s = max(_after(ask, now_ms - SECOND_MS), account.sent_1s + since) + 1
    per_min = max(_after(ask, now_ms - MINUTE_MS), account.sent_60s + since) + 1
    return checked(
        "ORDER_RATE",
        observed=f"{per_s} in 1 s, {per_min} in 60 s",
        limit=f"{limits.orders_per_s_max} in 1 s, {limits.orders_per_min_max} in 60 s",
        passed=per_s <= limits.orders_per_s_max and per_min <= limits.orders_per_min_max,
    )


def cooldown(ask: Ask) -> Check:
    """Check 17: the last order of this side here is long enough ago; exactly so passes."""
    since_ms = _since_last_ms(ask)
    most = ask.limits.cooldown_ms
    return checked(
        "COOLDOWN",
        observed="never" if since_ms is None else f"{since_ms} ms",
        limit=f"{most} ms",
        passed=since_ms is None or since_ms >= most,
    )


def repeated(ask: Ask) -> Check:
    """Check 18: not the same order again and again, without a fill and without a new target."""
    most = ask.limits.repeated_max
    begun_ms = ask.facts.now_ms - ask.limits.repeated_window_s * SECOND_MS
    alike_here = sum(1 for one in _later(ask, begun_ms) if _repeats(one, ask))
    return checked(
        "REPEATED_INTENT",
        observed=str(alike_here + 1),
        limit=f"fewer than {most}",
        passed=alike_here + 1 < most,
    )


def approved_within(ask: Ask, window_ms: int, *, where: Callable[[Approval], bool]) -> int:
    """Return how many orders were let out in the last *window_ms* of which *where* is true."""
    return sum(1 for one in _later(ask, ask.facts.now_ms - window_ms) if where(one))


def _after(ask: Ask, at_ms: int) -> int:
    """Return how many orders were let out after *at_ms*."""
    return len(ask.approved) - bisect_right(ask.approved, at_ms, key=_at_ms)


def _later(ask: Ask, at_ms: int) -> tuple[Approval, ...]:
    return ask.approved[bisect_right(ask.approved, at_ms, key=_at_ms) :]


def _at_ms(one: Approval) -> int:
    return one.at_ms


def _since_last_ms(ask: Ask) -> int | None:
    state, side = ask.facts.state, ask.intent.side
    times = [ask.facts.now_ms - one.at_ms for one in ask.on_way() if one.side is side]
    sent_ms = state.last_send_ms.get(side)
    if sent_ms:
        # Both stamps are the executor's own wall clock; what passed since is counted on ours.
        times.append(state.at_ms - sent_ms + (ask.facts.state_age_ms or 0))
    return min(times, default=None)


def _repeats(one: Approval, ask: Ask) -> bool:
    intent, filled_ms = ask.intent, ask.facts.filled_ms
    return (
        one.side is intent.side
        and one.instrument == ask.batch.instrument
        and one.strategy == intent.strategy
        and (filled_ms is None or one.at_ms >= filled_ms)
        and one.target == intent.sizing.target_quantity
        and alike(
            price=intent.price,
            quantity=intent.quantity,
            other_price=one.price,
            other_quantity=one.quantity,
        )
    )
