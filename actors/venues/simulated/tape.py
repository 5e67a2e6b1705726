"""What was traded in public: the last prints, one-minute bars of a day and more, and their sums.

One tape for each instrument. Prices in ticks, quantities in units; times of bars in seconds UTC.
"""

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from actors.venues.simulated.engine import PublicTrade

PRINTS_MAX = 50  # what the venue lists at most
MINUTES_MAX = 1_500
DAY_S = 86_400
MINUTE_S = 60
RESOLUTIONS_S = {
    **{str(minutes): minutes * MINUTE_S for minutes in (1, 2, 5, 15, 30, 60, 240)},
    "1D": DAY_S,
    "D": DAY_S,
    "1W": 7 * DAY_S,
    "1M": 30 * DAY_S,
    "1Y": 365 * DAY_S,
}


class Bar(Struct, kw_only=True):
    """What traded from *open_s* on; *value* is ticks × units summed up."""

    open_s: int
    open: int
    high: int
    low: int
    close: int
    units: int = 0
    value: int = 0

    def add(self, other: "Bar") -> None:
        """Let a later bar follow in this one."""
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.close = other.close
        self.units += other.units
        self.value += other.value


class Tape:
    """The public trades of one instrument. *prints* are newest first."""

    def __init__(self) -> None:
        self.prints: deque[PublicTrade] = deque(maxlen=PRINTS_MAX)
        self._minutes: deque[Bar] = deque(maxlen=MINUTES_MAX)

    def add(self, trade: PublicTrade) -> None:
        """Put one trade on the tape; they come in the order of their times."""
        self.prints.appendleft(trade)
        at = trade.ticks
        bar = Bar(open_s=_start(trade.at_ms // 1000, MINUTE_S), open=at, high=at, low=at, close=at)
        bar.units, bar.value = trade.units, trade.ticks * trade.units
        if self._minutes and self._minutes[-1].open_s >= bar.open_s:
            self._minutes[-1].add(bar)
        else:
            self._minutes.append(bar)

    def day(self, now_ms: int) -> Bar | None:
        """Return the last 24 hours as one bar, None when nothing traded."""
        since = now_ms // 1000 - DAY_S
        return next(_merged(self._minutes, since, now_ms // 1000, 2 * DAY_S, align=False), None)

    def forming(self, every_s: int) -> Bar | None:
        """Return the bar of the newest trade, None when nothing traded."""
        if not self._minutes:
            return None
        newest_s = self._minutes[-1].open_s
        found = self.bars(from_s=newest_s, to_s=newest_s, every_s=every_s)
        return found[-1] if found else None

    def bars(self, *, from_s: int, to_s: int, every_s: int) -> list[Bar]:
        """Return the bars that open in the given time; those without trades are missing."""
        return list(_merged(self._minutes, _start(from_s, every_s), to_s, every_s, align=True))


def _merged(
    minutes: "deque[Bar]", from_s: int, to_s: int, every_s: int, *, align: bool
) -> Iterator[Bar]:
    current: Bar | None = None
    for minute in minutes:
        if not from_s <= minute.open_s <= to_s:
            continue
        start = _start(minute.open_s, every_s) if align else from_s
        if current is not None and current.open_s == start:
            current.add(minute)
            continue
        if current is not None:
            yield current
        current = Bar(
            open_s=start,
            open=minute.open,
            high=minute.high,
            low=minute.low,
            close=minute.close,
            units=minute.units,
            value=minute.value,
        )
    if current is not None:
        yield current


def _start(at_s: int, every_s: int) -> int:
    return at_s - at_s % every_s
