"""One simulated desk from a seed: real actors, virtual time, everything that can go wrong.

A world is a pure function of its plan: the same plan gives the same trace. Faults end at a known
time; after that the desk has to come to rest, with books that equal the venue's.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from actors import topology
from actors.executor.venue_calls import SubmitOrder
from actors.runtime.effects import Call, Route
from actors.runtime.life import PARENT_GONE
from actors.runtime.wire import Trail
from actors.venues.simulated.events import Accepted
from messages.life import Stop
from messages.state import Level, Scope
from store.rows import Entry
from tests.simulation import cast, settings
from tests.simulation.disk import Disk
from tests.simulation.lanes import Lanes
from tests.simulation.links import Link
from tests.simulation.market import Market
from tests.simulation.nemesis import Nemesis
from tests.simulation.nodes import Ended, Node
from tests.simulation.person import NAME, Person
from tests.simulation.plans import Plan
from tests.simulation.schedule import Runaway, Schedule, VirtualClock
from tests.simulation.venue import ACCOUNT, Venue

SECOND = 1_000_000_000
START_NS = 40_000_000
RESTART_NS = 30_000_000
RECONNECT_NS = 60_000_000
LOOK_NS = 300_000_000
QUIET_LOOKS = 2
RESTING_LOOK_NS, RESTING_LOOKS = 10_000_000, 400  # until something rests
ROUND_NS = 15 * SECOND  # of cancels: a DELETE without effect is repeated ever more slowly
FAULTS_OVER_NS = 4 * SECOND  # nobody is killed any more: a start of the executor looks for itself
PLANTED_NS = 20 * SECOND  # all is audited again in that time, and what rests taken back
ENDS_MAX = 20  # processes that ended by themselves
STOPS = ("executor", "operator", "kill")
SHARED_MEMORY = Path("/dev/shm")


class Watching:
    """Who looks on while a world goes by. This one does not care."""

    def said(self, node: Node, message: object) -> None: ...
    def heard(self, node: Node, message: object) -> None: ...
    def deciding(self, entries: list[Entry]) -> None: ...
    def committed(self, entries: list[Entry]) -> None: ...
    def passed(self, request: SubmitOrder) -> None: ...
    def accepted(self, order: Accepted, stamp_ms: int) -> None: ...
    def silent_for_long(self) -> None: ...
    def planted_for_long(self) -> None: ...
    def began(self, node: Node) -> None: ...
    def died(self, node: Node, ended: Ended) -> None: ...


class World:
    """Everything of one desk. Raises what breaks in it."""

    def __init__(self, plan: Plan, log: object = None) -> None:
        self.plan = plan
        self.log = log or cast.Silent()
        self.rng = Random(plan.seed)
        self.schedule = Schedule()
        self.clock = VirtualClock(self.schedule)
        where = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
        self.run_dir = Path(tempfile.mkdtemp(prefix="btcbot-world-", dir=where))
        self.venue = Venue(self.schedule, Random(plan.seed + 1), plan.venue, settings.INSTRUMENTS)
        self.market = Market(self.schedule, self.venue)
        self.lanes = Lanes(self.schedule, Random(plan.seed + 2), self.venue)
        self.own = settings.executor_for(Random(plan.seed + 3), ending=plan.ending)
        self.disk = Disk(self.run_dir, Random(plan.seed + 4))
        self.person = Person(self.schedule, self._told, self.run_dir)
        self.links: dict[tuple[str, str, str], Link] = {}
        self.ended: list[tuple[str, Ended]] = []
        self.calmed = False
        self.dark = False  # without power: nothing starts
        self.silent = False  # everyone but the executor is dead for good
        self.planted = ""  # what was changed in the store behind the desk's back
        self.long_over = False  # what the world waits for at its end had its time
        self.trace = hashlib.blake2b(digest_size=16)
        self.watch: Watching = Watching()
        self.nodes = {
            role: Node(
                role,
                self.schedule,
                make=partial(cast.make, self),
                carry=self._carry,
                call=self._call,
                room=self.lanes.room,
                heard=self._heard,
                ended=self._ended,
            )
            for role in (*topology.ROLES, topology.SUPERVISOR)
        }
        self.nemesis = Nemesis(self)

    def run(self) -> None:
        """Live through the plan, then come to rest."""
        self.lanes.on_pass = self.watch.passed
        self.venue.on_accept = self.watch.accepted
        for node in self.nodes.values():
            self.schedule.after(self.rng.randrange(START_NS), partial(self.begin, node))
        self.nemesis.plan_all()
        self.schedule.run_until(self.plan.active_ms * 1_000_000)
        self.calm()
        ends_ns = (self.plan.active_ms + self.plan.rest_ms) * 1_000_000
        quiet = 0
        while quiet < QUIET_LOOKS and self.schedule.now_ns < ends_ns:
            self.schedule.run_until(self.schedule.now_ns + LOOK_NS)
            quiet = quiet + 1 if self.at_rest() else 0

    def at_rest(self) -> bool:
        """Return whether nothing is left to happen: no order anywhere, every fill booked."""
        executor = self.nodes["executor"].actor
        if executor is None or self.venue.exchange.history.open_orders(ACCOUNT):
            return False
        if executor._session.books.all_alive():
            return False
        if self.plan.ending in ("silent", "planted"):
            return self.long_over
        if self.plan.ending != "still":
            return self.person.clear_since_ns is not None and not executor.waiting_for()
        everyone = self.nodes.values()
        return self._is_flat() and not any(node.waiting_for() for node in everyone)

    def _is_flat(self) -> bool:
        """Return whether every wish is met, or can not be met: the desk has halted something."""
        session = self.nodes["executor"].actor._session
        if is_stopped(session):
            return True
        for row in session.books.positions.values():
            rules, mark = session.rules.get(row.instrument), session.marks.get(row.instrument)
            if rules is None or mark is None or row.position * mark.mid >= rules.notional_min:
                return False
        return True

    def calm(self) -> None:
        """End all faults, and all wishes; kill the desk where the plan ends with that."""
        self.calmed = self.plan.ending not in ("silent", "planted")  # else orders have to flow
        self.venue.quiet = self.lanes.quiet = True
        self.nemesis.end()
        if self.plan.ending == "killed":
            self.schedule.after(SECOND // 10, self.person.kill)
        elif self.plan.ending == "file":
            self.schedule.after(SECOND // 10, self.person.touch)
        elif self.plan.ending == "silent":
            self._fall_silent()
        elif self.plan.ending == "planted":
            self.schedule.after(FAULTS_OVER_NS, self._plant)

    def _fall_silent(self, looks: int = RESTING_LOOKS) -> None:
        """As soon as something rests, let everyone but the executor be dead for good.

        The market stands still from then on, so that only the executor ends what rests.
        """
        if looks and not self.venue.exchange.history.open_orders(ACCOUNT):
            self.schedule.after(RESTING_LOOK_NS, partial(self._fall_silent, looks - 1))
            return
        self.silent = self.venue.still = True
        for node in self.nodes.values():
            if node.role != "executor":
                node.kill()
        long_ns = self.own.silence_ms * 1_000_000 + ROUND_NS
        self.schedule.after(long_ns, partial(self._for_long, self.watch.silent_for_long))

    def _plant(self) -> None:
        """Change the store behind the desk's back; orders go on until somebody notices."""
        self.planted = self.disk.plant()
        self.schedule.after(PLANTED_NS, partial(self._for_long, self.watch.planted_for_long))

    def _for_long(self, look: Callable[[], None]) -> None:
        self.long_over = True
        look()

    def close(self) -> None:
        for node in self.nodes.values():
            node.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def note(self, *what: object) -> None:
        """Take something into the trace."""
        self.trace.update(f"{self.schedule.now_ns}{what}".encode())

    # what lives

    def begin(self, node: Node) -> None:
        if self.dark or (self.silent and node.role != "executor"):
            return
        node.start()
        if node.alive:
            self.watch.began(node)
        self.schedule.after(RECONNECT_NS, partial(self._connected, node))

    def restart(self, node: Node) -> None:
        for (_, sender, hearer), link in self.links.items():
            if node.role in (sender, hearer) and not link.cut:
                link.cut_off()
                link.mend()
        self.schedule.after(RESTART_NS, partial(self._again, node))

    def _again(self, node: Node) -> None:
        if not node.alive:
            self.begin(node)

    def _connected(self, node: Node) -> None:
        """Whoever publishes says his states again to one who has just subscribed, both ways."""
        for other in self.nodes.values():
            if other is not node and other.alive:
                other.subscribed(node.role)

    def _ended(self, node: Node, ended: Ended | None) -> None:
        if ended is not None:
            self.ended.append((node.role, ended))
            if ended.code:
                self.watch.died(node, ended)
            if len(self.ended) > ENDS_MAX:
                raise Runaway(f"{node.role} ends again and again: {ended}")
        self.restart(node)

    def orphan(self) -> None:
        """The supervisor is dead, five with it; the executor is told and leaves by itself."""
        for node in self.nodes.values():
            if node.role != "executor":
                node.kill()
                self.restart(node)
        executor = self.nodes["executor"]
        if executor.alive:
            executor.post(Stop(reason=PARENT_GONE))

    def lose_power(self) -> None:
        self.note("power")
        self.dark = True
        for node in self.nodes.values():
            node.kill()
        self.disk.lose_power()
        self.schedule.after(SECOND // 5, self._power)

    def _power(self) -> None:
        self.dark = False
        for node in self.nodes.values():
            self.restart(node)

    def deciding(self, entries: list[Entry]) -> None:
        self.watch.deciding(entries)

    def committed(self, entries: list[Entry]) -> None:
        writer = self.nodes["executor"].actor._writer
        self.note(writer.head.hash)
        self.watch.committed(entries)

    # what carries

    def link(self, socket: str, sender: str, hearer: str) -> Link:
        key = (socket, sender, hearer)
        found = self.links.get(key)
        if found is None:
            mark = topology.SOCKETS[socket].mark
            rng = Random(f"{self.plan.seed}{key}")
            found = Link(self.schedule, rng, mark=mark, twice=self.plan.twice)
            self.links[key] = found
        return found

    def _carry(
        self, node: Node, socket: str, to: str, message: object, trail: Trail | None
    ) -> None:
        self.watch.said(node, message)
        if to == NAME:
            self.person.hear(message, self.schedule.now_ns)
        hearer = self.nodes.get(to)
        if hearer is None:
            return  # somebody who has left
        self.note(node.role, to, type(message).__name__)
        link = self.links.get((socket, node.role, to)) or self.link(socket, node.role, to)
        link.send(partial(hearer.deliver, socket, message, _route(socket, node.role), trail))

    def _heard(self, node: Node, message: object) -> None:
        self.watch.heard(node, message)

    def _call(self, node: Node, call: Call) -> bool:
        self.note(node.role, type(call.request).__name__)
        return self.lanes.offer(node, call)

    def _told(self, role: str, command: object) -> None:
        """Bring a person's command."""
        node = self.nodes[role]
        if node.alive and not node.frozen:
            socket = f"{role}.control"
            node.deliver(socket, command, Route(socket=socket, peer=NAME.encode()), None)

    def set_level(self, scope: str, name: str, level: str) -> None:
        self.person.level(Scope(scope), name, Level(level))


@cache
def _route(socket: str, role: str) -> Route:
    return Route(socket=socket, peer=role.encode())


def is_stopped(session: Any) -> bool:
    """Return whether a level that does not fall by itself keeps wishes from being met."""
    rows = session.books.levels.values()
    return any(row.level is not Level.ACTIVE and row.source in STOPS for row in rows)
