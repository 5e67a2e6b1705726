"""Who keeps the others alive: starts all, restarts what ends, kills what hangs, stops in order.

It knows specs, not roles. The policy is `supervision.py`, the order `stopping.py`; here their
effects meet processes. What a desk does with its children's news is its subclass's business.
"""

import http.client
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from signal import SIGKILL, SIGTERM, SIGUSR1

from msgspec import Struct
from msgspec.structs import replace

from actors.runtime import failures, stopping, supervision
from actors.runtime.actor import NOWHERE, Actor
from actors.runtime.children import Forkserver, Spawned, start_program
from actors.runtime.effects import After, Back, Call, Called, Exit, Route, Tick
from actors.runtime.lanes import LaneSpec
from actors.runtime.life import ORDERED
from actors.runtime.parts import Parts
from actors.runtime.settings import SupervisionSettings
from actors.runtime.signals import Watched
from actors.runtime.spawn import ChildSpec, ProgramSpec
from actors.runtime.supervision import Actual, Child
from messages.control import Reply
from messages.life import Heartbeat, Hello, Stop

WATCH_MS = 100  # how often deadlines are looked at
PROBE_FIRST_MS = 10  # between two probes of a program that does not answer yet
PROBE_MS = 1_000
PROBE_TIMEOUT_S = 1.0
WATCH = Tick("watch")
DUE = Tick("due")
REFUSALS = frozenset({failures.STORE, failures.CONFIGURATION})  # no restart would cure a start


class Program(Struct, frozen=True, kw_only=True):
    """A program that is up when it answers GET *path* at *host*:*port* with 200."""

    spec: ProgramSpec
    host: str
    port: int
    path: str


class Household(Struct, frozen=True, kw_only=True):
    """Everybody who is kept, and in which order they stop: name -> longest time in ms.

    *life_socket* is where heartbeats are heard, and the way a word to stop goes back.
    """

    actors: tuple[ChildSpec, ...]
    programs: tuple[Program, ...]
    stop_order: dict[str, int]
    life_socket: str
    settings: SupervisionSettings


class ProcessGone(Struct, frozen=True):
    """The process of *name* is gone, with its locks and sockets."""

    name: str


class Interrupted(Struct, frozen=True):
    """A person pressed Ctrl-C, or somebody sent SIGTERM."""


class ProbeDue(Struct, frozen=True):
    """It is time to ask the program *name* whether it answers."""

    name: str


class Probed(Struct, frozen=True):
    """One probe of a program: whom, and which of its processes."""

    program: Program
    pid: int


