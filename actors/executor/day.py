"""The desk's day: when it begins, what it started from, what it has earned and cost so far.

A day is Europe/Istanbul, midnight to midnight. Amounts in quote. Its baseline is the last equity
recorded at or before midnight, whether the desk was up then or not (decision-rules 14).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from messages.money import ZERO, Amount, average
from store.rows import DayRow

MARK_AGE_MAX_MS = 30_000  # an older mark makes equity unknown
STREAK = "loss_streak"  # meta: <day>|<round trips lost in a row>
SENT = "sent"  # meta: <last stamp>|<day>|<value of the day's orders>


def _zone() -> tzinfo:
    try:
        return ZoneInfo("Europe/Istanbul")
    except ZoneInfoNotFoundError:  # a host without zone data; +03:00 all year since 2016
        return timezone(timedelta(hours=3))


ISTANBUL = _zone()


def day_of(wall_ms: int) -> str:
    """Return the day of *wall_ms* as 2026-03-23."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)
    return at.astimezone(ISTANBUL).date().isoformat()


def current(row: DayRow | None, day: str) -> DayRow:
    """Return *row*, or the beginning of *day* after it. A clock set back never reopens a day."""
    if row is None:
        zero = Amount(0)
        return DayRow(
            day=day, baseline=None, realised=zero, fees=zero, flows=zero, equity=None, peak=None
        )
    if row.day >= day:
        return row
    zero = Amount(0)
    return replace(row, day=day, baseline=row.equity, realised=zero, fees=zero, flows=zero)


def with_fill(row: DayRow, *, realised: Decimal, charges: Decimal) -> DayRow:
    """Return *row* after a fill."""
    return replace(row, realised=Amount(row.realised + realised), fees=Amount(row.fees + charges))


def with_flow(row: DayRow, value: Decimal) -> DayRow:
    """Return *row* after money worth *value* came in, or left: neither profit nor drawdown."""
    worth = None if row.equity is None else Amount(row.equity + value)
    peak = None if row.peak is None else Amount(max(ZERO, row.peak + value))
    return replace(row, flows=Amount(row.flows + value), equity=worth, peak=peak)


def with_equity(row: DayRow, equity: Decimal) -> DayRow:
    """Return *row* after a valuation. The first one of all is the baseline."""
    value = Amount(equity)
    baseline = value if row.baseline is None else row.baseline
    peak = value if row.peak is None else Amount(max(row.peak, value))
    return replace(row, baseline=baseline, equity=value, peak=peak)


class Mark(Struct, frozen=True):
    """The newest mid of an instrument and when it was heard, monotonic."""

    mid: Decimal
    heard_ms: int


class Result(Struct, frozen=True, kw_only=True):
    """What the day and the desk came to; None: unknown."""

    equity: Decimal | None
    day_pnl: Decimal | None
    drawdown: Decimal | None
    drawdown_ratio: Decimal | None


def equity(
    owned: Mapping[str, Decimal], *, quote: str, marks: Mapping[str, Mark | None], now_ms: int
) -> Decimal | None:
    """Return what *owned* (amounts by asset) is worth in *quote*, None without a young mark.

    *marks* are keyed by asset; an asset that is not traded here has none and is not counted.
    """
    total = owned.get(quote, ZERO)
    for asset, mark in marks.items():
        amount = owned.get(asset, ZERO)
        if not amount:
            continue
        if mark is None or now_ms - mark.heard_ms > MARK_AGE_MAX_MS:
            return None
        total += amount * mark.mid
    return total


def result(row: DayRow, value: Decimal | None) -> Result:
    """Return the day's profit and the drawdown with equity *value*.

    The profit is the smaller of what was realised and what equity gained without flows.
    """
    if value is None:
        return Result(equity=None, day_pnl=None, drawdown=None, drawdown_ratio=None)
    gained = value - (row.baseline if row.baseline is not None else value) - row.flows
    peak = max(value, row.peak if row.peak is not None else value)
    drawdown = peak - value
    return Result(
        equity=value,
        day_pnl=min(row.realised, gained),
        drawdown=drawdown,
        drawdown_ratio=average(drawdown, peak) if peak > 0 else None,
    )


def streak(meta: str | None, day: str) -> int:
    """Return how many round trips were lost in a row today."""
    counted, _, lost = (meta or "|0").partition("|")
    return int(lost) if counted == day else 0


def streak_after(meta: str | None, day: str, trip: Decimal) -> str:
    """Return the text that remembers the streak after a round trip that made *trip*."""
    return f"{day}|{streak(meta, day) + 1 if trip < 0 else 0}"
