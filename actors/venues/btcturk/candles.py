"""BtcTurk's candles: parallel lists without an envelope, the times in seconds.

A minute without a trade has no candle (the venue's staff, #434 and #587), and an answer without any
says something else than "ok" (#263). The newest one may still be forming: who asks leaves it out.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise

from actors.venues.btcturk.amounts import is_whole
from actors.venues.port import Candle, VenueUnreadable

LISTS = ("t", "o", "h", "l", "c", "v")
SAID_MAX = 200


def read(answer: object, number: Callable[[object], Decimal]) -> list[Candle]:
    """Return the candles of *answer*, oldest first. Raises VenueUnreadable where one cannot be."""
    if not isinstance(answer, dict):
        raise _wrong("the answer is no object", answer)
    if answer.get("s") != "ok":
        return []
    lists = [one for one in map(answer.get, LISTS) if isinstance(one, list)]
    if len(lists) != len(LISTS) or len({len(one) for one in lists}) != 1:
        raise _wrong(f"{', '.join(LISTS)} are not lists of one length", answer)
    found = [_candle(row, number) for row in zip(*lists, strict=True)]
    if any(later.open_ms <= one.open_ms for one, later in pairwise(found)):
        raise _wrong("the times do not rise", answer)
    return found


def forming(body: Mapping[str, object], number: Callable[[object], Decimal]) -> Candle:
    """Return the candle of a 428 frame, whose amounts are text. Raises VenueUnreadable."""
    opened = body.get("D")
    if isinstance(opened, str):
        opened = int(number(opened))
    return _candle((opened, *map(body.get, "OHLCV")), number)


def _candle(row: tuple[object, ...], number: Callable[[object], Decimal]) -> Candle:
    at_s = row[0]
    if not is_whole(at_s):
        raise _wrong("the time is no whole number of seconds", row)
    opened, high, low, close, volume = (number(cell) for cell in row[1:])
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high:
        raise _wrong("open and close are not between low and high", row)
    if volume < 0:
        raise _wrong("v is negative", row)
    return Candle(
        open_ms=at_s * 1_000, open=opened, high=high, low=low, close=close, quantity=volume
    )


def _wrong(why: str, shown: object) -> VenueUnreadable:
    return VenueUnreadable(f"candles: {why}", str(shown)[:SAID_MAX].encode())