class Keeper(Actor):
    """Keeps a household. Dies like any actor; everybody it keeps dies with it."""

    def __init__(
        self,
        parts: Parts,
        house: Household,
        forkserver: Forkserver,
        begun: Mapping[str, Spawned],
    ) -> None:
        super().__init__(parts)
        self.house = house
        self.specs = {spec.role: spec for spec in house.actors}
        self.programs = {one.spec.role: one for one in house.programs}
        self.kept = {name: Child(role=name) for name in (*self.programs, *self.specs)}
        self.vitals: dict[str, Heartbeat] = {}
        self.ordered_stop: stopping.Stopping | None = None
        self.refusal: str | None = None  # who said at the first start that it must not run
        self.was_ready = False  # all at once, some time in this run
        self._forkserver = forkserver
        self._begun = dict(begun)
        self._processes: dict[str, Spawned] = {}
        self.end = Exit(failures.STOPPED, "stopped in order")

    def waits_with(self, still_here: Callable[[], None]) -> None:
        """Have *still_here* called while this waits for a forkserver that loads and gets on."""
        self._forkserver.still_here = still_here

    # What a desk adds.

    def became_ready(self, name: str) -> Iterable[object]:
        """Return what to do now that *name* is ready."""
        return ()

    def all_became_ready(self) -> Iterable[object]:
        """Return what to do now that all are ready for the first time."""
        return ()

    def limit_reached(self, name: str) -> Iterable[object]:
        """Return what to do now that *name* was restarted too often."""
        return ()

    # How it lives.

    def lanes(self) -> Sequence[LaneSpec]:
        return (LaneSpec(name="probe", threads=1, depth=16, handler_factory=lambda: _answers),)

    def started(self) -> Iterable[object]:
        for name in self.kept:
            if name in self._begun:
                yield from self._adopt(self._begun.pop(name))
            else:
                yield from self.happened(name, supervision.Wanted(True))
        yield After(WATCH_MS, WATCH)
        yield from (After(0, ProbeDue(name)) for name in self.programs)

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Heartbeat():
                return self._beaten(message)
            case ProcessGone(name):
                return self._gone(name)
            case Tick("watch"):
                return self._watch()
            case Tick("due"):
                return self._deadlines()
            case ProbeDue(name):
                return self._probe(name)
            case Called(lane="probe"):
                return self._probed(message)
            case Interrupted():
                return self.interrupted()
            case Hello():
                self.log.debug("actor_greeted", child=message.role, child_pid=message.pid)
                return ()
        raise TypeError(f"{self.role} does not know {type(message).__name__}")

    def interrupted(self) -> Iterable[object]:
        """Return how a desk stops; asked a second time, in a hurry."""
        if self.ordered_stop is not None:
            self.log.warning("stop_hurried")
            self.ordered_stop = replace(self.ordered_stop, hurry=True)
            return self._advance()
        return self.begin_stop(failures.STOPPED, "interrupted")

    def begin_stop(self, code: int, reason: str) -> Iterable[object]:
        """Stop everybody in order, then end with *code*. Nobody is restarted any more."""
        if self.ordered_stop is not None:
            return
        self.log.info("desk_stopping", reason=reason)
        self.end = Exit(code, reason)
        self.ordered_stop = stopping.begin(self.house.stop_order)
        for name in self.kept:
            yield from self.happened(name, supervision.Wanted(False))
        yield from self._advance()

    def happened(self, name: str, event: supervision.Event) -> Iterator[object]:
        """Return what follows from *event* for the child *name*."""
        child, effects = supervision.step(
            self.kept[name],
            event,
            now_ms=self.clock.mono_ms(),
            jitter=self.rng.randint(-supervision.JITTER_PER_MILLE, supervision.JITTER_PER_MILLE),
            settings=self.house.settings,
        )
        self.kept[name] = child
        for effect in effects:
            yield from self._carry(name, effect)

    def _told_to_stop(self, stop: Stop) -> Iterable[object]:
        """Whoever asked is answered each time: the word may come again."""
        if self.route is not NOWHERE:
            yield Back(self.route, Reply(ok=True, code="OK", message="the desk is stopping"))
        yield from self.begin_stop(failures.STOPPED, stop.reason)

    def _carry(self, name: str, effect: supervision.Effect) -> Iterator[object]:
        match effect:
            case supervision.Spawn():
                if self.kept[name].wanted:  # a stop may have begun with the effect before this one
                    yield from self._spawn(name)
            case supervision.Dump(silent_ms=silent_ms):
                self.log.error("heartbeat_missed", child=name, silent_ms=silent_ms)
                self._processes[name].send(SIGUSR1)
            case supervision.Kill(why=why):
                self.log.error("actor_killed", child=name, why=why)
                self._processes[name].send(SIGKILL)
            case supervision.BecameLive(waiting_for=missing):
                pid = self.kept[name].pid
                self.log.info("actor_live", child=name, child_pid=pid, waiting_for=missing)
            case supervision.BecameReady():
                self.log.info("actor_ready", child=name, child_pid=self.kept[name].pid)
                yield from self.became_ready(name)
                yield from self._all_ready()
            case supervision.Failed():
                yield from self._failed(effect)
            case supervision.LimitReached(failures=count):
                self.log.critical("restart_limit_reached", child=name, failures=count)
                yield from self.limit_reached(name)

    def _spawn(self, name: str) -> Iterator[object]:
        program = self.programs.get(name)
        begin: Callable[[], Spawned] = (
            partial(start_program, program.spec)
            if program
            else partial(self._forkserver.spawn, self.specs[name])
        )
        try:
            spawned = begin()
        except (OSError, EOFError) as why:
            said = self._forkserver.trouble()
            self.log.error("actor_not_started", child=name, why=repr(why), said=said)
            yield from self.happened(name, supervision.NotBegun())
            return
        yield from self._adopt(spawned)

    def _adopt(self, spawned: Spawned) -> Iterator[object]:
        name = spawned.role
        self._processes[name] = spawned
        gone = Watched(spawned.pidfd, partial(ProcessGone, name), told=self.actor_inbox.remove)
        self.actor_inbox.add(gone)
        self.log.info("actor_started", child=name, child_pid=spawned.pid)
        yield from self.happened(name, supervision.Begun(spawned.pid))

    def _gone(self, name: str) -> Iterator[object]:
        code = self._processes.pop(name).close()
        self.vitals.pop(name, None)
        if self.ordered_stop is not None:
            self.log.info("actor_stopped", child=name, exit_code=code)
        yield from self.happened(name, supervision.Gone(code))
        yield from self._advance()

    def _failed(self, failed: supervision.Failed) -> Iterator[object]:
        self.log.error(
            "actor_failed", child=failed.role, exit_code=failed.code, next_ms=failed.delay_ms
        )
        if failed.delay_ms:
            yield After(failed.delay_ms, DUE)
        if failed.code == failures.INVARIANT:
            yield from self.invariant_broken(failed.role)
        if not self.was_ready and failed.code in REFUSALS:
            yield from self.refused(failed.role, failed.code)

    def invariant_broken(self, name: str) -> Iterable[object]:
        """Return what to do when *name* ended because something was so that cannot be."""
        return ()

    def refused(self, name: str, code: int) -> Iterable[object]:
        """Return what to do when *name* says at the first start that it must not run."""
        self.refusal = name
        return self.begin_stop(code, f"{name} refuses to run")

    def _all_ready(self) -> Iterator[object]:
        if not self.was_ready and supervision.all_ready(self.actors()):
            self.was_ready = True
            yield from self.all_became_ready()

    def actors(self) -> list[Child]:
        """Return the children that are actors, in the order of their specs."""
        return [self.kept[name] for name in self.specs]

    def _beaten(self, beat: Heartbeat) -> Iterable[object]:
        if beat.role not in self.specs or self.route.peer != beat.role.encode():
            return ()
        self.vitals[beat.role] = beat
        return self.happened(beat.role, supervision.Beaten(beat.pid, beat.waiting_for))

    def _watch(self) -> Iterator[object]:
        yield After(WATCH_MS, WATCH)
        yield from self._deadlines()
        yield from self._advance()

    def _deadlines(self) -> Iterator[object]:
        for name in self.kept:
            yield from self.happened(name, supervision.Passed())

    def _advance(self) -> Iterator[object]:
        """Go on with an ordered stop."""
        if self.ordered_stop is None:
            return
        alive = {name for name, one in self.kept.items() if one.actual in supervision.HAS_PROCESS}
        self.ordered_stop, said = stopping.advance(self.ordered_stop, alive, self.clock.mono_ms())
        match said:
            case stopping.Tell(name=name, first=first):
                yield from self._tell(name, first=first)
            case stopping.Overran(name=name):
                yield from self.happened(name, supervision.Overrun())
            case stopping.Stopped():
                yield self.end

    def _tell(self, name: str, *, first: bool) -> Iterator[object]:
        if name in self.specs:
            yield Back(Route(self.house.life_socket, name.encode()), Stop(reason=ORDERED))
        elif first:
            self._processes[name].send(SIGTERM)

    def _probe(self, name: str) -> Iterator[object]:
        pid = self.kept[name].pid
        if pid is None:
            yield After(PROBE_FIRST_MS, ProbeDue(name))
        else:
            yield Call("probe", Probed(self.programs[name], pid))

    def _probed(self, called: Called) -> Iterator[object]:
        request = called.request
        if not isinstance(request, Probed):
            return
        name = request.program.spec.role
        if called.result is True:
            yield from self.happened(name, supervision.Beaten(request.pid, ""))
        ready = self.kept[name].actual is Actual.READY
        yield After(self._probe_every_ms() if ready else PROBE_FIRST_MS, ProbeDue(name))

    def _probe_every_ms(self) -> int:
        return min(PROBE_MS, self.house.settings.silence_ms // 3)


def _answers(request: object) -> object:
    """Return whether the program answers; a lane's handler."""
    if not isinstance(request, Probed):
        return False
    program = request.program
    line = http.client.HTTPConnection(program.host, program.port, timeout=PROBE_TIMEOUT_S)
    try:
        line.request("GET", program.path)
        return line.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
