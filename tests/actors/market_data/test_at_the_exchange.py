"""market_data at a real exchange over HTTP and WebSocket: ready soon, and it notices silence."""

import random
import time
from collections.abc import Callable

import pytest
import structlog

from actors.market_data.actor import Btcturk, MarketData
from actors.market_data.settings import Settings
from actors.runtime.clock import SystemClock
from actors.runtime.lanes import Lanes
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.runtime.timers import Timers
from messages.instrument import Instrument
from messages.market import FeedStatus, FeedVerdict, Quote, Trade
from tests.actors.venues.served import serving

NAMES = ("BTC_TRY", "ETH_TRY", "SOL_TRY")
PATIENCE_S = 15


class Kept(Btcturk):
    """BtcTurk's clients, kept to be closed."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.clients = []

    def client(self):
        self.clients.append(super().client())
        return self.clients[-1]


class Living:
    """A market_data in this thread with real lanes, timers and stream; what it says is kept."""

    def __init__(self, settings, run_dir, *, names=NAMES, **own):
        desk = DeskSettings(mode="sim", prefix="t", instruments=names, strategies=("one",))
        parts = Parts(
            role="market_data",
            run_id="test",
            run_dir=run_dir,
            clock=SystemClock(),
            log=structlog.wrap_logger(None, processors=[_drop]),
            rng=random.Random(1),
        )
        self.said = []
        self.venue = Kept(settings, clock=parts.clock, rng=parts.rng)
        self.actor = MarketData(parts, desk=desk, own=Settings(**own), venue=self.venue)
        self.timers = Timers(self.actor.clock)
        self.lanes = Lanes(self.actor.lanes(), self.actor.post)
        self.actor.outlet = self
        self.actor.on_start()

    def open(self):
        self.actor.actor_inbox.bind([], [self.timers], broken=_raise)

    def say(self, message, trail):
        self.said.append(message)

    def after(self, delay_ms, message):
        self.timers.after(delay_ms, message)

    def call(self, call):
        return self.lanes.offer(call)

    def until(self, so: Callable[[], object]):
        """Live until *so* is true and return what it is."""
        end = time.monotonic() + PATIENCE_S
        while not (found := so()):
            assert time.monotonic() < end, f"not so within {PATIENCE_S} s"
            self.actor.on_receive(self.actor.actor_inbox.get().message)
        return found

    def ready(self):
        self.until(lambda: not self.actor.waiting_for())
        return self

    def heard(self, kind, since=0):
        return [one for one in self.said[since:] if isinstance(one, kind)]

    def close(self):
        self.lanes.close()
        self.actor._stream.stop()
        for client in self.venue.clients:
            client.close()


@pytest.fixture
def living(run_dir):
    """A function that starts a market_data; all of them are ended afterwards."""
    begun = []

    def begin(settings, **own):
        begun.append(Living(settings, run_dir, **own))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("exchange")) as served:
        yield served


def test_it_is_ready_with_rules_and_fresh_quotes_of_every_instrument(exchange, living):
    one = living(exchange.settings).ready()
    one.until(lambda: len(one.heard(Instrument)) == len(NAMES))

    quotes = {quote.instrument: quote for quote in one.heard(Quote)}
    assert sorted(quotes) == sorted(NAMES)
    assert all(quote.problem is None and quote.bid < quote.ask for quote in quotes.values())
    assert {one.instrument: one.not_tradable for one in one.heard(Instrument)} == dict.fromkeys(
        NAMES
    )


def test_trades_and_a_normal_verdict_follow(exchange, living):
    one = living(exchange.settings).ready()

    one.until(lambda: {trade.instrument for trade in one.heard(Trade)} == set(NAMES))
    status = one.until(
        lambda: [s for s in one.heard(FeedStatus) if s.verdict is FeedVerdict.NORMAL]
    )[-1]

    assert all(feed.tradable for feed in status.instruments.values())


def test_a_name_that_is_not_listed_does_not_keep_the_others_from_being_heard(exchange, living):
    one = living(exchange.settings, names=("BTC_TRY", "FOO_TRY")).ready()

    status = one.until(lambda: [s for s in one.heard(FeedStatus) if s.connected and s.instruments])[
        -1
    ]

    assert list(status.instruments) == ["BTC_TRY"]


def test_a_stream_that_says_nothing_is_replaced_by_rest_before_a_quote_is_stale(exchange, living):
    one = living(exchange.settings, stale_ms=1_000, rest_after_ms=300, rest_every_ms=200).ready()
    exchange.faults(silent_ws=True)
    try:
        since = len(one.said)
        one.until(
            lambda: (
                {q.instrument for q in one.heard(Quote, since) if q.channel == "rest"} == set(NAMES)
                or None
            )
        )
        # the book is only preferred while it is fresh: wait for answers of rest to take over
    finally:
        exchange.faults(silent_ws=False)

    assert all(quote.problem is None for quote in one.heard(Quote, since))


def test_an_exchange_that_dies_and_comes_back_is_traded_on_after_its_recovery(run_dir, living):
    with serving(run_dir / "first") as served:
        port = served.url.rsplit(":", 1)[1]
        one = living(served.settings, recovery_ms=300).ready()
        served.process.kill()
        lost = one.until(lambda: [s for s in one.heard(FeedStatus) if s.reconnects == 1])[-1]
    since = len(one.said)

    with serving(run_dir / "first", "--port", port):
        one.ready()
        one.until(
            lambda: (
                {q.instrument for q in one.heard(Quote, since) if q.problem is None} == set(NAMES)
            )
        )

    problems = [q.problem for q in one.heard(Quote, since) if q.instrument == "BTC_TRY"]
    assert (lost.verdict, lost.reason) == (FeedVerdict.OBSERVE, "NOT_CONNECTED")
    assert "RECOVERING" in problems
    assert problems[-1] is None


def _drop(_logger, _name, _event):
    raise structlog.DropEvent


def _raise(error):
    raise error
