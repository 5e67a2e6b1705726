"""The hard limits of the executor: the last look at price, size, exposure and pace of an order.

They come from the executor's own configuration and no message can change one. Notionals in quote;
a reference that is missing refuses. Boundaries are multiplied out, never tested on a quotient.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from actors.executor import day
from actors.executor.books import Books
from actors.executor.day import Mark
from actors.executor.settings import Limits
from messages.instrument import Instrument
from messages.money import ZERO, text
from messages.orders import BrokenRule, Intent, Side

BPS_IN_ONE = 10_000
LIMIT = "LIMIT"


class Pace(Struct, frozen=True, kw_only=True):
    """Orders accepted in the last second and minute."""

    last_s: int
    last_min: int


class View(Struct, frozen=True, kw_only=True):
    """What the limits are held against; rules and marks are by instrument."""

    rules: Mapping[str, Instrument]
    marks: Mapping[str, Mark]
    holdings: Mapping[str, Mark | None]  # marks of all that is traded, by base asset
    pace: Pace
    now_ms: int  # monotonic
    today: str
    locked: Mapping[str, Decimal] = {}  # by orders of others, by asset
    buying: Decimal = ZERO  # what their buys may still cost


def first_breach(
    intent: Intent, instrument: str, *, books: Books, view: View, limits: Limits
) -> BrokenRule | None:
    """Return the first limit that *intent* breaks, in the order they are written here."""
    return (
        _grid(intent, view.rules.get(instrument))
        or _collar(intent, view.marks.get(instrument), view.now_ms, limits)
        or _size(intent, limits)
        or _gross(intent, books, view, limits)
        or _pace(view.pace, limits)
        or _day(intent, books, view.today, limits)
    )


def gross(books: Books, view: View) -> Decimal | None:
    """Return holdings at mark plus alive buys of all traded instruments, None without a mark."""
    total = ZERO
    for asset, mark in view.holdings.items():
        owned = books.owned(asset)
        if owned and mark is None:
            return None
        total += owned * mark.mid if mark is not None else ZERO
    return total + books.buying + view.buying


def day_value(books: Books, today: str) -> Decimal:
    """Return the value of all orders accepted today."""
    _, counted, value = (books.meta(day.SENT) or "0||0").split("|")
    return Decimal(value) if counted == today else ZERO


def _grid(intent: Intent, rules: Instrument | None) -> BrokenRule | None:
    if rules is None:
        return _limit("RULES_UNKNOWN", "rules of the instrument")
    if rules.not_tradable is not None:
        return _limit(rules.not_tradable, "tradable")
    code = rules.invalid(intent.price, intent.quantity)
    if code is None:
        return None
    return _limit(f"{code} {text(intent.quantity)} @ {text(intent.price)}", "on the grid")


def _collar(intent: Intent, mark: Mark | None, now_ms: int, limits: Limits) -> BrokenRule | None:
    if mark is None:
        return _limit("collar: no mid", f"a mid at most {limits.quote_age_max_ms} ms old")
    if now_ms - mark.heard_ms > limits.quote_age_max_ms:
        age_ms = now_ms - mark.heard_ms
        return _limit(f"collar: mid {age_ms} ms old", f"{limits.quote_age_max_ms} ms")
    apart = abs(intent.price - mark.mid)
    if apart * BPS_IN_ONE <= limits.collar_bps * mark.mid:
        return None
    seen = f"collar: {text(intent.price)} against mid {text(mark.mid)}"
    return _limit(seen, f"{limits.collar_bps} bps")


def _size(intent: Intent, limits: Limits) -> BrokenRule | None:
    if intent.notional <= limits.order_notional_max_try:
        return None
    return _limit(f"order {text(intent.notional)}", text(limits.order_notional_max_try))


def _gross(intent: Intent, books: Books, view: View, limits: Limits) -> BrokenRule | None:
    if intent.side is Side.SELL:
        return None
    before = gross(books, view)
    if before is None:
        return _limit("gross: no mark for a holding", text(limits.gross_max_try))
    total = before + intent.notional
    if total <= limits.gross_max_try:
        return None
    return _limit(f"gross {text(total)}", text(limits.gross_max_try))


def _pace(pace: Pace, limits: Limits) -> BrokenRule | None:
    if pace.last_s + 1 > limits.orders_per_s_max:
        return _limit(f"{pace.last_s} orders in 1 s", f"{limits.orders_per_s_max}")
    if pace.last_min + 1 > limits.orders_per_min_max:
        return _limit(f"{pace.last_min} orders in 60 s", f"{limits.orders_per_min_max}")
    return None


def _day(intent: Intent, books: Books, today: str, limits: Limits) -> BrokenRule | None:
    total = day_value(books, today) + intent.notional
    if total <= limits.day_notional_max_try:
        return None
    return _limit(f"day {text(total)}", text(limits.day_notional_max_try))


def _limit(observed: str, limit: str) -> BrokenRule:
    return BrokenRule(code=LIMIT, observed=observed, limit=limit)
