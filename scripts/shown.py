"""How answers are shown: tables for people, one JSON document for programs.

Amounts are canonical text in both; times are ms UTC in JSON and the local time of day in tables.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from messages.money import text

STYLES = {
    "PASS": "green",
    "WARN": "yellow",
    "FAIL": "bold red",
    "ready": "green",
    "ACTIVE": "green",
    "REDUCE_ONLY": "yellow",
    "PAUSED": "yellow",
    "HALTED": "bold red",
    "UNKNOWN": "bold red",
    "FILLED": "green",
    "buy": "cyan",
    "sell": "magenta",
}


def plain(value: object) -> Any:
    """Return *value* as JSON can hold it: Structs as objects, amounts as canonical text."""
    return msgspec.to_builtins(value, builtin_types=(Decimal,), enc_hook=_amount_text)


def document(value: object) -> None:
    """Write *value* as the one JSON document of this command."""
    sys.stdout.buffer.write(orjson.dumps(value, default=_not_plain, option=orjson.OPT_INDENT_2))
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def say(line: str | Text) -> None:
    """Write one line for a person."""
    # As text: what stands in brackets is no markup here.
    console().print(Text(line) if isinstance(line, str) else line, soft_wrap=True)


def table(title: str, rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Write *rows* as a table with *columns*; a missing value is a dash."""
    lines = list(rows)
    if not lines:
        say(f"{title}: none")
        return
    shown = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        box=box.SIMPLE_HEAD,
    )
    for name in columns:
        numeric = all(_is_number(row.get(name)) for row in lines)
        shown.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in lines:
        shown.add_row(*(cell(name, row.get(name)) for name in columns))
    console().print(shown)


def cell(name: str, value: object) -> Text:
    """Return *value* of the column *name* as a person reads it."""
    if value is None or value == "":
        return Text("–", style="dim")
    if name.endswith("_ms") and isinstance(value, int) and value > YEAR_2001_MS:
        return Text(time_of_day(value))
    shown = text(value) if isinstance(value, Decimal) else str(value)
    return Text(shown, style=STYLES.get(shown, ""))


YEAR_2001_MS = 1_000_000_000_000  # smaller numbers are durations, not moments


def time_of_day(at_ms: int) -> str:
    """Return the local date and time of *at_ms* with milliseconds."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    return f"{moment:%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def console() -> Console:
    """Return a console on stdout; 160 columns wide where stdout is not a terminal."""
    width = None if sys.stdout.isatty() else 160
    return Console(width=width, highlight=False)


def _is_number(value: object) -> bool:
    if isinstance(value, int | Decimal):
        return True
    return isinstance(value, str) and value.replace(".", "").replace("-", "").isdigit()


def _amount_text(value: object) -> str:
    if isinstance(value, Decimal):
        return text(value)
    return str(value)


def _not_plain(value: object) -> object:
    return plain(value)
