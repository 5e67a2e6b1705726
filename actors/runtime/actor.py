"""How an actor lives: it reacts to what it hears, and its runtime carries out what it answers.

One turn: react to each message in order, make all writes durable in one commit, then say and do the
rest in the order it was returned. Control is looked at before every message of a turn and once more
before the commit. An exception that nobody named ends the process.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NoReturn, Protocol

import pykka
from msgspec import Struct

from actors.runtime import failures, faults
from actors.runtime.effects import After, Back, Call, Called, Exit, Raised, Route, Write
from actors.runtime.failures import InvariantBroken
from actors.runtime.inbox import Inbox
from actors.runtime.lanes import LaneFull, LaneSpec
from actors.runtime.parts import Parts
from actors.runtime.wire import Heard, Trail
from messages.life import Stop

KILL_FILE = "KILL"  # in the run directory; while it is there nothing is sent


class Outlet(Protocol):
    """What carries out effects: sockets, timers and threads, or a simulator."""

    def open(self) -> None: ...
    def say(self, message: object, trail: Trail | None) -> None: ...
    def back(self, route: Route, message: object, trail: Trail | None) -> None: ...
    def after(self, delay_ms: int, message: object) -> None: ...
    def call(self, call: Call) -> bool: ...
    def room(self, lane: str) -> int: ...
    def exit(self, code: int, reason: str) -> None: ...


class Actor(pykka.Actor):
    """One role's process. Subclasses say how it reacts.

    Dies on any exception but the values it was told to expect; with `InvariantBroken` the desk
    comes back halted. Constructing one opens nothing and starts no thread.
    """

    role: ClassVar[str]
    actor_inbox: Inbox
    route: Route  # of the message being reacted to, for `Back`

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        self.clock = parts.clock
        self.log = parts.log
        self.rng = parts.rng
        self.route = NOWHERE
        self.gate_lock = threading.Lock()
        self.turns = 0
        self.outlet: Outlet | None = None
        self.pass_by: faults.PassBy = faults.nothing
        self._longest_turn_ns = 0
        self._kill_file: Path = parts.run_dir / KILL_FILE
        self._stopped_for: set[str] = set()

    # What a role says about itself.

    def ahead(self) -> Iterable[Call]:
        """Return the calls to make while `started` works; their answers come after it."""
        return ()

    def started(self) -> Iterable[object]:
        """Return what to do first: timers, calls, messages."""
        return ()

    def react(self, message: object) -> Iterable[object]:
        """Return what follows from *message*: messages to say and effects."""
        raise NotImplementedError(f"{type(self).__name__} does not react to {message!r}")

    def waiting_for(self) -> str:
        """Return what is still missing before this actor is ready, "" when it is."""
        return ""

    def commit(self, entries: Sequence[object]) -> None:
        """Make the entries of all `Write`s of one turn durable, in one transaction."""
        raise InvariantBroken(f"{self.role} writes nothing, but was asked to: {entries[0]!r}")

    def stopping(self, reason: str) -> Iterable[object]:
        """Return what to do when told to stop; once for each reason."""
        return (Exit(failures.STOPPED, reason),)

    def ending(self) -> None:
        """Tidy up what must not be left behind when this process ends, however it ends."""

    def urgent(self) -> Mapping[type, Callable[[Any], None]]:
        """Return who is told at once, in another thread, of commands that a turn may not delay.

        `react` hears them as well, in their order.
        """
        return {}

    def lanes(self) -> Sequence[LaneSpec]:
        """Return the lanes this role needs for blocking calls."""
        return ()

    # What a role may use.

    def post(self, message: object) -> None:
        """Hand *message* to `react`, from any thread. Raises InboxFull after waiting for room."""
        self.actor_inbox.post(message)

    def room(self, lane: str) -> int:
        """Return how many more calls *lane* takes now."""
        if self.outlet is None:
            return next(spec.depth for spec in self.lanes() if spec.name == lane)
        return self.outlet.room(lane)

    def kill_file_present(self) -> bool:
        """Return whether the file KILL is in the run directory; a lane may ask."""
        return self._kill_file.exists()

    # The life of a turn.

    def turn(self, messages: Sequence[object]) -> None:
        """React to each of *messages*, commit once, then carry out everything else."""
        began_ns = self.clock.mono_ns()
        self.turns += 1
        self._carry_out(list(self._reactions(messages)))
        self._longest_turn_ns = max(self._longest_turn_ns, self.clock.mono_ns() - began_ns)

    def take_longest_turn_ms(self) -> int:
        """Return how long the longest turn took since this was asked last."""
        longest_ns, self._longest_turn_ns = self._longest_turn_ns, 0
        return longest_ns // 1_000_000

    def live(self) -> None:
        """Run the loop in this thread. It ends with the process."""
        self._start_actor_loop()

    def on_start(self) -> None:
        """Open what the outlet has to open, then do what the role does first."""
        if self.outlet is not None:
            self.outlet.open()
        self._carry_out([(call, None) for call in self.ahead()])
        self._carry_out([(effect, None) for effect in self.started()])

    def on_receive(self, message: Any) -> None:
        """Live one turn; Pykka hands over what the inbox gathered for it."""
        self.turn(message)

    def _reactions(self, messages: Sequence[object]) -> Iterator[tuple[object, Trail | None]]:
        for message in messages:
            yield from self._urgent()
            yield from self._reaction(message)
        yield from self._urgent()

    def _urgent(self) -> Iterator[tuple[object, Trail | None]]:
        for heard in self.actor_inbox.take_control():
            yield from self._reaction(heard)

    def _reaction(self, message: object) -> Iterator[tuple[object, Trail | None]]:
        heard = message if isinstance(message, Heard) else Heard(message=message)
        message, trail = heard.message, heard.trail
        if isinstance(message, Called) and isinstance(message.trail, Trail):
            trail = message.trail
        self.route = heard.route or NOWHERE
        effects = self._told_to_stop(message) if isinstance(message, Stop) else self.react(message)
        for effect in effects:
            yield effect, trail

    def _told_to_stop(self, stop: Stop) -> Iterable[object]:
        if stop.reason in self._stopped_for:
            return ()
        self._stopped_for.add(stop.reason)
        return self.stopping(stop.reason)

    def _carry_out(self, effects: list[tuple[object, Trail | None]]) -> None:
        entries = [effect.entry for effect, _ in effects if isinstance(effect, Write)]
        if entries:
            self.pass_by(faults.BEFORE_COMMIT, entries)
            self.commit(entries)
            self.pass_by(faults.AFTER_COMMIT, entries)
        if self.outlet is None:
            return
        for effect, trail in effects:
            self._perform(self.outlet, effect, trail)
        self.pass_by(faults.TURN_OVER, entries)

    def _perform(self, outlet: Outlet, effect: object, trail: Trail | None) -> None:
        match effect:
            case Write():
                pass
            case Back():
                outlet.back(effect.route, effect.message, trail)
            case After():
                outlet.after(effect.delay_ms, effect.message)
            case Call():
                self.pass_by(faults.CALLING, (effect.request,))
                call = Call(effect.lane, effect.request, trail)
                if not outlet.call(call):
                    self.post(Called(call.lane, call.request, Raised(LaneFull()), trail))
            case Exit():
                outlet.exit(effect.code, effect.reason)
            case Struct():
                outlet.say(effect, trail)
            case _:
                raise InvariantBroken(f"not an effect: {effect!r}")

    # The end of a process. Pykka calls these where something raised.

    def _handle_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> NoReturn:
        error = exception_value or RuntimeError("failed without an exception")
        failures.end(self.log, error, tidy=self.ending)

    def _start_actor_loop(self) -> None:
        """Run the loop in the thread that calls: the process is the actor."""
        self._actor_loop()

    @staticmethod
    def _create_actor_inbox() -> Inbox:
        return Inbox()

    @staticmethod
    def _create_future() -> NoReturn:
        raise InvariantBroken("nothing is asked of an actor inside its process: say a message")


NOWHERE = Route(socket="", peer=b"")
