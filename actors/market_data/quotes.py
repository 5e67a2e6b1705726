"""What is one instrument's quote now, may it be traded on, and is it time to say it?

Freshness is by age alone; a book that is fresh may still be no valid book. An instrument that was
stale is traded again after a while of unbroken freshness. Moments are monotonic ms.
"""

from decimal import Decimal

from msgspec import Struct

from actors.market_data import channels
from actors.market_data.channels import BOOK, STALE, STREAMED, UNHEARD, Said
from actors.market_data.median import Median
from actors.market_data.moment import Moment
from actors.market_data.settings import Settings
from actors.venues.port import BookTop
from messages.market import Quote

RECOVERING = "RECOVERING"
HALF = Decimal("0.5")


class Judged(Struct, frozen=True, kw_only=True):
    """What is believed at one moment: the word that counts, and why it must not be traded on."""

    now_ms: int
    said: Said | None
    problem: str | None


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
        self._judged: Judged | None = None  # until something is heard or time passes
        self._seq = 0
        self._spoken: Quote | None = None
        self._spoken_ms = now_ms

    def hear(self, channel: str, top: BookTop, now: Moment) -> None:
        """Take what *channel* says."""
        self._judge(now.mono_ms)  # what went stale before this came was stale
        self._channels[channel] = channels.hear(self._channels.get(channel), channel, top, now)
        self._judged = None
        if self.problem(now.mono_ms) is None and top.bid is not None and top.ask is not None:
            self._median.take((top.bid + top.ask) * HALF, now.mono_ms)

    def stream_lost(self, now_ms: int) -> None:
        """Note that the stream broke off: its channels begin anew."""
        for name in STREAMED:
            if name in self._channels:
                self._channels[name] = channels.lose(self._channels[name])
        self._judged = None
        self._judge(now_ms)

    def problem(self, now_ms: int) -> str | None:
        """Return why the instrument must not be traded on now."""
        return self._judge(now_ms).problem

    def age_ms(self, now_ms: int) -> int | None:
        """Return the age of what would be said now, None when nothing was heard yet."""
        said = self._judge(now_ms).said
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
        judged = self._judge(now_ms)
        if self._spoken is None or judged.problem != self._spoken.problem:
            return 0
        if not _moved(judged.said, self._spoken):
            return None
        return max(0, self._settings.quote_every_ms - (now_ms - self._spoken_ms))

    def is_due(self, now_ms: int) -> bool:
        """Return whether to say it now, because it changed or because it was silent long enough."""
        waited_ms = now_ms - self._spoken_ms
        return self.wait_ms(now_ms) == 0 or waited_ms >= self._settings.repeat_ms

    def say(self, now: Moment) -> Quote:
        """Return the quote as it is now; from here on it counts as said."""
        judged = self._judge(now.mono_ms)
        said = judged.said
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
            problem=judged.problem,
            at_ms=now.wall_ms,
        )
        return self._spoken

    def _judge(self, now_ms: int) -> Judged:
        """Return what is believed now, and follow how long freshness has been unbroken."""
        if self._judged is not None and self._judged.now_ms == now_ms:
            return self._judged
        said = channels.best(self._channels, now_ms, self._settings)
        unfresh = self._silent(now_ms) if said is None else self._not_fresh(said, now_ms)
        self._follow(fresh=unfresh is None, now_ms=now_ms)
        problem = unfresh
        if problem is None and said is not None:
            problem = channels.not_valid(said.top) or (RECOVERING if self._recovering else None)
        self._judged = Judged(now_ms=now_ms, said=said, problem=problem)
        return self._judged

    def _silent(self, now_ms: int) -> str:
        return STALE if self.settled(now_ms) else UNHEARD

    def _not_fresh(self, said: Said, now_ms: int) -> str | None:
        return channels.not_fresh(said, now_ms, self._settings)

    def _follow(self, *, fresh: bool, now_ms: int) -> None:
        if not fresh:
            self._fresh_since_ms = None
            self._recovering = self._was_fresh
            return
        self._was_fresh = True
        if self._fresh_since_ms is None:
            self._fresh_since_ms = now_ms
        if now_ms - self._fresh_since_ms >= self._settings.recovery_ms:
            self._recovering = False


def _moved(said: Said | None, spoken: Quote) -> bool:
    """Return whether *said* shows another book than *spoken* did, or by another channel."""
    if said is None:
        return False
    top = said.top
    return (top.bid, top.ask, top.bid_quantity, top.ask_quantity, said.channel) != (
        spoken.bid,
        spoken.ask,
        spoken.bid_quantity,
        spoken.ask_quantity,
        spoken.channel,
    )
