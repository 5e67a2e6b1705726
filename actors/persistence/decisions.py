"""The newest decisions as the panel shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from messages.records import DecisionLine, RecentDecisions

SHOWN_MAX = 80  # characters of one cell


def recent(told: Iterable[Mapping[str, Any]]) -> RecentDecisions:
    """Return *told*, decisions as `Reader.decisions` tells them, newest first, as lines."""
    return RecentDecisions(lines=tuple(_line(one) for one in told))


def _line(told: Mapping[str, Any]) -> DecisionLine:
    at_ms = told.get("at_ms")
    return DecisionLine(
        at_ms=at_ms if isinstance(at_ms, int) else 0,
        instrument=_text(told, "instrument"),
        strategy=_text(told, "strategy"),
        side=_text(told, "side"),
        quantity=_text(told, "quantity"),
        price=_text(told, "price"),
        outcome=_text(told, "outcome"),
        reason=_text(told, "reason"),
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return "" if value is None else f"{value}"[:SHOWN_MAX]
