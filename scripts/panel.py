"""What a person sees of a running desk: values in, something to draw out. No clock, no I/O.

Drawn for 80x24 and up: a wider or higher terminal shows more of the same. Amounts are quote asset
unless they stand beside an instrument; ages in seconds.
"""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from actors.runtime.logs import readable, time_of_day
from messages.records import DecisionLine
from messages.state import Level
from scripts import tables
from scripts.views import View as View
from scripts.views import view_of as view_of
from scripts.words import DIM, OUTCOMES, SIDES, money, percent, signed, trend

ROOMY_HEIGHT = 32  # from here on sections have frames
MEDIUM = 95
WIDE = 110  # from here on lines say more
HEAD, FOOT = 2, 1  # lines
PERMIT_OLD_MS = 2_000

_LEVELS = {
    Level.ACTIVE: "bold black on green",
    Level.REDUCE_ONLY: "bold black on yellow",
    Level.PAUSED: "bold black on yellow",
    Level.HALTED: "bold white on red",
}


def draw(view: View, *, width: int, height: int) -> RenderableType:
    """Return the whole panel for a terminal of *width* x *height*."""
    roomy = height >= ROOMY_HEIGHT
    frame = 2 if roomy else 1
    half = width // 2 - (4 if roomy else 1)
    processes = (*view.actors, *view.services)
    mids = {one.quote.instrument: one.quote.mid for one in view.quotes}
    top = frame + max(len(processes), len(view.quotes), 1)
    books = max(1, len(tables.held(view.states)), sum(1 for _ in tables.alive(view.states)))
    rest = height - HEAD - FOOT - top
    middle = max(frame + 1, min(rest // 2, frame + books))
    layout = Layout()
    layout.split_column(
        Layout(_head(view, width), size=HEAD),
        _pair(
            top,
            _section("actors", tables.actors(processes, width=half), roomy=roomy),
            _section("quotes", tables.quotes(view.quotes, width=half), roomy=roomy),
        ),
        _pair(
            middle,
            _section("positions", tables.positions(view.states, mids, width=half), roomy=roomy),
            _section("open orders", tables.orders(view.states, width=half), roomy=roomy),
        ),
        Layout(
            _section("decisions", _decisions(view, rest - middle - frame, width), roomy=roomy),
            ratio=1,
        ),
        Layout(_foot(view, width), size=FOOT),
    )
    return layout


def event_line(event: Mapping[str, object]) -> Text:
    """Return one line of the supervisor's log for a person."""
    at_ms = event.get("at_ms")
    time = time_of_day(at_ms) if isinstance(at_ms, int) else ""
    line = Text(readable(event, time), style=_SEVERITY.get(str(event.get("level")), ""))
    line.stylize(DIM, 0, len(time))
    return line


def summary_line(view: View, at_ms: int) -> Text:
    """Return how the desk is, in one line."""
    ready = sum(one.state == "ready" for one in view.actors)
    line = Text(f"{time_of_day(at_ms)} ", style=DIM)
    line.append_text(_level(view))
    line.append(f"  {ready}/{len(view.actors)} ready")
    if view.account and view.account.equity is not None:
        line.append(f"  equity {money(view.account.equity)} {view.quote}")
        line.append_text(signed("  day ", view.account.day_pnl))
    alive = sum(1 for _ in tables.alive(view.states))
    fresh = sum(one.quote.problem is None for one in view.quotes)
    line.append(f"  positions {len(tables.held(view.states))}  open {alive}")
    line.append(f"  quotes {fresh}/{len(view.quotes)} fresh")
    if view.status:
        line.append(f"  unknown {view.status.unknown_orders}")
    waiting = (one for one in view.actors if one.waiting_for)
    first = min(waiting, key=lambda one: one.role != "executor", default=None)  # others wait for it
    if first is not None:
        line.append(f"  {first.role} waits for {first.waiting_for}", style="yellow")
    return line


def decision_line(line: DecisionLine) -> Text:
    """Return one decision in one line."""
    shown = Text(f"{time_of_day(line.at_ms)} ", style=DIM)
    shown.append(f"{line.instrument} {line.strategy} ")
    shown.append(line.side, style=SIDES.get(line.side, ""))
    shown.append(f" {line.quantity} at {line.price} ")
    shown.append(line.outcome, style=OUTCOMES.get(line.outcome.lower(), ""))
    shown.append(f" {line.reason}", style=DIM)
    return shown


_SEVERITY = {"warning": "yellow", "error": "red", "critical": "bold red"}


def _head(view: View, width: int) -> RenderableType:
    title = Text()
    title.append(" btcbot ", style="bold black on cyan")
    title.append(f" {view.mode}", style="bold")
    hours, seconds = divmod(view.uptime_s, 3600)
    title.append(f"  {view.host}  up {hours}:{seconds // 60:02}:{seconds % 60:02}", style=DIM)
    if view.ending:
        title.append(f"  stopping: {view.ending}", style="bold yellow")
    first = Table.grid(expand=True)
    first.add_column(ratio=1, no_wrap=True)
    first.add_column(justify="right", no_wrap=True)
    first.add_row(title, Text.assemble(_permits(view), "  ", _level(view)))
    return Group(first, _money(view, width))


def _level(view: View) -> Text:
    status = view.status
    if status is None:
        return Text(" level not known ", style="bold white on red")
    words = f" {status.level} "
    if status.latched or view.killed:
        words = f" {status.level} killed "
    elif status.armed is not None:
        words = f" {status.level} not armed: {status.armed} "
    elif status.dry_run:
        words = f" {status.level} dry run "
    return Text(words, style=_LEVELS[status.level])


def _permits(view: View) -> Text:
    shown = Text("permits ", style=DIM)
    for permit in view.status.permits if view.status else ():
        good = permit.age_ms is not None and permit.age_ms <= PERMIT_OLD_MS
        shown.append("✓ " if good else "✗ ", style="green" if good else "bold red")
        shown.append(f"{permit.issuer} ", style="" if good else "red")
    if not view.status:
        shown.append("–")
    return shown


def _money(view: View, width: int) -> Text:
    account = view.account
    if account is None:
        return Text(" equity – ", style=DIM)
    line = Text(" equity ", style=DIM)
    line.append(money(account.equity) if account.equity is not None else "–", style="bold")
    line.append(f" {view.quote} ", style=DIM)
    line.append(trend(view.equity_trend), style="cyan")
    line.append_text(signed("  day ", account.day_pnl))
    line.append("  fees ", style=DIM)
    line.append(money(account.fees_today))
    for word, amounts in (("free", account.free), ("held", account.held)):
        if view.quote in amounts and (word == "free" or width >= MEDIUM):
            line.append(f"  {word} ", style=DIM)
            line.append(money(amounts[view.quote]))
    if account.drawdown_ratio and width >= WIDE:
        line.append("  drawdown ", style=DIM)
        line.append(f"{percent(account.drawdown_ratio)}%")
    return line


def _section(title: str, body: RenderableType, *, roomy: bool) -> RenderableType:
    heading = Text(f" {title} ", style="bold cyan")
    if roomy:
        return Panel(body, title=heading, title_align="left", border_style=DIM, padding=(0, 1))
    return Group(Rule(heading, align="left", style=DIM), body)


def _pair(size: int, left: RenderableType, right: RenderableType) -> Layout:
    pair = Layout(size=size)
    pair.split_row(Layout(left, ratio=1), Layout(right, ratio=1))
    return pair


def _decisions(view: View, rows: int, width: int) -> RenderableType:
    """Return the newest decisions and, where there is room left, what happened to the desk."""
    decisions = view.decisions[: max(1, rows)]
    events = view.events[: max(0, rows - len(decisions) - 1)]
    if not decisions:
        return Group(*events) if events else Text("none yet", style=DIM)
    return Group(tables.decisions(decisions, width=width), Text(""), *events)


def _foot(view: View, width: int) -> RenderableType:
    line = Text()
    feed, status, audit = view.feed, view.status, view.audit
    line.append(" feeds ", style=DIM)
    if feed is None:
        line.append("–")
    else:
        good = feed.verdict == "NORMAL"
        line.append(str(feed.verdict), style="green" if good else "bold yellow")
        if feed.reason and not good:
            line.append(f" {feed.reason}", style="yellow")
        line.append(f" reconnects {feed.reconnects}", style=DIM)
    if status is not None:
        line.append("  unknown orders ", style=DIM)
        style = "bold red" if status.unknown_orders else "green"
        line.append(str(status.unknown_orders), style=style)
        line.append(f"  journal {status.head_seq}", style=DIM)
    if audit is not None:
        line.append("  audit ", style=DIM)
        word, style = ("breach", "bold red") if audit.breach else ("clean", "green")
        line.append(word, style=style)
    if width < MEDIUM:
        return line
    foot = Table.grid(padding=(0, 2), expand=True)
    foot.add_column(no_wrap=True)
    foot.add_column(ratio=1, justify="right", no_wrap=True)
    foot.add_row(line, view.events[0] if view.events else Text("Ctrl-C stops in order", style=DIM))
    return foot
