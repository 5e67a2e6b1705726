"""What carries out an actor's effects in a process of its own: sockets, timers, threads, life."""

import os
from collections.abc import Callable, Sequence
from typing import NoReturn

from actors.runtime import failures
from actors.runtime.actor import Actor
from actors.runtime.effects import Call, Route
from actors.runtime.inbox import Rhythm, Source
from actors.runtime.lanes import Lanes
from actors.runtime.life import Life
from actors.runtime.links import Links
from actors.runtime.parts import Log
from actors.runtime.settings import RuntimeSettings
from actors.runtime.timers import Timers
from actors.runtime.wire import Trail
from messages.life import Hello

LAST_WORDS_MS = 100  # what was said last has this long to leave when a process ends in order


class Body:
    """The outlet of one live actor. Opens everything in `open`, in the thread of the loop.

    With *hello* it shows its life to whoever the plumbing says; *leave* ends the process.
    """

    def __init__(
        self,
        actor: Actor,
        links: Links,
        *,
        settings: RuntimeSettings,
        log: Log,
        sources: Sequence[Source] = (),
        rhythms: Sequence[Rhythm] = (),
        hello: Hello | None = None,
        leave: Callable[[int], None] = os._exit,
    ) -> None:
        self._actor = actor
        self._links = links
        self._settings = settings
        self._log = log
        self._sources = sources
        self._rhythms = list(rhythms)
        if hello is not None:
            life = Life(
                hello=hello, say=links.say, vitals=self, clock=actor.clock, settings=settings
            )
            self._rhythms.append(life)
        self._leave = leave
        self._timers = Timers(actor.clock)
        self._lanes: Lanes | None = None

    @property
    def turns(self) -> int:
        return self._actor.turns

    @property
    def queued(self) -> int:
        return self._actor.actor_inbox.queued

    @property
    def refused(self) -> int:
        return self._links.counts.refused

    @property
    def dropped(self) -> int:
        return self._links.counts.dropped

    def waiting_for(self) -> str:
        return self._actor.waiting_for()

    def longest_turn_ms(self) -> int:
        return self._actor.take_longest_turn_ms()

    def open(self) -> None:
        """Open the sockets, bind the inbox, start the lanes. Raises zmq.ZMQError."""
        self._links.open(self._actor.urgent(), self.broken)
        self._actor.actor_inbox.bind(
            [*self._sources, *self._links.ends],
            [self._timers, *self._rhythms],
            broken=self.broken,
            posted_max=self._settings.inbox_max,
        )
        self._lanes = Lanes(
            self._actor.lanes(),
            self._actor.post,
            lock=self._actor.gate_lock,
            broken=self.broken,
            pass_by=self._actor.pass_by,
        )

    def say(self, message: object, trail: Trail | None) -> None:
        self._links.say(message, trail)

    def back(self, route: Route, message: object, trail: Trail | None) -> None:
        self._links.back(route, message, trail)

    def after(self, delay_ms: int, message: object) -> None:
        self._timers.after(delay_ms, message)

    def call(self, call: Call) -> bool:
        return self._lanes is not None and self._lanes.offer(call)

    def room(self, lane: str) -> int:
        return 0 if self._lanes is None else self._lanes.room(lane)

    def exit(self, code: int, reason: str) -> None:
        """Leave in order: what was said goes out, then the process ends."""
        self._log.info("actor_stopped", exit_code=code, reason=reason)
        if self._lanes is not None:
            self._lanes.close()
        self._links.close(linger_ms=LAST_WORDS_MS)
        self._actor.ending()
        self._leave(code)

    def broken(self, error: BaseException) -> NoReturn:
        """Leave at once: something failed that must not."""
        failures.end(self._log, error, tidy=self._actor.ending)
