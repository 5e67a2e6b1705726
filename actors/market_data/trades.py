"""Which public trades are new, and when was an instrument's last one?

A stream begins with a list of the last trades and may send one of them again; the ids of the newest
are kept to tell. Moments are monotonic ms.
"""

from collections import OrderedDict

from actors.market_data.moment import Moment
from actors.venues.port import PublicTrade
from messages.market import Trade

IDS_KEPT_MAX = 200  # per instrument; the venue lists 50


class Trades:
    """The newest trades of every instrument, by id."""

    def __init__(self) -> None:
        self._ids: dict[str, OrderedDict[str, None]] = {}
        self._last: dict[str, tuple[int, int]] = {}  # when heard, how old it was then

    def take(self, trade: PublicTrade, now: Moment) -> Trade | None:
        """Return *trade* to be said, None when it was said before."""
        ids = self._ids.setdefault(trade.instrument, OrderedDict())
        if trade.trade_id in ids:
            return None
        ids[trade.trade_id] = None
        if len(ids) > IDS_KEPT_MAX:
            ids.popitem(last=False)
        self._last[trade.instrument] = now.mono_ms, max(0, now.venue_ms - trade.at_ms)
        return Trade(
            instrument=trade.instrument,
            trade_id=trade.trade_id,
            side=trade.side,
            price=trade.price,
            quantity=trade.quantity,
            at_ms=trade.at_ms,
        )

    def age_ms(self, instrument: str, now_ms: int) -> int | None:
        """Return the age of the last trade heard, None when none ever was."""
        last = self._last.get(instrument)
        return None if last is None else now_ms - last[0] + last[1]
