"""How single values read on the panel: amounts, prices, ages, times, small bars."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from rich.text import Text

from messages.money import text
from messages.orders import Side

TREND = "▁▂▃▄▅▆▇█"
OLD_MS = 3_000  # older than this is not to be believed
DIM = "bright_black"
SIDES: dict[str, str] = {Side.BUY: "cyan", Side.SELL: "magenta"}
OUTCOMES = {"approved": "green", "accepted": "green", "refused": "yellow", "rejected": "yellow"}


def money(value: Decimal) -> str:
    """Return *value* with two decimals, cut, and its thousands apart."""
    with localcontext() as context:
        context.clear_traps()
        return f"{value:,.2f}".replace(",", " ")


def price(value: Decimal | None) -> str:
    """Return *value* as it is, its thousands apart; a dash for none."""
    if value is None:
        return "–"
    whole, dot, rest = text(value).partition(".")
    return f"{int(whole):,}".replace(",", " ") + dot + rest


def trend(values: Sequence[Decimal]) -> str:
    """Return *values* as small bars, the lowest at the bottom."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return TREND[3] * len(values)
    top = len(TREND) - 1
    return "".join(TREND[int((value - low) * top // (high - low))] for value in values)


def age(age_ms: int | None) -> Text:
    """Return an age in seconds, red when it is too old to be believed."""
    if age_ms is None:
        return Text("–", style=DIM)
    style = "bold red" if age_ms > OLD_MS else DIM
    return Text(f"{age_ms / 1000:.1f}s", style=style)


def signed(label: str, value: Decimal | None) -> Text:
    """Return *value* with its sign and colour, after *label*."""
    shown = Text(label, style=DIM)
    if value is None:
        return shown.append("–", style=DIM)
    style = "green" if value > 0 else "red" if value < 0 else ""
    return shown.append(f"{'+' if value > 0 else ''}{money(value)}", style=style)


def percent(ratio: Decimal) -> str:
    """Return *ratio* in percent with two decimals."""
    with localcontext() as context:
        context.clear_traps()
        return f"{ratio * 100:.2f}"
