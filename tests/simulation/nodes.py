"""One simulated process: the real actor class, with a mailbox, timers and lanes in virtual time.

It can be killed between any two effects, stopped and continued. What it says goes over links; what
it calls goes to the world's venue.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from actors import topology
from actors.runtime.actor import Actor
from actors.runtime.effects import Call, Called, Route
from actors.runtime.wire import Heard, Trail, topic
from actors.topology import Pattern
from tests.simulation import crash_points
from tests.simulation.schedule import Schedule

TURN_NS = 30_000  # from a message's arrival to the turn that takes it
TURN_TAKES_NS = 60_000  # how long a turn keeps the process busy
MAILBOX_MAX = 20_000
DIED = 70


class Crashed(BaseException):
    """The process was killed here."""


class Ended(Exception):
    """The process left by itself, with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class Node:
    """A place where one role's process runs, is killed and started again."""

    def __init__(
        self,
        role: str,
        schedule: Schedule,
        *,
        make: Callable[["Node"], Actor],
        carry: Callable[["Node", str, str, object, Trail | None], None],
        call: Callable[["Node", Call], bool],
        room: Callable[["Node", str], int],
        heard: Callable[["Node", object], None],
        ended: Callable[["Node", Ended | None], None],
    ) -> None:
        self.role = role
        self.schedule = schedule
        self.actor: Any = None
        self.incarnation = 0
        self.kills = 0
        self.frozen = False
        self.fuse: int | None = None  # how many more steps until it is killed
        self.doom = ""  # the crash point at which it is killed
        self.passed: Counter[str] = Counter()  # crash points
        self.fell: Counter[str] = Counter()
        self.retained: dict[str, tuple[str, object]] = {}
        self._make, self._carry, self._call, self._ended = make, carry, call, ended
        self._room, self._heard = room, heard
        self._mailbox: list[tuple[int, int, bool, Heard]] = []  # rank, arrival, of a feed?
        self._arrivals = 0
        self._turn_planned = False
        self._busy_until_ns = 0
        self._exit: Ended | None = None
        self._committing: Sequence[object] = ()

    @property
    def alive(self) -> bool:
        return self.actor is not None

    def start(self) -> None:
        """Begin a new process of this role."""
        self.incarnation += 1
        self.frozen = False
        self._exit = None
        self._guarded(self._begin)

    def kill(self) -> None:
        """End the process as SIGKILL does: nothing of it happens any more."""
        if self.alive:
            self.kills += 1
            self._gone()

    def deliver(self, socket: str, message: object, route: Route, trail: Trail | None) -> None:
        """Put what arrived on *socket* into the mailbox."""
        if self.actor is None:
            return
        rank, is_feed, kinds = _ways_in(self.role, socket)
        if type(message) in kinds:
            self._heard(self, message)
            self._put(rank, is_feed, Heard(message=message, route=route, trail=trail))

    def post(self, message: object) -> None:
        """Put what a timer, a lane or a stream brings into the mailbox."""
        self._put(-1, False, Heard(message=message))

    def freeze(self) -> None:
        self.frozen = True

    def thaw(self) -> None:
        self.frozen = False
        self._plan_turn()

    def waiting_for(self) -> str:
        return self.actor.waiting_for() if self.alive else "a process"

    def step(self) -> None:
        """Burn the fuse by one: a kill may come between any two effects."""
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                self.fuse = None
                raise Crashed

    def passing(self, point: str) -> None:
        """Take note of a crash point inside a turn; the process may end here."""
        self.passed[point] += 1
        if self.doom == point:
            self.doom = ""
            self.fell[point] += 1
            raise Crashed

    def inside_commit(self) -> None:
        """Take note that a transaction is open with all its rows in it."""
        for point in crash_points.of_commit(self._committing, crash_points.INSIDE):
            self.passing(point)

    def falls_at(self, point: str) -> bool:
        """Take note of a crash point outside turns; return whether the process ended here."""
        self.passed[point] += 1
        if not point or self.doom != point or not self.alive:
            return False
        self.doom = ""
        self.fell[point] += 1
        self.kill()
        self._ended(self, None)
        return True

    # What the actor sees as its outlet.

    def open(self) -> None:
        self.step()

    def say(self, message: object, trail: Trail | None) -> None:
        self.step()
        edge = topology.way_out(self.role, type(message))
        if edge is None:
            raise LookupError(f"{self.role} does not say {type(message).__name__}")
        if topology.SOCKETS[edge.socket].pattern is Pattern.FEED:
            self._publish(edge.socket, message, trail)
        else:
            to = edge.hears[0] if edge.back else topology.SOCKETS[edge.socket].binder
            self._carry(self, edge.socket, to, message, trail)
        if point := crash_points.of_word(message):
            self.passing(point)

    def back(self, route: Route, message: object, trail: Trail | None) -> None:
        self.step()
        self._carry(self, route.socket, route.peer.decode(), message, trail)
        if point := crash_points.of_word(message):
            self.passing(point)

    def after(self, delay_ms: int, message: object) -> None:
        self._mine(delay_ms * 1_000_000, partial(self.post, message))

    def call(self, call: Call) -> bool:
        self.step()
        return self._call(self, call)

    def room(self, lane: str) -> int:
        return self._room(self, lane)

    def exit(self, code: int, reason: str) -> None:
        self._exit = Ended(code, reason)

    # The rest is how a process of it lives.

    def answered(self, call: Call, result: object, delay_ns: int) -> None:
        """Bring the result of a lane's call, unless the process is another one by then."""
        self._mine(
            delay_ns, partial(self.post, Called(call.lane, call.request, result, call.trail))
        )

    def subscribed(self, hearer: str) -> None:
        """Say every retained state again to one who has just come."""
        for socket, message in self.retained.values():
            self._carry(self, socket, hearer, message, None)

    def _publish(self, socket: str, message: object, trail: Trail | None) -> None:
        self.retained[topic(message)] = (socket, message)
        for role in _hearers(socket, self.role, type(message)):
            self._carry(self, socket, role, message, trail)

    def _begin(self) -> None:
        actor = self._make(self)
        actor.outlet = self
        actor.post = self.post
        commit = actor.commit

        def committing(entries: Sequence[object]) -> None:
            self.step()
            for point in crash_points.of_commit(entries, crash_points.BEFORE):
                self.passing(point)
            self._committing = entries
            commit(entries)
            for point in crash_points.of_commit(entries, crash_points.AFTER):
                self.passing(point)
            self.step()

        actor.commit = committing
        self.actor = actor
        actor.on_start()

    def _put(self, rank: int, is_feed: bool, heard: Heard) -> None:
        if self.actor is None:
            return
        if len(self._mailbox) >= MAILBOX_MAX:
            raise OverflowError(f"{self.role}: {MAILBOX_MAX} messages wait")
        self._arrivals += 1
        self._mailbox.append((rank, self._arrivals, is_feed, heard))
        if not self._turn_planned:
            self._plan_turn()

    def _plan_turn(self) -> None:
        if self._turn_planned or self.frozen or not self.alive or not self._mailbox:
            return
        self._turn_planned = True
        starts = max(self.schedule.now_ns + TURN_NS, self._busy_until_ns)
        self._mine(starts - self.schedule.now_ns, self._turn)

    def _turn(self) -> None:
        self._turn_planned = False
        if self.frozen:
            return
        heard, self._mailbox = _in_order(self._mailbox), []
        self._busy_until_ns = self.schedule.now_ns + TURN_TAKES_NS
        self._guarded(self.actor.turn, heard)
        if self._mailbox:
            self._plan_turn()

    def _guarded(self, run: Callable[..., None], *given: object) -> None:
        try:
            run(*given)
        except Crashed:
            self.kills += 1
            self._gone()
            self._ended(self, None)
            return
        except Exception as error:  # noqa: BLE001
            # What nobody named ends the process; it comes back.
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"
            self._exit = Ended(DIED, said)
        if self._exit is not None:
            ended, self._exit = self._exit, None
            self._gone()
            self._ended(self, ended)

    def _gone(self) -> None:
        actor, self.actor = self.actor, None
        self.incarnation += 1
        self._mailbox = []
        self._turn_planned = False
        self.retained = {}
        abandon = getattr(actor, "abandon", None)
        if abandon is not None:
            abandon()

    def _mine(self, delay_ns: int, happening: Callable[[], None]) -> None:
        """Plan something that dies with this process."""
        self.schedule.after(delay_ns, partial(self._still, self.incarnation, happening))

    def _still(self, incarnation: int, happening: Callable[[], None]) -> None:
        if self.incarnation == incarnation and self.actor is not None:
            happening()


def _in_order(mailbox: list[tuple[int, int, bool, Heard]]) -> list[Heard]:
    """Return what one turn takes, by rank: of a feed the newest of each topic alone."""
    if len(mailbox) == 1:
        return [mailbox[0][3]]
    taken = [
        (at, topic(heard.message) if is_feed else None, heard)
        for _, at, is_feed, heard in sorted(mailbox, key=lambda one: one[:2])
    ]
    newest = {name: at for at, name, _ in taken}
    return [heard for at, name, heard in taken if name is None or newest[name] == at]


@cache
def _ways_in(role: str, socket: str) -> tuple[int, bool, frozenset[type]]:
    """Return the rank of *socket*, whether it is a feed, and what *role* hears on it."""
    one = topology.SOCKETS[socket]
    return one.rank, one.pattern is Pattern.FEED, frozenset(topology.heard_by(role, socket))


@cache
def _hearers(socket: str, says: str, kind: type) -> tuple[str, ...]:
    """Return who hears a *kind* that *says* publishes on *socket*."""
    found = {
        role
        for edge in topology.EDGES
        if edge.socket == socket and edge.says == says and kind in edge.messages
        for role in edge.hears
    }
    return tuple(sorted(found))
