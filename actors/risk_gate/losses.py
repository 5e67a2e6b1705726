"""Was too much lost already, or is this exit a loss? Quote asset; unknown refuses entries.

What was realised counts at once, what equity says once it was confirmed (valuations.py).
"""

from decimal import Decimal

from actors.risk_gate.ask import UNKNOWN, Ask, checked
from actors.risk_gate.level import strictest_level
from messages.money import BPS, ONE, text
from messages.orders import Check
from messages.state import Level

LOSS_UNKNOWN = "LOSS_UNKNOWN"


def day(ask: Ask) -> Check:
    """Check 21: the day's result is above the limit of loss."""
    account, losses = ask.facts.account, ask.facts.losses
    most = -ask.limits.daily_loss_max_try
    limit = f"above {text(most)}"
    if account.day_pnl is None:
        return checked(LOSS_UNKNOWN, observed=UNKNOWN, limit=limit, passed=False)
    broken = account.realised_today <= most or losses.day
    seen = f", seen {losses.day_seen} times" if losses.day_seen else ""
    return checked(
        "MAX_DAILY_LOSS",
        observed=f"{text(account.day_pnl)}{seen}",
        limit=limit,
        passed=not broken,
    )


def drawdown(ask: Ask) -> Check:
    """Check 22: equity did not fall too far below its peak, as a ratio of the peak."""
    account, losses = ask.facts.account, ask.facts.losses
    limit = f"below {text(ask.limits.drawdown_max_ratio)}"
    if account.drawdown_ratio is None:
        return checked(LOSS_UNKNOWN, observed=UNKNOWN, limit=limit, passed=False)
    seen = f", seen {losses.drawdown_ratio_seen} times" if losses.drawdown_ratio_seen else ""
    return checked(
        "MAX_DRAWDOWN",
        observed=f"{text(account.drawdown_ratio)}{seen}",
        limit=limit,
        passed=not losses.drawdown_ratio,
    )


def fees(ask: Ask) -> Check:
    """Check 23: the day's fees and VAT are within their budget."""
    paid, most = ask.facts.account.fees_today, ask.limits.fee_day_max_try
    return checked("FEE_BUDGET", observed=text(paid), limit=text(most), passed=paid <= most)


def streak(ask: Ask) -> Check:
    """Check 24: not too many round trips lost in a row today."""
    lost, most = ask.facts.account.loss_streak, ask.limits.loss_streak_max
    return checked(
        "LOSS_STREAK", observed=str(lost), limit=f"fewer than {most}", passed=lost < most
    )


def min_profit(ask: Ask) -> Check | None:
    """Check 25: an exit pays its cost, the fee, slippage and a profit; equality passes.

    Not asked without the setting, where only reducing is allowed, or where the cost is unknown.
    """
    wanted, cost = ask.limits.min_profit, ask.own.cost
    found, _ = strictest_level(ask)
    if wanted is None or cost is None or found is Level.REDUCE_ONLY:
        return None
    bps: Decimal = ask.limits.fees.taker_bps + wanted.slippage_bps + wanted.profit_bps
    least = cost * (ONE + bps * BPS)
    return checked(
        "MIN_PROFIT_THRESHOLD",
        observed=text(ask.intent.price),
        limit=f"at least {text(least)}",
        passed=ask.intent.price >= least,
    )
