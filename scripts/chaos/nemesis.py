"""Does to a desk what the plan says, and keeps account of what was really done.

What lasts is ended when its time is over, also when somebody else was met meanwhile. A deed that
meets nobody, since its victim is just being replaced, is tried again for a moment and then skipped.
"""

import heapq
import itertools
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from actors import topology
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable
from actors.runtime.failures import WATCHDOG
from messages.control import Kill, Reply, Resume, SetLevel
from messages.state import Level, Scope
from scripts.chaos.checker import Silence
from scripts.chaos.desks import STREAM, Desk
from scripts.chaos.plan import FORKSERVER, SUPERVISOR, Action, Deed, said
from scripts.chaos.relays import Weather
from scripts.chaos.troubles import ENDED, KEY_REFUSED, TROUBLES
from scripts.pace import Pace

EXECUTOR, GUARDS = "executor.control", ("risk_gate.control", "supervisor.control")
FIND_WITHIN_MS = 1_500
KILL_WITHIN_MS = 30_000
# An executor that was restarted many times in a minute has asked the venue too much and is shut
# out for a minute; nothing can be compared, so nothing resumed, before that is over.
RESUME_WITHIN_MS = 180_000
AGAIN_MS = 100
PARTED_MS = 300
ASKED_AGAIN_MS = 5_000  # that a halt be taken back


class Killed(Struct, frozen=True):
    """One process that was sent SIGKILL."""

    role: str
    pid: int
    at_ms: int  # wall


