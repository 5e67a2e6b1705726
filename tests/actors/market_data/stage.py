"""A market_data actor without threads and sockets: a venue made of lists, and a clock by hand."""

import random
from pathlib import Path

import structlog
from structlog.testing import CapturingLogger

from actors.market_data.actor import MarketData
from actors.market_data.asking import ReadBook, ReadRules, Table
from actors.market_data.settings import Settings
from actors.runtime.effects import After, Call, Called, Tick
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.venues.port import Connected
from messages.market import Quote
from tests.actors.market_data.markets import BTC, ETH, START_MS, WALL_MS
from tests.actors.venues.clocks import StandingClock
from tests.builders import rules


class StreamOfLists:
    """A stream that says what a test says."""

    def __init__(self, spelled, sink):
        self.spelled, self.sink = spelled, sink
        self.started = self.stopped = False

    def start(self):
        self.started = True

    def stop(self):
        self.stopped = True


class VenueOfLists:
    def __init__(self):
        self.streams = []

    def guess(self, instruments):
        return {name: name.replace("_", "") for name in instruments}

    def client(self):
        raise AssertionError("nothing is called here")

    def stream(self, spelled, sink):
        self.streams.append(StreamOfLists(dict(spelled), sink))
        return self.streams[-1]


class Stage:
    """The actor, what it answered, and its timers as they were asked for."""

    def __init__(self, *instruments, **own):
        self.clock = StandingClock(WALL_MS, START_MS)
        self.venue = VenueOfLists()
        self.logged = CapturingLogger()
        desk = DeskSettings(
            mode="sim", prefix="t", instruments=instruments or (BTC, ETH), strategies=("one",)
        )
        parts = Parts(
            role="market_data",
            run_id="test",
            run_dir=Path("run"),
            clock=self.clock,
            log=structlog.wrap_logger(self.logged, processors=[]),
            rng=random.Random(1),
        )
        self.actor = MarketData(parts, desk=desk, own=Settings(**own), venue=self.venue)
        self.posted = []
        self.actor.post = self.posted.append
        self.began = list(self.actor.started())

    @property
    def stream(self):
        return self.venue.streams[-1]

    def hear(self, message):
        """Return what follows from *message*."""
        return list(self.actor.react(message))

    def says(self, event):
        """Let the stream say *event*; return what follows."""
        self.stream.sink(event)
        return self.hear(self.posted.pop())

    def tick(self, name):
        return self.hear(Tick(name))

    def table(self, *instruments, spelled=None, result=None):
        """Answer the question for the rules."""
        named = [rules(name) for name in instruments or (BTC, ETH)]
        guess = self.venue.guess([one.instrument for one in named])
        told = result or Table(instruments=tuple(named), spelled=guess | (spelled or {}))
        return self.hear(Called("rules", ReadRules((BTC, ETH)), told))

    def book(self, instrument, result):
        return self.hear(Called("books", ReadBook(instrument), result))

    def ready(self):
        """Connect and read the rules."""
        self.table()
        self.says(Connected(private=False))
        return self

    def lines(self, event):
        """Return the log lines of *event*, as what stands in them."""
        told = [call.kwargs for call in self.logged.calls]
        return [line for line in told if line["event"] == event]


def quotes(effects):
    return {one.instrument: one for one in effects if isinstance(one, Quote)}


def calls(effects):
    return [one.request for one in effects if isinstance(one, Call)]


def timers(effects):
    return {one.message.name: one.delay_ms for one in effects if isinstance(one, After)}
