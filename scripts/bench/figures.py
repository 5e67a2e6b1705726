"""What was measured, beside its floor and its goal. Pure: samples in, figures and rows out.

Durations are in the unit that the figure names. A goal that is missed is shown, never an error.
"""

from collections.abc import Sequence

from msgspec import Struct

US, MS, S = "µs", "ms", "s"


class Figure(Struct, frozen=True, kw_only=True):
    """One number of this machine. *ratio* is against *floor*, measured in the same run."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    goal: float | None = None  # at most; at least where *more_is_better*
    goal_of: str = "value"  # value | ratio
    more_is_better: bool = False
    samples: int = 1

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def reached(self) -> bool | None:
        """Return whether the goal is reached; None without one, or without a ratio to judge."""
        judged = self.ratio if self.goal_of == "ratio" else self.value
        if self.goal is None or judged is None:
            return None
        return judged >= self.goal if self.more_is_better else judged <= self.goal


class Section(Struct, frozen=True, kw_only=True):
    """One part of the benchmark: its figures, or the reason why there are none."""

    title: str
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: str = ""


def quantile(samples: Sequence[float], ratio: float) -> float:
    """Return the smallest sample that at least *ratio* of *samples* do not exceed."""
    if not samples:
        raise ValueError("no samples, no quantile")
    ordered = sorted(samples)
    rank = -(-len(ordered) * ratio // 1)  # rounded up
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]


def row(figure: Figure) -> dict[str, object]:
    """Return *figure* as a line of a table."""
    return {
        "figure": figure.what,
        "value": f"{shown(figure.value)} {figure.unit}",
        "floor": f"{shown(figure.floor)} {figure.unit}" if figure.floor else None,
        "floor is": figure.floor_is,
        "ratio": f"{figure.ratio:.2f}×" if figure.ratio else None,
        "goal": goal(figure),
        "": {True: "PASS", False: "WARN", None: ""}[figure.reached],
        "n": figure.samples,
    }


def goal(figure: Figure) -> str | None:
    """Return the goal of *figure* in words."""
    if figure.goal is None:
        return None
    sign = "≥" if figure.more_is_better else "≤"
    unit = "×" if figure.goal_of == "ratio" else f" {figure.unit}"
    return f"{sign} {shown(figure.goal)}{unit}"


def shown(value: float | None) -> str:
    """Return *value* with three significant digits, thousands grouped."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def plain(section: Section) -> dict[str, object]:
    """Return *section* for the JSON document."""
    return {
        "title": section.title,
        "left_out": section.left_out or None,
        "notes": list(section.notes),
        "figures": [
            {
                "what": one.what,
                "value": one.value,
                "unit": one.unit,
                "floor": one.floor,
                "floor_is": one.floor_is or None,
                "ratio": one.ratio,
                "goal": goal(one),
                "reached": one.reached,
                "samples": one.samples,
            }
            for one in section.figures
        ],
    }