class Nemesis:
    """Carries out one plan on one desk. *tell* hears each deed in words."""

    def __init__(
        self, desk: Desk, tell: Callable[[str], None], *, watch: Callable[[], None] = lambda: None
    ) -> None:
        self.kills: list[Killed] = []
        self.silences: list[Silence] = []
        self.done: Counter[str] = Counter()
        self.weathers: Counter[str] = Counter()
        self.troubles: list[str] = []  # of the desk: what it did not do that it must
        self._desk, self._tell, self._watch = desk, tell, watch
        self._froze = False  # forkserver or supervisor was stopped since the last start
        self._clock, self._pace = SystemClock(), Pace(AGAIN_MS)
        self._ends: list[tuple[int, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def carry_out(self, plan: Sequence[Action]) -> None:
        """Do everything in *plan*, then end what still lasts."""
        began_ms = self._clock.mono_ms()
        for action in plan:
            self._rest_until(began_ms + action.at_ms)
            self._revive()
            self._tell(said(action))
            self._do(action)
            self._watch()
        while self._ends:
            self._rest_until(self._ends[0][0])
        self.heal()

    def heal(self) -> None:
        """Let nothing be wrong any more but what has to be repaired."""
        self._desk.relays.heal()
        self._revive()
        until_ms = self._clock.mono_ms() + KILL_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            if self._desk.fault(**ENDED):
                return
            self._pace.rest(AGAIN_MS / 1_000)
        self.troubles.append("the exchange did not come back")

    def _do(self, action: Action) -> None:
        desk, lasts_ms = self._desk, action.lasts_ms
        match action.deed:
            case Deed.KILL:
                self._kill(action.target)
            case Deed.KILL_ALL:
                for role in topology.ROLES:
                    self._kill(role, patient=False)
            case Deed.STOP:
                self._stop(action.target, lasts_ms)
            case Deed.LINK:
                desk.relays.turn(action.target, action.weather)
                self.weathers[action.weather] += 1
                self._later(lasts_ms, partial(desk.relays.turn, action.target, Weather.FAIR))
            case Deed.OUTCOMES:
                fault = {"kind": action.target, "count": action.count, "delay_ms": lasts_ms}
                self.done[action.deed] += desk.fault(post_order_outcome=[fault])
            case Deed.HIDE_FILLS:
                self.done[action.deed] += desk.fault(hide_fills_ms=lasts_ms)
                self._later(2 * lasts_ms, partial(desk.fault, hide_fills_ms=0))
            case Deed.SILENT_STREAM:
                self.done[action.deed] += desk.fault(silent_ws=True)
                self._later(lasts_ms, partial(desk.fault, silent_ws=False))
            case Deed.FULL_DISK:
                self._fill_the_disk()
            case Deed.DRILL:
                self.drill(lasts_ms)
            case Deed.TROUBLE:
                self._trouble(action.target, lasts_ms)

    def _kill(self, role: str, *, patient: bool = True) -> None:
        pid = self._find(role) if patient else self._desk.pids().get(role)
        if pid is None or not signalled(pid, signal.SIGKILL):
            self.done["MISSED"] += 1
            return
        self.kills.append(Killed(role, pid, self._clock.wall_ms()))
        if role == SUPERVISOR:
            self._revive()

    def _stop(self, role: str, lasts_ms: int) -> None:
        pid = self._find(role)
        if pid is not None and signalled(pid, signal.SIGSTOP):
            self.done[Deed.STOP] += 1
            self._froze = self._froze or role in (FORKSERVER, SUPERVISOR)
            self._later(lasts_ms, partial(signalled, pid, signal.SIGCONT))

    def _trouble(self, name: str, lasts_ms: int) -> None:
        trouble = TROUBLES[name]
        self.done[name] += self._desk.fault(**trouble.on)
        if trouble.off:
            self._later(lasts_ms, partial(self._desk.fault, **trouble.off))
        if trouble.parts:
            self._desk.relays.turn(STREAM, Weather.CUT)
            self._later(PARTED_MS, partial(self._desk.relays.turn, STREAM, Weather.FAIR))
        if name in KEY_REFUSED:
            until_ms = self._clock.mono_ms() + RESUME_WITHIN_MS
            self._later(ASKED_AGAIN_MS, partial(self._take_back, until_ms))

    def _take_back(self, until_ms: int) -> None:
        """Take back a halt of the desk, as a person would once the books are compared again."""
        wish = SetLevel(
            scope=Scope.DESK, name="", source="operator", level=Level.ACTIVE, reason="chaos"
        )
        reply = self._say(EXECUTOR, wish)
        if reply is not None and reply.ok:
            return
        if self._clock.mono_ms() >= until_ms:
            self.troubles.append(f"a halt could not be taken back: {reply}")
            return
        self._later(ASKED_AGAIN_MS, partial(self._take_back, until_ms))

    def _fill_the_disk(self) -> None:
        """No file of the executor takes one more byte, its log included."""
        pid = self._find("executor")
        if pid is None:
            return
        try:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        except ProcessLookupError:
            return
        self.done[Deed.FULL_DISK] += 1

    def drill(self, lasts_ms: int) -> None:
        """Kill by command, let *lasts_ms* go by, resume. In between nothing may arrive."""
        reply = self._said(EXECUTOR, lambda: Kill(reason="chaos"), KILL_WITHIN_MS)
        if reply is None:
            self.troubles.append("a kill was not answered")
            return
        from_ms = self._clock.wall_ms()
        for guard in GUARDS:
            self._say(guard, Kill(reason="chaos"))
        self._rest_until(self._clock.mono_ms() + lasts_ms)
        until_ms = self.resume()
        if until_ms is None:
            self.troubles.append("the desk could not be resumed")
            until_ms = self._clock.wall_ms()
        names = frozenset((*reply.report["in_flight"], *reply.report["unknown"]))
        self.silences.append(Silence(from_ms=from_ms, until_ms=until_ms, on_its_way=names))
        self.done[Deed.DRILL] += 1

    def resume(self) -> int | None:
        """Lift the latch; return the wall time of the first confirmation, None when it stays."""
        first_ms = None
        until_ms = self._clock.mono_ms() + RESUME_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            self._rest_until(self._clock.mono_ms() + AGAIN_MS)
            self._revive()
            reply = self._say(EXECUTOR, Resume())
            if reply is not None and reply.code == "NOT_LATCHED" and first_ms is not None:
                return self._lifted(first_ms)  # the confirmation was heard, its answer was not
            if reply is not None and reply.code == "CONFIRM":
                first_ms = first_ms or self._clock.wall_ms()
                done = self._say(EXECUTOR, Resume(code=str(reply.report["confirm"])))
                if done is not None and done.ok:
                    return self._lifted(first_ms)
        return None

    def _lifted(self, first_ms: int) -> int:
        for guard in GUARDS:
            self._said(guard, Resume, KILL_WITHIN_MS)
        return first_ms

    def _said(self, socket: str, message: Callable[[], object], within_ms: int) -> Reply | None:
        """Return the first yes to *message*, said again until then."""
        until_ms = self._clock.mono_ms() + within_ms
        while self._clock.mono_ms() < until_ms:
            self._revive()
            reply = self._say(socket, message())
            if reply is not None and reply.ok:
                return reply
            self._rest_until(self._clock.mono_ms() + AGAIN_MS)
        return None

    def _say(self, socket: str, message: object) -> Reply | None:
        try:
            return self._desk.ask(socket, message, within_s=1.0)
        except Unreachable:
            return None

    def _find(self, role: str) -> int | None:
        until_ms = self._clock.mono_ms() + FIND_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            pid = self._desk.pids().get(role)
            if pid is not None and (not self.kills or self.kills[-1].pid != pid):
                return pid
            self._pace.rest(AGAIN_MS / 1_000)
        return None

    def _revive(self) -> None:
        code = self._desk.ended()
        if code is None:
            return
        # A stopped forkserver cannot answer: the supervisor's own watchdog ends it, by design.
        expected = (-signal.SIGKILL, WATCHDOG) if self._froze else (-signal.SIGKILL,)
        if code not in expected:
            self.troubles.append(f"the supervisor ended by itself with {code}")
        self._froze = False
        self._desk.start()

    def _later(self, in_ms: int, what: Callable[[], object]) -> None:
        heapq.heappush(self._ends, (self._clock.mono_ms() + in_ms, next(self._numbers), what))

    def _rest_until(self, due_ms: int) -> None:
        while True:
            now = self._clock.mono_ms()
            while self._ends and self._ends[0][0] <= now:
                heapq.heappop(self._ends)[2]()
            if now >= due_ms:
                return
            next_ms = min(due_ms, self._ends[0][0]) if self._ends else due_ms
            self._pace.rest((next_ms - now) / 1_000)


def signalled(pid: int, number: signal.Signals) -> bool:
    """Send a signal; return False when the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
