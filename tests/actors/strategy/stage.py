"""A strategy actor without threads and sockets: it hears by hand, and its clock stands still."""

import random
from pathlib import Path

import structlog
from structlog.testing import CapturingLogger

from actors.runtime.effects import After, Tick
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from actors.strategy.actor import StrategyActor
from actors.strategy.settings import Settings
from actors.strategy.strategies.mean_reversion import MeanReversionRun
from messages.records import Record, WarmUpQuery
from messages.targets import Targets
from tests.actors.strategy.sights import BTC, ETH
from tests.actors.venues.clocks import StandingClock
from tests.builders import account, quote, rules, state


def run(name, *, kind=MeanReversionRun, instruments=(BTC, ETH), **given):
    return kind(name=name, instruments=instruments, **given)


class Stage:
    """The actor with the *strategies* of a test, by name of their run."""

    def __init__(self, *runs, strategies=None, instruments=(BTC, ETH), **own):
        self.clock = StandingClock()
        self.logged = CapturingLogger()
        runs = runs or tuple(run(name) for name in strategies)
        desk = DeskSettings(
            mode="sim", prefix="t", instruments=instruments, strategies=tuple(r.name for r in runs)
        )
        parts = Parts(
            role="strategy",
            run_id="test",
            run_dir=Path("run"),
            clock=self.clock,
            log=structlog.wrap_logger(self.logged, processors=[]),
            rng=random.Random(1),
        )
        make = {"make": lambda one: strategies[one.name]} if strategies else {}
        self.actor = StrategyActor(parts, desk=desk, own=Settings(run=runs, **own), **make)
        self.began = list(self.actor.started())

    def hear(self, message):
        """Return what follows from *message*."""
        return list(self.actor.react(message))

    def tick(self, name):
        return self.hear(Tick(name))

    def informed(self, *instruments, cash=25_000):
        """Let it hear everything but quotes."""
        for name in instruments or (BTC, ETH):
            self.hear(rules(name))
            self.hear(state(name))
        self.hear(account(cash))
        return self

    def warm(self):
        """Let every strategy begin without a past."""
        self.clock.pass_ms(5_000)
        self.tick("warm_up")
        return self.informed()

    def asked(self, instrument=BTC, **given):
        """Return the targets said because of a quote of *instrument*."""
        return targets(self.hear(quote(instrument, **given)))

    def lines(self, event):
        told = [call.kwargs for call in self.logged.calls]
        return [line for line in told if line["event"] == event]


def targets(effects):
    return {one.strategy: one for one in effects if isinstance(one, Targets)}


def of(effects, kind):
    return [one for one in effects if isinstance(one, kind)]


def queries(effects):
    return of(effects, WarmUpQuery)


def records(effects):
    return of(effects, Record)


def timers(effects):
    return {one.message.name: one.delay_ms for one in effects if isinstance(one, After)}
