"""Did trades pass us by? A minute as we heard it beside the same minute as the venue tells it.

The venue's candle need not be its last word on a minute, so one that shows less than ours proves
nothing. One that shows more does: trades were lost on their way. Bounded by the instruments: of
each the newest minutes are kept.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from actors.market_data.candles import LATE_MS, MINUTE_MS, Candle
from actors.venues.btcturk.watch import MINUTES
from actors.venues.port import Candle as Told
from actors.venues.port import FormingCandle
from messages.money import ZERO, text

MINUTES_KEPT_MAX = 3  # the one that forms, the one before, and one that is late
One = TypeVar("One")
SETTLE_MS = LATE_MS + 1_000  # our own minute is closed by then


class Gap(Struct, frozen=True, kw_only=True):
    """A minute of which the venue shows more than we heard; *ours* None: we heard no trade."""

    instrument: str
    told: Told
    ours: Candle | None


class Gaps:
    """The minutes that are still to be compared. *since_ms*: from where on ours are whole."""

    def __init__(self, *, since_ms: int) -> None:
        self._since_ms = since_ms
        self._told: dict[str, dict[int, Told]] = {}
        self._ours: dict[str, dict[int, Candle]] = {}

    def told(self, forming: FormingCandle) -> None:
        """Take what the venue says of a minute; its last word counts."""
        one = forming.candle
        if forming.resolution == MINUTES and one.open_ms >= self._since_ms:
            _keep(self._told.setdefault(forming.instrument, {}), one.open_ms, one)

    def heard(self, candles: Iterable[Candle]) -> None:
        """Take minutes of ours that are closed."""
        for one in candles:
            _keep(self._ours.setdefault(one.instrument, {}), one.opened_ms, one)

    def found(self, now_ms: int) -> list[Gap]:
        """Return and forget the gaps in minutes that are settled at the venue's *now_ms*."""
        gaps = []
        for instrument, told in self._told.items():
            for open_ms in [at for at in told if now_ms >= at + MINUTE_MS + SETTLE_MS]:
                said = told.pop(open_ms)
                ours = self._ours.get(instrument, {}).get(open_ms)
                if _shows_more(said, ours):
                    gaps.append(Gap(instrument=instrument, told=said, ours=ours))
        return gaps


def shown(gap: Gap) -> dict[str, str | int]:
    """Return *gap* as a log line tells it, amounts as text."""
    return {
        "instrument": gap.instrument,
        "opened_ms": gap.told.open_ms,
        "venue_quantity": text(gap.told.quantity),
        "heard_quantity": text(gap.ours.quantity if gap.ours else ZERO),
    }


def _shows_more(told: Told, ours: Candle | None) -> bool:
    """Return whether *told* has a trade that ours has not; its quantity may be rounded."""
    if ours is None:
        return told.quantity > 0
    rounded = told.quantity.as_tuple().exponent
    half = Decimal(5).scaleb(int(rounded) - 1)
    beyond = told.high > ours.high or told.low < ours.low
    return beyond or told.quantity - ours.quantity > half


def _keep(kept: dict[int, One], open_ms: int, one: One) -> None:
    kept[open_ms] = one
    while len(kept) > MINUTES_KEPT_MAX:
        del kept[min(kept)]
