"""A recorded market as a path of prices: one-minute bars or trades from a CSV file, plain or gzip.

The header says which. Prices are multiplied by a rate and cut to the ticks of the instrument that
follows them. Times are ms from the first row. The first row that is not what the header promises
is named with its line and reason.
"""

import gzip
import zlib
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct

from actors.venues.simulated.listing import UNITS_PER_ONE, Listing
from messages.money import ONE

ROWS_MAX = 5_000_000
LINE_BYTES_MAX = 1_000
BAR_HEADER = ("open_time_ms", "open", "high", "low", "close", "quote_volume")
TRADE_HEADER = ("time_ms", "trade_id", "taker_side", "price", "quantity")
BAR_STEPS_MS = (0, 20_000, 40_000, 59_000)  # when in its minute a bar's four prices are reached
VERTICES = len(BAR_STEPS_MS)
TICKS_MAX = 10**15
DIGITS_MAX = 20  # before the point, and zeros after it


class MarketFileError(Exception):
    """A market file that is not one: which line, and why. *line* 0 is the file itself."""

    exit_code = 78

    def __init__(self, path: Path, line: int, why: str) -> None:
        where = f"line {line}: " if line else ""
        super().__init__(f"{path}: {where}{why}")
        self.path, self.line, self.why = path, line, why


class Recording(Struct, frozen=True, kw_only=True):
    """Prices reached one after the other, with what traded there.

    *straight*: between two of them the price moves in a line (bars); else it jumps (trades).
    """

    times_ms: Sequence[int]
    ticks: Sequence[int]
    units: Sequence[int]
    buying: Sequence[int]  # 1: the taker bought
    straight: bool

    @property
    def length_ms(self) -> int:
        return self.times_ms[-1]


class _Vertices:
    """A recording while it is read."""

    def __init__(self, listing: Listing, rate: Decimal) -> None:
        self.listing, self._rate = listing, rate
        self._times, self._ticks = array("q"), array("q")
        self._units: list[int] = []  # too large for 64 bits
        self._buying = bytearray()

    def add(self, row: "_Row", at_ms: int, price: Decimal, amount: int, *, buying: bool) -> None:
        ticks = self.listing.ticks(price * self._rate)
        if not 0 < ticks < TICKS_MAX:
            name = self.listing.instrument
            raise row.wrong(f"price {price} times rate {self._rate} is not a price of {name}")
        self._times.append(at_ms)
        self._ticks.append(ticks)
        self._units.append(amount)
        self._buying.append(buying)

    def done(self, *, straight: bool) -> Recording:
        return Recording(
            times_ms=self._times,
            ticks=self._ticks,
            units=self._units,
            buying=self._buying,
            straight=straight,
        )


class _Row(Struct, frozen=True):
    path: Path
    line: int
    cells: list[str]

    def wrong(self, why: str) -> MarketFileError:
        return MarketFileError(self.path, self.line, why)

    def whole(self, column: int, name: str) -> int:
        cell = self.cells[column]
        if not (cell.isascii() and cell.isdigit()):
            raise self.wrong(f"{name} is {cell[:40]!r}, expected a whole number of ms")
        return int(cell)

    def number(self, column: int, name: str, *, zero: bool = False) -> Decimal:
        cell = self.cells[column]
        try:
            value = Decimal(cell)
        except InvalidOperation:
            raise self.wrong(f"{name} is {cell[:40]!r}, expected a number") from None
        if not value.is_finite() or value < 0 or (value == 0 and not zero):
            raise self.wrong(f"{name} is {cell[:40]!r}, expected a number above zero")
        if not -DIGITS_MAX <= value.adjusted() <= DIGITS_MAX:
            raise self.wrong(f"{name} is {cell[:40]!r}, no amount of any market")
        return value


