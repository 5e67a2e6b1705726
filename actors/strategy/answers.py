"""Is what a strategy returned a set of targets? Foreign code is believed nothing.

Quantities and prices come out on the instrument's grid, rounded down; an instrument that may only
be left gets no target above what there is already. A fault is a code and what was found.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from actors.strategy.interface import Seen, Target
from actors.strategy.universe import Universe
from messages.instrument import Instrument
from messages.money import ZERO, Amount

NOT_A_TARGET = "NOT_A_TARGET"
UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
REASON_LENGTH_MAX = 60
DIGITS_BEFORE_DOT_MAX = 20  # with 16 after it a message can still carry the amount
SHOWN_MAX = 200


class Fault(Struct, frozen=True, kw_only=True):
    """Why a strategy is stopped: a code, and what was seen, for people."""

    code: str
    detail: str


def targets(
    answer: object,
    universe: Universe,
    rules: Mapping[str, Instrument],
    seen: Mapping[str, Seen],
) -> dict[str, Target] | Fault:
    """Return the targets that *answer* states, on the grid of *rules*; the fault where it is none.

    Left out is what cannot be ordered: without rules, with a price below the smallest, and what
    may only be left and is not seen.
    """
    if not isinstance(answer, Mapping):
        return Fault(code=NOT_A_TARGET, detail=f"decide returned a {type(answer).__name__}")
    found: dict[str, Target] = {}
    for name, target in answer.items():
        if name not in universe.all:
            return Fault(code=UNKNOWN_INSTRUMENT, detail=repr(name)[:SHOWN_MAX])
        wrong = _wrong(target)
        if wrong:
            return Fault(code=NOT_A_TARGET, detail=f"{name}: {wrong}"[:SHOWN_MAX])
        if name in rules and (name in universe.enter or name in seen):
            most = None if name in universe.enter else _held(seen[name])
            found[name] = _on_grid(target, rules[name], most)
    return {name: target for name, target in found.items() if target.price != 0}


def _wrong(target: object) -> str:
    """Return what is wrong with *target*, "" for nothing."""
    if not isinstance(target, Target):
        return f"{type(target).__name__} instead of Target"
    if not _is_amount(target.quantity) or target.quantity < 0:
        return f"quantity {target.quantity!r}, expected a Decimal of at least 0"
    if target.price is not None and (not _is_amount(target.price) or target.price <= 0):
        return f"price {target.price!r}, expected a Decimal above 0 or None"
    reason: object = target.reason
    if not isinstance(reason, str) or not 0 < len(reason) <= REASON_LENGTH_MAX:
        return f"reason {reason!r}, expected 1 to {REASON_LENGTH_MAX} characters"
    return ""


def _is_amount(value: object) -> bool:
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return value.adjusted() < DIGITS_BEFORE_DOT_MAX


def _on_grid(target: Target, rules: Instrument, most: Decimal | None) -> Target:
    quantity = target.quantity if most is None else min(target.quantity, most)
    price = None if target.price is None else Amount(rules.price_down(target.price))
    return replace(target, quantity=Amount(rules.quantity_down(quantity)), price=price)


def _held(seen: Seen) -> Decimal:
    """Return the highest target that buys nothing more."""
    return max(ZERO, seen.position + seen.buying - seen.selling)
