"""Is what we know good enough: age of states and quotes, the venue's rules, the price collar.

Ages in ms, equality is young enough. Collars in bps of their reference, equality is inside.
"""

from decimal import Decimal

from actors.risk_gate.ask import UNKNOWN, Ask, checked
from actors.risk_gate.facts import valid_book
from messages.money import divide_up, text
from messages.orders import Check, Side

STILL_A_BOOK = (None, "STALE", "RECOVERING")  # old, yet bid and ask are right
SHOWN_PLACES = 2


def states(ask: Ask) -> Check:
    """Check 4: the states of account, instrument and executor are young."""
    facts, most = ask.facts, ask.limits.state_age_max_ms
    ages = [facts.account_age_ms, facts.state_age_ms, facts.status_age_ms]
    known = [age_ms for age_ms in ages if age_ms is not None]
    oldest = max(known) if len(known) == len(ages) else None
    return checked(
        "STALE_STATE",
        observed="never heard" if oldest is None else f"{oldest} ms",
        limit=f"{most} ms",
        passed=oldest is not None and oldest <= most,
    )


def quote(ask: Ask) -> Check:
    """Check 5: the quote is valid, and young; for an exit an older one will do."""
    limits, facts = ask.limits, ask.facts
    entry = ask.intent.side is Side.BUY
    most = limits.quote_age_entry_max_ms if entry else limits.quote_age_exit_max_ms
    problem = _problem(ask)
    age_ms = facts.quote_age_ms
    return checked(
        "STALE_DATA",
        observed=f"{UNKNOWN if age_ms is None else age_ms} ms {problem or ''}".strip(),
        limit=f"{most} ms",
        passed=problem is None and age_ms is not None and age_ms <= most,
    )


def rules(ask: Ask) -> Check:
    """Check 6: the venue's rules are known and young, and the order keeps them."""
    code = _broken_rule(ask)
    intent = ask.intent
    return checked(
        code or "RULES",
        observed=f"{text(intent.quantity)} at {text(intent.price)}",
        limit="the venue's rules",
        passed=code is None,
    )


def collar(ask: Ask) -> Check:
    """Check 7: the price is near the mid."""
    return _collar(ask, ask.mid, ask.limits.collar_bps, of="mid")


def collar_median(ask: Ask) -> Check:
    """Check 7: and near the median of the mids of the last five minutes."""
    median = ask.facts.quote.median if ask.facts.quote else None
    return _collar(ask, median, ask.limits.collar_median_bps, of="median")


def _collar(ask: Ask, reference: Decimal | None, most: int, *, of: str) -> Check:
    limit = f"{most} bps of {of}"
    if reference is None or reference <= 0:
        # Without a reference nothing is entered; an exit has the other collar still.
        exits = of == "median" and ask.intent.side is Side.SELL
        return checked("PRICE_COLLAR", observed=UNKNOWN, limit=limit, passed=exits)
    scaled = abs(ask.intent.price - reference) * 10_000
    return checked(
        "PRICE_COLLAR",
        observed=f"{text(divide_up(scaled, reference, SHOWN_PLACES))} bps",
        limit=limit,
        passed=scaled <= most * reference,
    )


def _problem(ask: Ask) -> str | None:
    quote = ask.facts.quote
    if quote is None or not valid_book(quote):
        return "NO_VALID_BOOK" if quote is None else quote.problem or "NO_VALID_BOOK"
    if ask.intent.side is Side.SELL and quote.problem in STILL_A_BOOK:
        return None
    return quote.problem


def _broken_rule(ask: Ask) -> str | None:
    known, age_ms = ask.facts.rules, ask.facts.rules_age_ms
    if known is None or age_ms is None:
        return "RULES_UNKNOWN"
    if age_ms > ask.limits.rules_age_max_s * 1_000:
        return "RULES_STALE"
    return known.not_tradable or known.invalid(ask.intent.price, ask.intent.quantity)
