"""Is what a strategy answered a set of targets? On the grid, of instruments it was asked about.

One that is not is a fault of the strategy: it is contained, and the reason says what was wrong.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from actors.strategy.interface import Seen
from messages.targets import Target


class Contained(Struct, frozen=True):
    """A strategy that is asked no more, and why."""

    reason: str


def checked(
    answer: object, seen: Mapping[str, Seen], may_enter: Mapping[str, bool]
) -> dict[str, Target] | Contained:
    """Return *answer* with each quantity on its instrument's step, or what is wrong with it.

    Where *may_enter* says no, a target above the position is the position: nothing is bought.
    """
    if not isinstance(answer, Mapping):
        return Contained(f"BAD_ANSWER: {type(answer).__name__} instead of a mapping")
    targets: dict[str, Target] = {}
    for name, target in answer.items():
        one = seen.get(name) if isinstance(name, str) else None
        if one is None:
            return Contained(f"UNKNOWN_INSTRUMENT: {name!r} was not asked about"[:200])
        if fault := _fault(target):
            return Contained(f"BAD_TARGET: {name}: {fault}"[:200])
        quantity = one.rules.quantity_down(target.quantity)
        if not may_enter.get(name, False):
            quantity = min(quantity, one.position)
        price = None if target.price is None else one.rules.price_down(target.price)
        targets[name] = replace(target, quantity=quantity, price=price)
    return targets


def _fault(target: object) -> str | None:
    if not isinstance(target, Target):
        return f"{type(target).__name__} instead of a Target"
    if not target.reason:
        return "no reason"
    for field, least_is_zero in (("quantity", True), ("price", False)):
        value = getattr(target, field)
        if value is None and field == "price":
            continue
        if not isinstance(value, Decimal) or not value.is_finite():
            return f"{field} {value!r} is no amount"
        if value < 0 or (not least_is_zero and value == 0):
            return f"{field} {value} is not positive"
    return None
