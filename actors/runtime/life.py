"""How an actor shows that it lives: Hello, a heartbeat from its own loop, readiness at once.

The heartbeat comes from the loop itself, since ZeroMQ's own is answered while a handler hangs. The
same beat re-arms the watchdog that ends a process whose loop no longer turns.
"""

import faulthandler
from collections.abc import Callable, Sequence
from typing import IO, Protocol

from actors.runtime.clock import Clock
from actors.runtime.settings import RuntimeSettings
from messages.life import Heartbeat, Hello

HELLO_RETRY_MS = 2  # until the line to the supervisor stands

# Reasons a stop is given for.
ORDERED = "ORDERED"  # the supervisor stops the desk in order
SIGTERM = "SIGTERM"
PARENT_GONE = "PARENT_GONE"  # nobody watches any more: leave as soon as it is safe


class Vitals(Protocol):
    """What of an actor goes into its heartbeat."""

    @property
    def turns(self) -> int: ...
    @property
    def queued(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    def waiting_for(self) -> str: ...
    def longest_turn_ms(self) -> int: ...


class Life:
    """Hello and heartbeats of one actor. *say* returns False while nobody hears."""

    def __init__(
        self,
        *,
        hello: Hello,
        say: Callable[[object], bool],
        vitals: Vitals,
        clock: Clock,
        settings: RuntimeSettings,
    ) -> None:
        self._hello = hello
        self._say = say
        self._vitals = vitals
        self._clock = clock
        self._settings = settings
        self._greeted = False
        self._due_ms = clock.mono_ms()
        self._lag_ms = 0
        self._said: str | None = None

    def due_ms(self) -> int:
        """Return in how many ms the next beat is due."""
        return max(0, self._due_ms - self._clock.mono_ms())

    def ring(self) -> Sequence[object]:
        """Beat when it is time, and at once when readiness changed."""
        now = self._clock.mono_ms()
        late = now - self._due_ms
        waits_for = self._vitals.waiting_for()
        if late < 0 and waits_for == self._said:
            return ()
        self._lag_ms = max(self._lag_ms, late)
        if not self._greeted:
            self._greeted = self._say(self._hello)
        if self._greeted and self._say(self._beat(waits_for)):
            self._said = waits_for
            self._lag_ms = 0
        self._due_ms = now + (self._settings.heartbeat_ms if self._greeted else HELLO_RETRY_MS)
        return ()

    def _beat(self, waits_for: str) -> Heartbeat:
        vitals = self._vitals
        return Heartbeat(
            role=self._hello.role,
            pid=self._hello.pid,
            waiting_for=waits_for,
            turns=vitals.turns,
            loop_lag_ms=self._lag_ms,
            longest_turn_ms=vitals.longest_turn_ms(),
            queued=vitals.queued,
            refused=vitals.refused,
            dropped=vitals.dropped,
        )


class Watchdog:
    """Ends this process, with a trace of all threads, when its loop has not turned for *hang_s*.

    It works while something holds the interpreter's lock, where a thread of ours would starve.
    """

    def __init__(self, trace: IO[bytes], *, clock: Clock, hang_s: int, every_ms: int) -> None:
        self._trace = trace
        self._clock = clock
        self._hang_s = hang_s
        self._every_ms = every_ms
        self._due_ms: int | None = clock.mono_ms()

    def due_ms(self) -> int | None:
        """Return in how many ms it must be armed again."""
        return None if self._due_ms is None else max(0, self._due_ms - self._clock.mono_ms())

    def ring(self) -> Sequence[object]:
        """Arm it again when it is time; arming costs too much for every turn."""
        now = self._clock.mono_ms()
        if self._due_ms is not None and now >= self._due_ms:
            faulthandler.dump_traceback_later(self._hang_s, exit=True, file=self._trace)
            self._due_ms = now + self._every_ms
        return ()

    def again(self) -> None:
        """Arm it again out of turn: the loop waits for what gets on."""
        if self._due_ms is not None:
            faulthandler.dump_traceback_later(self._hang_s, exit=True, file=self._trace)

    def last_call(self, within_s: int) -> None:
        """End this process in *within_s* seconds at the latest, whatever its loop does."""
        faulthandler.dump_traceback_later(within_s, exit=True, file=self._trace)
        self._due_ms = None