def load(path: Path, listing: Listing, rate: Decimal) -> Recording:
    """Return the market in *path* as *listing* trades it at *rate*. Raises MarketFileError."""
    rows = _rows(path)
    header = next(rows, None)
    if header is None:
        raise MarketFileError(path, 0, "the file is empty")
    names = tuple(cell.strip().lower() for cell in header.cells)
    read = {BAR_HEADER: _bars, TRADE_HEADER: _trades}.get(names)
    if read is None:
        expected = " or ".join(",".join(columns) for columns in (BAR_HEADER, TRADE_HEADER))
        raise header.wrong(f"the header is {','.join(names)[:100]!r}, expected {expected}")
    recording = read(_checked(rows, len(names)), _Vertices(listing, rate))
    if len(recording.times_ms) < VERTICES:
        raise MarketFileError(path, 0, "there are too few rows after the header to make a path")
    return recording


def _rows(path: Path) -> Iterator[_Row]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            for number, raw in enumerate(file, 1):
                if number > ROWS_MAX:
                    raise MarketFileError(path, number, f"more than {ROWS_MAX} rows")
                yield _row(path, number, raw)
    except (gzip.BadGzipFile, EOFError, zlib.error) as why:
        raise MarketFileError(path, 0, f"not a whole gzip file ({why})") from why
    except OSError as why:
        raise MarketFileError(path, 0, f"cannot be read ({why.strerror})") from why


def _row(path: Path, number: int, raw: bytes) -> _Row:
    if len(raw) > LINE_BYTES_MAX:
        raise MarketFileError(path, number, f"longer than {LINE_BYTES_MAX} bytes, not a CSV row")
    try:
        return _Row(path, number, raw.decode("ascii").strip().split(","))
    except UnicodeDecodeError as why:
        raise MarketFileError(path, number, "not ASCII text, so not a CSV file") from why


def _checked(rows: Iterator[_Row], columns: int) -> Iterator[_Row]:
    for row in rows:
        if len(row.cells) != columns:
            raise row.wrong(f"{len(row.cells)} columns, expected {columns}")
        yield row


def _bars(rows: Iterator[_Row], found: _Vertices) -> Recording:
    first = last = None
    for row in rows:
        at = row.whole(0, "open_time_ms")
        if last is not None and at <= last:
            raise row.wrong(f"open_time_ms {at} is not after the row before")
        first, last = (at if first is None else first), at
        opened, high, low, close = (row.number(n, BAR_HEADER[n]) for n in range(1, 5))
        if not low <= min(opened, close) or not high >= max(opened, close):
            raise row.wrong("open and close are not between low and high")
        volume = row.number(5, "quote_volume", zero=True)
        amount = _units(volume, close * VERTICES, found.listing)
        rising = close >= opened
        turns = (opened, low, high, close) if rising else (opened, high, low, close)
        for price, later in zip(turns, BAR_STEPS_MS, strict=True):
            found.add(row, at - first + later, price, amount, buying=rising)
    return found.done(straight=True)


def _trades(rows: Iterator[_Row], found: _Vertices) -> Recording:
    first = last = None
    for row in rows:
        at = row.whole(0, "time_ms")
        if last is not None and at < last:
            raise row.wrong(f"time_ms {at} is before the row before")
        first, last = (at if first is None else first), at
        side = row.cells[2]
        if side not in ("buy", "sell"):
            raise row.wrong(f"taker_side is {side[:40]!r}, expected buy or sell")
        price, quantity = row.number(3, "price"), row.number(4, "quantity")
        amount = _units(quantity, ONE, found.listing)
        found.add(row, at - first, price, amount, buying=side == "buy")
    return found.done(straight=False)


def _units(amount: Decimal, by: Decimal, listing: Listing) -> int:
    """Return amount / by in units, cut to the quantity step."""
    top, bottom = amount.as_integer_ratio(), by.as_integer_ratio()
    counted: int = top[0] * bottom[1] * UNITS_PER_ONE // (top[1] * bottom[0])
    return counted - counted % listing.step_units
