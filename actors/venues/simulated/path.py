"""Where the market's price goes next: a bounded walk drawn from a seed, or a recording.

Each path is asked how it moved in so many ms of wall-clock time and answers with the prices it
reached, the present one last. A path can say where it is, and start there again after a restart.
"""

from decimal import Decimal
from math import sqrt
from random import Random
from typing import Protocol

from msgspec import Struct

from actors.venues.simulated.recording import Recording

BPS_OF_ONE = 10_000
MICROSECONDS = 1_000


class Point(Struct, frozen=True):
    """A price reached, and what others traded there (none for a walk)."""

    ticks: int
    units: int = 0
    buying: bool = True


class Mark(Struct, frozen=True, kw_only=True):
    """Where a path is: its price and, in a recording, its position in market microseconds.

    *source* names seed or file: a mark is good for the same source only.
    """

    source: str
    ticks: int
    position_us: int = 0


class Path(Protocol):
    def advance(self, elapsed_ms: int) -> list[Point]: ...
    def mark(self) -> Mark: ...


class Walk:
    """A random walk in basis points around its opening price, turned back at the band's edges."""

    def __init__(
        self, random: Random, *, source: str, opening: int, volatility_bps: int, band_percent: int
    ) -> None:
        self._random, self._source, self._opening = random, source, opening
        self._volatility = volatility_bps
        self._edge = float(band_percent * 100)
        self._offset = 0.0

    def resume(self, mark: Mark) -> None:
        """Go on at the price of *mark*."""
        offset = (mark.ticks / self._opening - 1) * BPS_OF_ONE
        self._offset = max(-self._edge, min(self._edge, offset))

    def advance(self, elapsed_ms: int) -> list[Point]:
        moved = self._offset + self._random.gauss(0, self._volatility * sqrt(elapsed_ms / 1000))
        if abs(moved) > self._edge:
            moved = (2 * self._edge - abs(moved)) * (1 if moved > 0 else -1)
        self._offset = max(-self._edge, min(self._edge, moved))
        return [Point(self._ticks())]

    def mark(self) -> Mark:
        return Mark(source=self._source, ticks=self._ticks())

    def _ticks(self) -> int:
        return max(1, round(self._opening * (1 + self._offset / BPS_OF_ONE)))


class Replay:
    """A recording played *speed* times as fast; past its end it runs backwards, and so on."""

    def __init__(self, recording: Recording, *, source: str, speed: Decimal) -> None:
        self._recording, self._source, self._speed = recording, source, speed
        self._length = max(1, recording.length_ms * MICROSECONDS)
        self._position = 0  # in [0, 2 × length): the second half is the way back
        self._index = 0  # of the last vertex reached

    def resume(self, mark: Mark) -> None:
        """Go on at the position of *mark*."""
        self._position = mark.position_us % (2 * self._length)
        self._index = 0
        while self._next_at(1) is not None and self._passed(1, self._where()):
            self._index += 1

    def advance(self, elapsed_ms: int) -> list[Point]:
        points: list[Point] = []
        left = int(elapsed_ms * self._speed * MICROSECONDS)
        round_trip = 2 * self._length
        if left > 2 * round_trip:
            left = left % round_trip + round_trip  # once there and back sees every price
        while left > 0:
            forward = self._position < self._length
            turn = (self._length if forward else 2 * self._length) - self._position
            step = min(left, turn)
            self._position = (self._position + step) % (2 * self._length)
            left -= step
            points += self._pass(1 if forward else -1, self._end_of(step == turn, forward))
        return [*points, Point(self._ticks())]

    def mark(self) -> Mark:
        return Mark(source=self._source, ticks=self._ticks(), position_us=self._position)

    def _where(self) -> int:
        """Return the market time in us, whichever way it runs."""
        position = self._position
        return position if position <= self._length else 2 * self._length - position

    def _end_of(self, turned: bool, forward: bool) -> int:
        return (self._length if forward else 0) if turned else self._where()

    def _pass(self, way: int, upto: int) -> list[Point]:
        """Return the vertices between here and *upto*, and stand at the last of them."""
        record, points = self._recording, []
        while self._next_at(way) is not None and self._passed(way, upto):
            self._index += way
            i = self._index
            points.append(Point(record.ticks[i], record.units[i], bool(record.buying[i])))
        return points

    def _next_at(self, way: int) -> int | None:
        index = self._index + way
        inside = 0 <= index < len(self._recording.times_ms)
        return self._recording.times_ms[index] * MICROSECONDS if inside else None

    def _passed(self, way: int, upto: int) -> bool:
        at = self._next_at(way)
        return at is not None and (at <= upto if way > 0 else at >= upto)

    def _ticks(self) -> int:
        """Return the price now: on the line to the neighbouring vertex, or the last one's."""
        record, where = self._recording, self._where()
        here = record.times_ms[self._index] * MICROSECONDS
        other = self._index + (1 if where > here else -1)
        if not record.straight or where == here or not 0 <= other < len(record.ticks):
            return record.ticks[self._index]
        there = record.times_ms[other] * MICROSECONDS
        way = record.ticks[other] - record.ticks[self._index]
        return record.ticks[self._index] + way * (where - here) // (there - here)
