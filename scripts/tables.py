"""The tables of the panel: who lives, what the market says, what is held, wanted and decided."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from actors.runtime.logs import time_of_day
from messages.market import Quote
from messages.money import text
from messages.orders import OrderState
from messages.records import DecisionLine
from messages.state import AliveOrder, InstrumentState
from scripts.words import DIM, OUTCOMES, SIDES, age, money, price, signed, trend

ROW_MIN = 42  # narrower tables leave a column out
ROW_WIDE = 54
NAME_MAX = 16  # characters of a strategy's name
TREND_MAX = 24
# What the other cells of a row take at most, blanks included: the last one gets the rest.
ACTOR_CELLS = 24
TURN_CELLS = 12
QUOTE_CELLS = 39
ORDER_CELLS = 45
HELD_CELLS = 28
DECISION_CELLS = 66

_STATES = {
    "ready": ("●", "green"),
    "recovering": ("◐", "yellow"),
    "starting": ("○", "yellow"),
    "backoff": ("◌", "yellow"),
    "stopping": ("◌", "bright_black"),
    "hung": ("●", "bold red"),
    "absent": ("✗", "bold red"),
    "stopped": ("○", DIM),
}
_ORDERS = {
    OrderState.SENDING: "cyan",
    OrderState.LIVE: "green",
    OrderState.CLOSING: "yellow",
    OrderState.UNKNOWN: "bold red",
}


class ActorLine(Struct, frozen=True, kw_only=True):
    """One process: how it is, and how long ago it said so."""

    role: str
    pid: int | None
    state: str
    restarts: int
    heartbeat_age_ms: int | None
    waiting_for: str = ""
    longest_turn_ms: int | None = None  # of those since the heartbeat before


class QuoteLine(Struct, frozen=True, kw_only=True):
    """One quote with its age now and a few mids before it, oldest first."""

    quote: Quote
    age_ms: int
    trend: tuple[Decimal, ...] = ()


def actors(lines: Sequence[ActorLine], *, width: int) -> Table:
    """Return one row per process."""
    wide = width >= ROW_WIDE
    grid = _grid("lllrrr" if wide else "lllrr")
    for one in lines:
        mark, style = _STATES.get(one.state, ("?", "red"))
        state = f"{one.state}: {one.waiting_for}" if one.waiting_for else one.state
        cells = [
            Text(mark, style=style),
            Text(one.role),
            Text(state[: width - ACTOR_CELLS - (TURN_CELLS if wide else 0)], style=style),
            Text(f"↻{one.restarts}" if one.restarts else "", style="yellow"),
            age(one.heartbeat_age_ms),
        ]
        turn = "" if one.longest_turn_ms is None else f"turn {one.longest_turn_ms}ms"
        grid.add_row(*cells, *([Text(turn, style=DIM)] if wide else []))
    return grid


def quotes(lines: Sequence[QuoteLine], *, width: int) -> RenderableType:
    """Return one row per instrument with what the market says."""
    if not lines:
        return Text("no quote yet", style=DIM)
    grid = _grid("lrrrl" if width >= ROW_MIN else "lrrl")
    for one in lines:
        quote = one.quote
        style = "red" if quote.problem else ""
        bars = trend(one.trend[-max(1, min(TREND_MAX, width - QUOTE_CELLS)) :])
        health = Text(quote.problem or bars, style="red" if quote.problem else "cyan")
        cells = [
            Text(quote.instrument, style="bold"),
            Text(price(quote.bid), style=style),
            Text(price(quote.ask), style=style),
            age(one.age_ms),
            health,
        ]
        narrow = [*cells[:3], health if quote.problem else cells[3]]
        grid.add_row(*(cells if width >= ROW_MIN else narrow))
    return grid


def held(states: Sequence[InstrumentState]) -> list[tuple[str, str, Decimal, Decimal | None]]:
    """Return strategy, instrument, position and cost per unit of everything that is held."""
    return [
        (strategy, state.instrument, one.position, one.cost)
        for state in states
        for strategy, one in sorted(state.by_strategy.items())
        if one.position
    ]


def positions(
    states: Sequence[InstrumentState], mids: Mapping[str, Decimal | None], *, width: int
) -> RenderableType:
    """Return what each strategy holds, what it is worth at *mids*, and what that gained."""
    rows = held(states)
    if not rows:
        return Text("nothing is held", style=DIM)
    grid = _grid("llrrr" if width >= ROW_WIDE else "llrr")
    for strategy, instrument, position, cost in rows:
        mid = mids.get(instrument)
        worth = None if mid is None else mid * position
        gain = None if worth is None or cost is None else worth - cost * position
        cells = [
            Text((strategy or "before")[: width - HELD_CELLS], style="" if strategy else DIM),
            Text(instrument, style="bold"),
            Text(text(position)),
            Text("–" if worth is None else money(worth), style=DIM),
            signed("", gain),
        ]
        grid.add_row(*(cells if width >= ROW_WIDE else [*cells[:3], cells[4]]))
    return grid


def alive(states: Sequence[InstrumentState]) -> Iterator[tuple[str, AliveOrder]]:
    """Yield instrument and order of every order that is not over."""
    return ((state.instrument, order) for state in states for order in state.alive)


def orders(states: Sequence[InstrumentState], *, width: int) -> RenderableType:
    """Return one row per order that is not over."""
    grid = _grid("llrrll" if width >= ROW_MIN else "llrrl")
    for instrument, order in alive(states):
        filled = order.filled_quantity
        quantity = text(order.quantity)
        cells = [
            Text(instrument, style="bold"),
            Text(order.side, style=SIDES[order.side]),
            Text(f"{text(filled)}/{quantity}" if filled and width >= ROW_WIDE else quantity),
            Text(price(order.price)),
            Text(order.state, style=_ORDERS.get(order.state, "")),
            Text(order.strategy[: width - ORDER_CELLS], style=DIM),
        ]
        grid.add_row(*(cells if width >= ROW_MIN else cells[:5]))
    return grid if grid.row_count else Text("no order is open", style=DIM)


def decisions(lines: Sequence[DecisionLine], *, width: int) -> Table:
    """Return one row per decision, as they come."""
    grid = _grid("llllrrll")
    for one in lines:
        grid.add_row(
            Text(time_of_day(one.at_ms), style=DIM),
            Text(one.instrument, style="bold"),
            Text(one.strategy[:NAME_MAX]),
            Text(one.side, style=SIDES.get(one.side, "")),
            Text(one.quantity),
            Text(one.price),
            Text(one.outcome, style=OUTCOMES.get(one.outcome.lower(), "")),
            Text(one.reason[: max(1, width - DECISION_CELLS)], style=DIM),
        )
    return grid


def _grid(columns: str) -> Table:
    """Return a table without lines; *columns* says l or r for each."""
    grid = Table.grid(padding=(0, 1), expand=False)
    for one in columns:
        grid.add_column(justify="right" if one == "r" else "left", no_wrap=True)
    return grid
