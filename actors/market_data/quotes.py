"""What is one instrument's quote now, may it be traded on, and is it time to say it?

Freshness is by age alone; a book that is fresh may still be no valid book. An instrument that was
stale is traded again after a while of unbroken freshness. Moments are monotonic ms.
"""

from decimal import Decimal

from actors.market_data import channels
from actors.market_data.channels import BOOK, STALE, STREAMED, UNHEARD, Said
from actors.market_data.median import Median
from actors.market_data.moment import Moment
from actors.market_data.settings import Settings
from actors.venues.port import BookTop
from messages.market import Quote

RECOVERING = "RECOVERING"
HALF = Decimal("0.5")


class Quoted:
    """One instrument's quote: what its channels say, how fresh it is and since when."""

    def __init__(self, instrument: str, settings: Settings, *, now_ms: int) -> None:
        self._instrument = instrument
        self._settings = settings
        self._began_ms = now_ms
        self._channels: dict[str, Said] = {}
        self._median = Median(
            window_ms=settings.median_window_s * 1_000, sample_ms=settings.median_sample_ms
        )
        self._fresh_since_ms: int | None = None
        self._was_fresh = False
        self._recovering = False
        self._seq = 0
        self._spoken: Quote | None = None
        self._spoken_ms = now_ms

    def hear(self, channel: str, top: BookTop, now: Moment) -> None:
        """Take what *channel* says."""
        self._look(now.mono_ms)  # what went stale before this came was stale
        self._channels[channel] = channels.hear(self._channels.get(channel), channel, top, now)
        self._look(now.mono_ms)
        if self.problem(now.mono_ms) is None and top.bid is not None and top.ask is not None:
            self._median.take((top.bid + top.ask) * HALF, now.mono_ms)

    def stream_lost(self, now_ms: int) -> None:
        """Note that the stream broke off: its channels begin anew."""
        for name in STREAMED:
            if name in self._channels:
                self._channels[name] = channels.lose(self._channels[name])
        self._look(now_ms)

    def problem(self, now_ms: int) -> str | None:
        """Return why the instrument must not be traded on now."""
        self._look(now_ms)
        said = channels.best(self._channels, now_ms, self._settings)
        if said is None:
            return STALE if self.settled(now_ms) else UNHEARD
        unfit = channels.not_fresh(said, now_ms, self._settings) or channels.not_valid(said.top)
        return unfit or (RECOVERING if self._recovering else None)

    def age_ms(self, now_ms: int) -> int | None:
        """Return the age of what would be said now, None when nothing was heard yet."""
        said = channels.best(self._channels, now_ms, self._settings)
        return None if said is None else channels.age_ms(said, now_ms)

    def book_age_ms(self, now_ms: int) -> int:
        """Return how long the stream has left this book alone."""
        said = self._channels.get(BOOK)
        return now_ms - (self._began_ms if said is None else said.heard_ms)

    def settled(self, now_ms: int) -> bool:
        """Return whether it was heard, or has been silent for so long that it is stale."""
        return bool(self._channels) or now_ms - self._began_ms > self._settings.stale_ms

    def wait_ms(self, now_ms: int) -> int | None:
        """Return in how many ms it is time to say it, 0 for now.

        None: nothing but time changed, and `is_due` will tell.
        """
        if self._spoken is None or self.problem(now_ms) != self._spoken.problem:
            return 0
        if not self._moved(now_ms):
            return None
        return max(0, self._settings.quote_every_ms - (now_ms - self._spoken_ms))

    def is_due(self, now_ms: int) -> bool:
        """Return whether to say it now, because it changed or because it was silent long enough."""
        waited_ms = now_ms - self._spoken_ms
        return self.wait_ms(now_ms) == 0 or waited_ms >= self._settings.repeat_ms

    def say(self, now: Moment) -> Quote:
        """Return the quote as it is now; from here on it counts as said."""
        said = channels.best(self._channels, now.mono_ms, self._settings)
        top = said.top if said else None
        self._seq += 1
        self._spoken_ms = now.mono_ms
        self._spoken = Quote(
            instrument=self._instrument,
            bid=top.bid if top else None,
            bid_quantity=top.bid_quantity if top else None,
            ask=top.ask if top else None,
            ask_quantity=top.ask_quantity if top else None,
            median=self._median.value(now.mono_ms),
            channel=said.channel if said else BOOK,
            venue_ms=top.stamp_ms if top else None,
            age_ms=channels.age_ms(said, now.mono_ms) if said else now.mono_ms - self._began_ms,
            seq=self._seq,
            problem=self.problem(now.mono_ms),
            at_ms=now.wall_ms,
        )
        return self._spoken

    def _look(self, now_ms: int) -> None:
        """Follow how long freshness has been unbroken."""
        said = channels.best(self._channels, now_ms, self._settings)
        fresh = said is not None and channels.not_fresh(said, now_ms, self._settings) is None
        if not fresh:
            self._fresh_since_ms = None
            self._recovering = self._was_fresh
            return
        self._was_fresh = True
        if self._fresh_since_ms is None:
            self._fresh_since_ms = now_ms
        if now_ms - self._fresh_since_ms >= self._settings.recovery_ms:
            self._recovering = False

    def _moved(self, now_ms: int) -> bool:
        said = channels.best(self._channels, now_ms, self._settings)
        spoken = self._spoken
        if said is None or spoken is None:
            return said is not None
        top = said.top
        return (top.bid, top.ask, top.bid_quantity, top.ask_quantity, said.channel) != (
            spoken.bid,
            spoken.ask,
            spoken.bid_quantity,
            spoken.ask_quantity,
            spoken.channel,
        )
