"""What did each minute look like? One candle per instrument and minute, made of its public trades.

Minutes are the venue's, stamped UTC ms at their opening. A minute counts from its first ms on, so
the one we came into is left out; a trade that comes after its minute was closed is left out, too.
One candle per instrument is kept, the one that forms.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict, replace

from messages.market import Trade
from messages.money import text

MINUTE_MS = 60_000
LATE_MS = 2_000  # a minute waits this long for trades on their way


class Candle(Struct, frozen=True, kw_only=True):
    """Prices in quote per base, *quantity* in base."""

    instrument: str
    opened_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quantity: Decimal
    trades: int


class Candles:
    """The candles that form. *since_ms* is the venue's time at which listening began."""

    def __init__(self, *, since_ms: int) -> None:
        self._since_ms = since_ms
        self._forming: dict[str, Candle] = {}

    def take(self, trade: Trade) -> Candle | None:
        """Add *trade*; return the candle that it closed, if any."""
        minute = trade.at_ms - trade.at_ms % MINUTE_MS
        forming = self._forming.get(trade.instrument)
        if minute < self._since_ms or (forming and minute < forming.opened_ms):
            return None
        if forming and minute == forming.opened_ms:
            self._forming[trade.instrument] = _with(forming, trade)
            return None
        self._forming[trade.instrument] = _first(trade, minute)
        return forming

    def close(self, now_ms: int) -> list[Candle]:
        """Return and forget the candles whose minute is over at the venue's *now_ms*."""
        over = [
            one for one in self._forming.values() if now_ms >= one.opened_ms + MINUTE_MS + LATE_MS
        ]
        for one in over:
            del self._forming[one.instrument]
            self._since_ms = max(self._since_ms, one.opened_ms + MINUTE_MS)
        return over


def told(candle: Candle) -> dict[str, str | int]:
    """Return *candle* as a log line tells it, amounts as text."""
    return {name: _text(value) for name, value in asdict(candle).items()}


def _text(value: Decimal | str | int) -> str | int:
    return text(value) if isinstance(value, Decimal) else value


def _first(trade: Trade, minute_ms: int) -> Candle:
    return Candle(
        instrument=trade.instrument,
        opened_ms=minute_ms,
        open=trade.price,
        high=trade.price,
        low=trade.price,
        close=trade.price,
        quantity=trade.quantity,
        trades=1,
    )


def _with(candle: Candle, trade: Trade) -> Candle:
    return replace(
        candle,
        high=max(candle.high, trade.price),
        low=min(candle.low, trade.price),
        close=trade.price,
        quantity=candle.quantity + trade.quantity,
        trades=candle.trades + 1,
    )
