"""Everything this process has heard of the market, and what follows from hearing more of it.

Returns what to say and what to ask; says and asks nothing itself. It lives as long as the process:
a new one hears whole books and whole rules within milliseconds.
"""

from collections.abc import Iterator, Sequence

from actors.market_data.asking import BOOKS, NoAnswer, ReadBook
from actors.market_data.candles import Candle, Candles
from actors.market_data.channels import BOOK, REST, TICKER
from actors.market_data.fallback import Fallback
from actors.market_data.gaps import Gap, Gaps
from actors.market_data.instruments import Rules
from actors.market_data.moment import Moment
from actors.market_data.quotes import Quoted
from actors.market_data.settings import Settings
from actors.market_data.trades import Trades
from actors.market_data.verdict import verdict
from actors.runtime.effects import After, Call, Tick
from actors.venues.misread import Misread
from actors.venues.port import BookTop, FormingCandle, PublicTrade
from messages.market import FeedStatus, FeedVerdict, InstrumentFeed, Quote, Trade

FLUSH = "flush"  # the timer for quotes that changed again too soon


class Market:
    """What the market said. *names* are the configured instruments."""

    def __init__(self, names: Sequence[str], settings: Settings, now: Moment) -> None:
        self.rules = Rules(names, settings)
        self.connected = False
        self.reconnects = 0
        self.misread = Misread()
        self._settings = settings
        self._quotes = {name: Quoted(name, settings, now_ms=now.mono_ms) for name in names}
        self._trades = Trades()
        self._candles = Candles(since_ms=now.venue_ms)
        self._gaps = Gaps(since_ms=now.venue_ms)
        self._fallback = Fallback(settings)
        self._flushes = False

    def top(self, top: BookTop, channel: str, now: Moment) -> Iterator[object]:
        """Yield what follows from the *top* of a book that came by *channel*."""
        quoted = self._quotes.get(top.instrument)
        if quoted is None:
            return
        quoted.hear(channel, top, now)
        wait_ms = quoted.wait_ms(now.mono_ms)
        if wait_ms == 0:
            yield quoted.say(now)
        elif wait_ms is not None and not self._flushes:
            self._flushes = True
            yield After(wait_ms, Tick(FLUSH))

    def rest_top(self, top: BookTop, now: Moment) -> Iterator[object]:
        """Yield what follows from a book that was asked for."""
        self._fallback.answered(top.instrument, now_ms=now.mono_ms)
        return self.top(top, REST, now)

    def streamed_top(self, top: BookTop, now: Moment) -> Iterator[object]:
        """Yield what follows from a book that the stream told."""
        return self.top(top, TICKER if top.channel == TICKER else BOOK, now)

    def no_book(self, instrument: str, why: object, now: Moment) -> None:
        """Note that a book asked for did not come. *why* may be a NoAnswer."""
        retry_after_ms = why.retry_after_ms if isinstance(why, NoAnswer) else None
        self._fallback.answered(instrument, now_ms=now.mono_ms, retry_after_ms=retry_after_ms)
        if isinstance(why, NoAnswer) and why.unreadable:
            self.misread.note(why.reason, why.raw)

    def trade(self, trade: PublicTrade, now: Moment) -> tuple[Trade | None, list[Candle]]:
        """Return the trade to say, if it is a new one, and the candle that it closed."""
        if trade.instrument not in self._quotes:
            return None, []
        new = self._trades.take(trade, now)
        closed = self._candles.take(new) if new else None
        return new, self._close([closed] if closed else [])

    def candle_told(self, forming: FormingCandle) -> None:
        """Note how the venue sees the minute that forms."""
        if forming.instrument in self._quotes:
            self._gaps.told(forming)

    def up(self) -> None:
        """Note that the stream stands."""
        self.connected = True

    def down(self, now: Moment) -> list[Quote]:
        """Note that the stream broke off; return what must be said of it."""
        if self.connected:
            self.reconnects += 1
        self.connected = False
        for quoted in self._quotes.values():
            quoted.stream_lost(now.mono_ms)
        return self._due(now)

    def flush(self, now: Moment) -> Iterator[object]:
        """Yield the quotes that waited, and when the next one may be said."""
        self._flushes = False
        yield from self._due(now)
        waits = (one.wait_ms(now.mono_ms) for one in self._quotes.values())
        soonest = min((wait for wait in waits if wait is not None), default=None)
        if soonest is not None:
            self._flushes = True
            yield After(soonest, Tick(FLUSH))

    def look(self, now: Moment) -> Iterator[object]:
        """Yield what only the passing of time makes due: quotes, rules, books to ask for."""
        yield from self._due(now)
        yield from self.rules.due(now.mono_ms)
        ages = {name: self._quotes[name].book_age_ms(now.mono_ms) for name in self.rules.listed}
        for name in self._fallback.wanted(ages, now.mono_ms):
            yield Call(BOOKS, ReadBook(name))

    def closed(self, now: Moment) -> list[Candle]:
        """Return the candles whose minute is over."""
        return self._close(self._candles.close(now.venue_ms))

    def gaps(self, now: Moment) -> list[Gap]:
        """Return the minutes of which the venue shows more than was heard."""
        return self._gaps.found(now.venue_ms)

    def _close(self, candles: list[Candle]) -> list[Candle]:
        self._gaps.heard(candles)
        return candles

    def verdict(self, now_ms: int) -> tuple[FeedVerdict, str]:
        """Return how well all of it is heard, and why."""
        return verdict(self._feeds(now_ms), self._settings, connected=self.connected)

    def status(self, now: Moment) -> FeedStatus:
        """Return the verdict on all of it, with what it rests on."""
        feeds = self._feeds(now.mono_ms)
        found, reason = verdict(feeds, self._settings, connected=self.connected)
        return FeedStatus(
            connected=self.connected,
            verdict=found,
            reason=reason,
            instruments=feeds,
            reconnects=self.reconnects,
            unreadable=self.misread.count,
            at_ms=now.wall_ms,
        )

    def waiting_for(self, now_ms: int) -> str:
        """Return what is missing before the market is known: the stream, or a first word."""
        if not self.connected:
            return "the venue's stream"
        unheard = [name for name in self.rules.listed if not self._quotes[name].settled(now_ms)]
        if unheard:
            return f"the book of {' '.join(unheard)}"
        return "" if self.rules.listed else "an instrument that the venue lists"

    def _feeds(self, now_ms: int) -> dict[str, InstrumentFeed]:
        return {name: self._feed(name, now_ms) for name in self.rules.listed}

    def _feed(self, name: str, now_ms: int) -> InstrumentFeed:
        quoted = self._quotes[name]
        problem = quoted.problem(now_ms)
        return InstrumentFeed(
            tradable=problem is None,
            problem=problem,
            age_ms=quoted.age_ms(now_ms),
            trade_age_ms=self._trades.age_ms(name, now_ms),
        )

    def _due(self, now: Moment) -> list[Quote]:
        return [one.say(now) for one in self._quotes.values() if one.is_due(now.mono_ms)]
