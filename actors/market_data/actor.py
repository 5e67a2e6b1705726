"""market_data: what the market says now, and how far it may be believed.

The stream's thread posts what it hears; rules, and books that the stream leaves alone, are read on
lanes of their own. Quotes are said when they change and again every second, so that a hearer who
missed one is never wrong for long.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from random import Random

from actors.market_data.asking import (
    BOOKS,
    RULES,
    Hands,
    NoAnswer,
    ReadBook,
    ReadRules,
    Streamed,
    Table,
    Venue,
)
from actors.market_data.candles import Candle, told
from actors.market_data.channels import UNHEARD
from actors.market_data.gaps import Gap, shown
from actors.market_data.instruments import Change, described
from actors.market_data.market import FLUSH, Market
from actors.market_data.moment import Moment
from actors.market_data.newest import Newest
from actors.market_data.settings import Settings
from actors.market_data.verdict import TRADE_UNSEEN
from actors.runtime import failures
from actors.runtime.actor import Actor
from actors.runtime.contain import attempt
from actors.runtime.effects import After, Call, Called, Raised, Tick
from actors.runtime.inbox import InboxFull
from actors.runtime.lanes import LaneFull, LaneSpec
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.unacked import Unacked
from actors.venues.btcturk.rest import BtcturkPublic
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols, close_names
from actors.venues.clock import Clock
from actors.venues.port import (
    BookTop,
    Connected,
    Disconnected,
    FormingCandle,
    PublicTrade,
    Stream,
    StreamEvent,
    StreamSink,
    UnreadableFrame,
)
from actors.venues.settings import VenueSettings
from messages.market import FeedStatus, FeedVerdict, Quote
from messages.records import Record, RecordsAck
from messages.state import ExecutorStatus

LOOK, STATUS, READ = "look", "status", "read"  # timers
STATUS_EVERY_MS = 1_000
BOOKS_WAITING_MAX = 16


class MarketData(Actor):
    """Keep the quote of every instrument with its health, and say it.

    Dies of what a lane raises and nobody named: a reader that is wrong must not go on.
    """

    role = "market_data"

    def __init__(self, parts: Parts, *, desk: DeskSettings, own: Settings, venue: Venue) -> None:
        super().__init__(parts)
        self._desk, self._own, self._venue = desk, own, venue
        self._offset_ms = 0
        self._market = Market(desk.instruments, own, self._now())
        self._records = Unacked(wall_ms=self.clock.wall_ms())
        self._spelled = dict(venue.guess(desk.instruments))
        self._stream: Stream | None = None
        self._source = Newest(
            threading.Lock()
        )  # whose words count: those of an older stream do not
        self._problems: dict[str, str | None] = {}
        self._rules_odd: dict[str, int] = {}  # what was odd in the venue's table
        self._verdict: tuple[FeedVerdict, str] | None = None

    # the life of the process

    def started(self) -> Iterable[object]:
        """Open the stream and read the rules at the same time: neither waits for the other."""
        self._listen()
        return [
            self._read_rules(),
            After(self._own.look_every_ms, Tick(LOOK)),
            After(0, Tick(STATUS)),
        ]

    def stopping(self, reason: str) -> Iterable[object]:
        """Leave the stream, then the process."""
        if self._stream is not None:
            self._stream.stop()
        return super().stopping(reason)

    def waiting_for(self) -> str:
        if self._records.full:
            return "the records to be kept"
        return self._market.waiting_for(self.clock.mono_ms())

    def lanes(self) -> Sequence[LaneSpec]:
        """Return one lane for the rules and one for books."""
        hands = partial(Hands, self._venue.client)
        return (
            LaneSpec(name=RULES, threads=1, depth=2, handler_factory=hands),
            LaneSpec(name=BOOKS, threads=1, depth=BOOKS_WAITING_MAX, handler_factory=hands),
        )

    # what is heard

    def react(self, message: object) -> Iterable[object]:
        now = self._now()
        match message:
            case Streamed(source=source, event=event):
                told = source.take(event)
                return self._heard(told, now) if source is self._source else ()
            case Called(request=ReadBook() as request, result=result):
                return self._book(request, result, now)
            case Called(request=ReadRules(), result=result):
                return self._table(result, now)
            case Tick(name=name):
                return self._ticked(name, now)
            case ExecutorStatus():
                self._offset_ms = message.clock_offset_ms or 0
                return ()
            case RecordsAck():
                self._records.acknowledged(message.upto)
                return ()
        raise TypeError(f"market_data does not know {type(message).__name__}")

    def _heard(self, event: StreamEvent, now: Moment) -> Iterable[object]:
        market = self._market
        match event:
            case BookTop():
                return self._said(market.streamed_top(event, now), now)
            case PublicTrade():
                trade, candles = market.trade(event, now)
                self._tell_candles(candles)
                first = self._verdict is not None and self._verdict[1] == TRADE_UNSEEN
                turned = self._turned(now) if first else []
                return [trade, *turned] if trade else []
            case FormingCandle():
                market.candle_told(event)
            case Connected():
                market.up()
                self.log.info("stream_connected", instruments=list(self._spelled))
                return [self._status(now)]
            case Disconnected():
                quotes = market.down(now)
                self.log.warning("stream_lost", reason=event.reason, retry_ms=event.retry_ms)
                status = self._status(now)
                return [*self._said(quotes, now), status]
            case UnreadableFrame():
                market.misread.note(event.reason, event.raw)
        return ()

    def _ticked(self, timer: str, now: Moment) -> Iterable[object]:
        if timer == FLUSH:
            return self._said(self._market.flush(now), now)
        if timer == LOOK:
            effects = self._said(self._market.look(now), now)
            return [*effects, After(self._own.look_every_ms, Tick(LOOK))]
        if timer == STATUS:
            self._tell_candles(self._market.closed(now))
            self._tell_gaps(self._market.gaps(now))
            again = self._records.again(now.mono_ms)
            return [self._status(now), *again, After(STATUS_EVERY_MS, Tick(STATUS))]
        return [self._read_rules()]

    # what was asked

    def _read_rules(self) -> Call:
        return Call(RULES, ReadRules(self._desk.instruments))

    def _table(self, result: object, now: Moment) -> Iterable[object]:
        rules = self._market.rules
        match result:
            case Table():
                changes = rules.refresh(result.instruments, now.mono_ms)
                self._tell_odd(result)
                self._tell_missing(result)
                self._follow(result.spelled)
                kept = [self._keep(change, now) for change in changes]
                again = After(rules.again_ms(read=True), Tick(READ))
                return [*rules.due(now.mono_ms), *kept, *self._turned(now), again]
            case NoAnswer() | Raised(error=LaneFull()):
                self.log.warning("rules_unread", reason=_reason(result))
                again_ms = rules.again_ms(read=False, least_ms=_least_ms(result))
                return [After(again_ms, Tick(READ))]
            case Raised(error=error):
                raise error
        raise TypeError(f"no table is a {type(result).__name__}")

    def _book(self, request: ReadBook, result: object, now: Moment) -> Iterable[object]:
        match result:
            case BookTop():
                return self._said(self._market.rest_top(result, now), now)
            case NoAnswer() | Raised(error=LaneFull()):
                self.log.debug("book_unread", instrument=request.instrument, why=_reason(result))
                self._market.no_book(request.instrument, result, now)
                return ()
            case Raised(error=error):
                raise error
        raise TypeError(f"no book is a {type(result).__name__}")

    # the stream

    def _listen(self) -> None:
        """Open a stream about what the venue lists, in place of the one before."""
        if self._stream is not None:
            self._stream.stop()
        self._stream, self._source = None, Newest(threading.Lock())
        if self._spelled:
            self._stream = self._venue.stream(
                self._spelled, partial(self._from_stream, self._source)
            )
            self._stream.start()

    def _follow(self, spelled: Mapping[str, str]) -> None:
        """Open the stream anew when the venue lists or spells something else than was thought.

        It says no to a whole subscription for one name it does not know.
        """
        listed = {name: spelled[name] for name in self._market.rules.listed}
        if listed != self._spelled:
            self._spelled = listed
            self._listen()

    def _from_stream(self, source: Newest, event: StreamEvent) -> None:
        """Hand on what the stream's thread heard. A loop that takes nothing any more is over."""
        waits = source.put(event)
        if waits is None:
            return
        try:
            self.post(Streamed(source=source, event=waits))
        except InboxFull as why:
            failures.end(self.log, why)

    # what is told

    def _said(self, effects: Iterable[object], now: Moment) -> list[object]:
        """Return *effects*; quotes whose problem is another one than before go to the log.

        With them goes the verdict where it turned: the gate needs not wait for the next second.
        """
        effects = list(effects)
        turned = [one for one in effects if isinstance(one, Quote) and self._tell_problem(one)]
        return [*effects, *self._turned(now)] if turned else effects

    def _turned(self, now: Moment) -> list[FeedStatus]:
        """Return the verdict when it is another one than was said last; the first is on its way."""
        if self._verdict is None or self._market.verdict(now.mono_ms)[0] is self._verdict[0]:
            return []
        return [self._status(now)]

    def _tell_problem(self, quote: Quote) -> bool:
        """Log a problem that came or went; return whether it did."""
        before = self._problems.get(quote.instrument, UNHEARD)
        self._problems[quote.instrument] = quote.problem
        if quote.problem == before:
            return False
        log = self.log.bind(instrument=quote.instrument, channel=quote.channel)
        if quote.problem is None:
            log.info("quote_fresh", was=before)
        else:
            log.warning("quote_stale", problem=quote.problem, age_ms=quote.age_ms)
        return True

    def _status(self, now: Moment) -> FeedStatus:
        status = self._market.status(now)
        if (status.verdict, status.reason) != self._verdict:
            self._verdict = status.verdict, status.reason
            self.log.info("verdict_changed", verdict=status.verdict, reason=status.reason)
        misread = self._market.misread.take()
        if misread is not None:
            self.log.warning("frames_unreadable", **misread)
        return status

    def _tell_odd(self, table: Table) -> None:
        if table.problems != self._rules_odd:
            self._rules_odd = table.problems
            self.log.warning("rules_odd", rows=table.problems)

    def _tell_missing(self, table: Table) -> None:
        names = [one.instrument for one in table.instruments]
        for name in self._market.rules.missing:
            self.log.error(
                "instrument_unknown", instrument=name, close_names=close_names(name, names)
            )

    def _keep(self, change: Change, now: Moment) -> Record:
        self.log.info("rules_changed", instrument=change.now.instrument, first=not change.before)
        return self._records.keep(
            "feed",
            {"rules": described(change)},
            instrument=change.now.instrument,
            at_ms=now.wall_ms,
            now_ms=now.mono_ms,
        )

    def _tell_candles(self, candles: Iterable[Candle]) -> None:
        for one in candles:
            self.log.info("candle_closed", **told(one))

    def _tell_gaps(self, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            self.log.warning("trades_missed", **shown(gap))

    def _now(self) -> Moment:
        return Moment(
            mono_ms=self.clock.mono_ms(), wall_ms=self.clock.wall_ms(), offset_ms=self._offset_ms
        )


class Btcturk:
    """BtcTurk as this role sees it."""

    def __init__(self, settings: VenueSettings, *, clock: Clock, rng: Random) -> None:
        self._settings, self._clock, self._rng = settings, clock, rng

    def guess(self, instruments: Sequence[str]) -> Mapping[str, str]:
        return {name: Symbols().venue(name) for name in instruments}

    def client(self) -> BtcturkPublic:
        return BtcturkPublic(self._settings, self._clock)

    def stream(self, spelled: Mapping[str, str], sink: StreamSink) -> BtcturkStream:
        subject = Subject(symbols=Symbols(spelled), instruments=tuple(spelled))
        # The stream's thread rolls dice of its own: ours are not shared with another thread.
        dice = Random(self._rng.getrandbits(64))
        return BtcturkStream(
            self._settings, subject, sink, clock=self._clock, random=dice, contain=attempt
        )


def build(parts: Parts, *, desk: DeskSettings, own: Settings, venue: VenueSettings) -> Actor:
    """Return the actor that listens to BtcTurk, or to what speaks like it, at *venue*."""
    at = Btcturk(venue, clock=parts.clock, rng=parts.rng)
    return MarketData(parts, desk=desk, own=own, venue=at)


def _reason(result: NoAnswer | Raised) -> str:
    return result.reason if isinstance(result, NoAnswer) else type(result.error).__name__


def _least_ms(result: NoAnswer | Raised) -> int | None:
    return result.retry_after_ms if isinstance(result, NoAnswer) else None
