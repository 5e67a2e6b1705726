"""A persistence beside a store, driven message by message."""

import random

import structlog
from structlog.testing import CapturingLogger

from actors.persistence.actor import build
from actors.persistence.settings import Settings
from actors.runtime.effects import Route, Tick
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from tests.builders import BTC

WALL_MS = 1_774_252_925_000


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.passed_ms = 0

    def wall_ms(self):
        return WALL_MS + self.passed_ms

    def mono_ms(self):
        return 50_000 + self.passed_ms


def named(_log, _method, event):
    """Keep the name of the event apart from what it says."""
    return (event.pop("event"),), event


class Desk:
    """One persistence, what it said, and the words it logged."""

    def __init__(self, run_dir, *, begin=True, **settings):
        self.clock, self.logged = FixedClock(), CapturingLogger()
        parts = Parts(
            role="persistence",
            run_id="run",
            run_dir=run_dir,
            clock=self.clock,
            log=structlog.wrap_logger(self.logged, processors=[named]),
            rng=random.Random(1),
        )
        desk = DeskSettings(mode="sim", prefix="bb", instruments=(BTC,), strategies=("ma_cross",))
        self.actor = build(parts, desk=desk, own=Settings(**settings))
        self.said = list(self.actor.started())
        if begin:
            self.hear(Tick("say"))

    def hear(self, *messages, peer="allocator"):
        said = []
        for one in messages:
            self.actor.route = Route("persistence.records", peer.encode())
            said += self.actor.react(one)
        self.said += said
        return said

    def pass_ms(self, ms):
        self.clock.passed_ms += ms

    def events(self):
        return [
            call.args[0] if call.args else call.kwargs.get("event") for call in self.logged.calls
        ]

    def waiting_for(self):
        return self.actor.waiting_for()


def of(kind, said):
    return [one for one in said if isinstance(one, kind)]
