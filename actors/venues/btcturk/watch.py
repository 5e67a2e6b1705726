"""Which topics of a connection are too old, and which are due to be joined anew? Pure.

Nothing in a frame proves that none is missing, and a channel may die while the others flow (#420,
#577): what is silent for too long ends the connection. A topic that may be quiet by nature is
joined anew before, since a join is answered with a whole book or the last trades, and that is a
sign of life. Moments are monotonic ms.
"""

from collections.abc import Iterable, Iterator, Sequence

from actors.venues.settings import StreamSettings

Topic = tuple[str, str]  # channel and event: `("trade", "BTCTRY")`
MINUTES = "1"  # the resolution of the candles that are joined
AS_TRADES = ("trade", "tradeview")  # what only a trade makes talk


def topics(channels: Sequence[str], symbols: Sequence[str]) -> Iterator[Topic]:
    """Yield what to join to hear *channels* about the venue's *symbols*.

    `ticker:all` is one topic for all instruments of the venue; a candle's event names its length.
    """
    for name in channels:
        channel, _, event = name.partition(":")
        if event:
            yield channel, event
    for symbol in symbols:
        for channel in channels:
            if ":" not in channel:
                yield channel, f"{symbol}_{MINUTES}" if channel == "tradeview" else symbol


class Watch:
    """The ages of *topics*, counted from *now_ms* until something is heard."""

    def __init__(self, topics: Iterable[Topic], settings: StreamSettings, now_ms: int) -> None:
        self._heard_ms = dict.fromkeys(topics, now_ms)
        self._joined_ms = dict(self._heard_ms)
        book_ms = settings.book_silence_max_ms
        self._silence_max_ms = {
            "obdiff": book_ms,
            "orderbook": book_ms,
            "ticker": settings.ticker_silence_max_ms,
            **dict.fromkeys(AS_TRADES, settings.trade_silence_max_ms),
        }
        self._rejoin_ms = {
            "obdiff": settings.resnapshot_ms,
            **dict.fromkeys(AS_TRADES, settings.trade_rejoin_ms),
        }

    def heard(self, topic: Topic, now_ms: int) -> None:
        """Note that *topic* said something; one that nobody asked for is none."""
        if topic in self._heard_ms:
            self._heard_ms[topic] = now_ms

    def silent(self, now_ms: int) -> Topic | None:
        """Return a topic that is older than it may be."""
        for topic, heard_ms in self._heard_ms.items():
            if now_ms - heard_ms > self._silence_max_ms[topic[0]]:
                return topic
        return None

    def due(self, now_ms: int) -> list[Topic]:
        """Return what is to be joined anew now, and count it as joined.

        Books at every interval, whatever they say between; trades after as long a silence.
        """
        due = [one for one in self._joined_ms if self._is_due(one, now_ms)]
        self._joined_ms.update(dict.fromkeys(due, now_ms))
        return due

    def _is_due(self, topic: Topic, now_ms: int) -> bool:
        interval_ms = self._rejoin_ms.get(topic[0])
        if interval_ms is None:
            return False
        since_ms = self._joined_ms[topic]
        if topic[0] in AS_TRADES:
            since_ms = max(since_ms, self._heard_ms[topic])
        return now_ms - since_ms >= interval_ms
