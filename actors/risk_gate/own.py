"""The limits of one strategy, of one instrument, and of the trading capital. They only tighten.

Each answers with the first of its limits that is broken; where none is set, nothing is asked. A
strategy's position is judged instrument by instrument.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from actors.risk_gate.approvals import Approval
from actors.risk_gate.ask import UNKNOWN, Ask, checked
from actors.risk_gate.exposure import at_most
from actors.risk_gate.rates import MINUTE_MS, SECOND_MS, approved_within
from actors.risk_gate.settings import OwnLimits
from messages.money import ZERO, text
from messages.orders import Check, Side


def strategy(ask: Ask) -> Check | None:
    """Check 26: the strategy's own limits, of its own orders and position."""
    name, here = ask.intent.strategy, ask.batch.instrument
    limits = ask.limits.strategy.get(name)
    if limits is None:
        return None
    alive = sum(
        1
        for state in ask.facts.states.values()
        for one in state.alive
        if one.strategy == name and not ask.cancels(one)
    )
    coming = sum(1 for one in ask.all_on_way() if one.strategy == name)
    return _first(
        "STRATEGY_LIMIT",
        _own(
            ask,
            limits,
            exposure=_strategy_exposure(ask, name, here),
            orders=alive + coming + 1,
            mine=lambda one: one.strategy == name,
        ),
    )


def instrument(ask: Ask) -> Check | None:
    """Check 26: the instrument's own limits."""
    name = ask.batch.instrument
    limits = ask.limits.instrument.get(name)
    if limits is None:
        return None
    alive = sum(1 for one in ask.alive() if not ask.cancels(one))
    return _first(
        "INSTRUMENT_LIMIT",
        _own(
            ask,
            limits,
            exposure=ask.exposure(),
            orders=alive + len(ask.on_way()) + 1,
            mine=lambda one: one.instrument == name,
        ),
    )


def capital_order(ask: Ask) -> Check | None:
    """Check 27: one order takes its share of the trading capital at most."""
    capital = ask.limits.capital
    if capital is None:
        return None
    return at_most(
        "CAPITAL_ORDER", ask.intent.notional, capital.capital_try * capital.order_max_ratio
    )


def capital_exposure(ask: Ask) -> Check | None:
    """Check 27: all exposure takes its share of the trading capital at most."""
    capital = ask.limits.capital
    if capital is None:
        return None
    return at_most("CAPITAL_EXPOSURE", ask.gross(), capital.capital_try * capital.gross_max_ratio)


def _own(
    ask: Ask,
    limits: OwnLimits,
    *,
    exposure: Decimal | None,
    orders: int,
    mine: Callable[[Approval], bool],
) -> Iterable[tuple[str, str, str, bool]]:
    """Yield name, observed, limit and whether it holds, for each limit that is set."""
    entry = ask.intent.side is Side.BUY
    if limits.order_notional_max_try is not None:
        most, found = limits.order_notional_max_try, ask.intent.notional
        yield "order_notional_max_try", text(found), text(most), found <= most
    if entry and limits.position_max_try is not None:
        most = limits.position_max_try
        seen = UNKNOWN if exposure is None else text(exposure)
        yield "position_max_try", seen, text(most), exposure is not None and exposure <= most
    counts = (
        ("orders_max", orders, limits.orders_max),
        (
            "orders_per_s_max",
            approved_within(ask, SECOND_MS, where=mine) + 1,
            limits.orders_per_s_max,
        ),
        (
            "orders_per_min_max",
            approved_within(ask, MINUTE_MS, where=mine) + 1,
            limits.orders_per_min_max,
        ),
    )
    for name, count, at_most_count in counts:
        if at_most_count is not None:
            yield name, str(count), str(at_most_count), count <= at_most_count


def _first(code: str, found: Iterable[tuple[str, str, str, bool]]) -> Check:
    """Return the first limit that is broken, all as one when none is."""
    every = list(found)
    for name, observed, limit, holds in every:
        if not holds:
            return checked(code, observed=f"{name} {observed}", limit=limit, passed=False)
    names = " ".join(name for name, _, _, _ in every) or "none"
    return checked(code, observed=names, limit="within each", passed=True)


def _strategy_exposure(ask: Ask, name: str, here: str) -> Decimal | None:
    mark = ask.facts.marks.get(here)
    if mark is None and ask.own.position != 0:
        return None
    buys = (one for one in ask.alive() if one.strategy == name and one.side is Side.BUY)
    coming = (one for one in ask.on_way() if one.strategy == name and one.side is Side.BUY)
    buying = sum((one.remaining * one.price for one in buys), ZERO)
    expected = sum((one.notional for one in coming), ZERO)
    held = ask.own.position * (mark or ZERO)
    return held + buying + expected + ask.intent.notional
