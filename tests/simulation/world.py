"""One simulated desk from a seed: real actors, virtual time, everything that can go wrong.

A world is a pure function of its plan: the same plan gives the same trace. Faults end at a known
time; after that the desk has to come to rest, with books that equal the venue's.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import structlog
from msgspec import Struct

from actors import topology
from actors.allocator.actor import Allocator
from actors.executor.actor import Executor
from actors.risk_gate.actor import RiskGate
from actors.runtime.actor import Actor
from actors.runtime.effects import Call, Route
from actors.runtime.parts import Parts
from actors.runtime.wire import Trail
from actors.strategy.actor import StrategyActor
from actors.topology import Pattern
from messages.control import Kill
from messages.life import Permit
from messages.state import ExecutorStatus
from store.identity import Identity
from store.rows import Entry
from tests.simulation import settings
from tests.simulation.lanes import Lanes
from tests.simulation.links import Link
from tests.simulation.nodes import Ended, Node
from tests.simulation.schedule import Schedule, VirtualClock
from tests.simulation.venue import ACCOUNT, Venue, VenueFaults

SECOND = 1_000_000_000
RESTART_NS = 30_000_000
RECONNECT_NS = 60_000_000
QUIET_LOOKS = 4  # half a second apart
IDENTITY = Identity(mode="sim", base_url="http://venue", key_hash="00")
SHARED_MEMORY = Path("/dev/shm")


class Plan(Struct, frozen=True, kw_only=True):
    """What one world goes through. Chances in percent, times in ms."""

    seed: int
    active_ms: int  # faults and orders until then
    rest_ms: int  # to come to rest
    kills: tuple["KillAt", ...] = ()
    cuts: tuple["CutAt", ...] = ()
    venue: VenueFaults = VenueFaults()


class KillAt(Struct, frozen=True, kw_only=True):
    """SIGKILL of a role: now, or *steps* effects later; or SIGSTOP for a while first."""

    at_ms: int
    role: str
    steps: int = 0
    stopped_ms: int = 0


class CutAt(Struct, frozen=True, kw_only=True):
    """A link goes wrong for a while: cut, stall or slow, one way."""

    at_ms: int
    lasts_ms: int
    socket: str
    sender: str
    hearer: str
    how: str


class World:
    """Everything of one desk. Raises what breaks in it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rng = Random(plan.seed)
        self.schedule = Schedule()
        self.clock = VirtualClock(self.schedule)
        where = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
        self.run_dir = Path(tempfile.mkdtemp(prefix="btcbot-world-", dir=where))
        self.venue = Venue(self.schedule, Random(plan.seed + 1), plan.venue, settings.INSTRUMENTS)
        self.lanes = Lanes(self.schedule, Random(plan.seed + 2), plan.venue)
        self.links: dict[tuple[str, str, str], Link] = {}
        self.ended: list[tuple[str, Ended]] = []
        self.restarts = 0
        self.trace = hashlib.blake2b(digest_size=16)
        self.on_commit: Callable[[list[Entry]], None] = lambda _: None
        self.own = settings.executor_for(Random(plan.seed + 3))
        self.nodes = {
            role: Node(
                role,
                self.schedule,
                make=self._make,
                carry=self._carry,
                call=self._call,
                ended=self._ended,
            )
            for role in (*topology.ROLES, topology.SUPERVISOR)
        }

    def run(self) -> None:
        """Live through the plan, then come to rest."""
        for node in self.nodes.values():
            self.schedule.after(self.rng.randrange(5_000_000), partial(self._begin, node))
        for kill in self.plan.kills:
            self.schedule.at(kill.at_ms * 1_000_000, partial(self._kill, kill))
        for cut in self.plan.cuts:
            self.schedule.at(cut.at_ms * 1_000_000, partial(self._cut, cut))
        self.schedule.run_until(self.plan.active_ms * 1_000_000)
        self.calm()
        ends_ns = (self.plan.active_ms + self.plan.rest_ms) * 1_000_000
        quiet = 0
        while quiet < QUIET_LOOKS and self.schedule.now_ns < ends_ns:
            self.schedule.run_until(self.schedule.now_ns + SECOND // 2)
            quiet = quiet + 1 if self.at_rest() else 0

    def at_rest(self) -> bool:
        """Return whether nothing is left to happen: no order anywhere, every fill booked."""
        executor = self.nodes["executor"].actor
        if executor is None or self.venue.exchange.history.open_orders(ACCOUNT):
            return False
        return not executor._session.books.all_alive()

    def stop_trading(self) -> None:
        """A person presses the kill switch, until it is heard."""
        node = self.nodes["executor"]
        route = Route(socket="executor.control", peer=b"person")
        if node.alive and not node.frozen:
            node.deliver("executor.control", Kill(reason="the end"), route, None)
        else:
            self.schedule.after(SECOND // 10, self.stop_trading)

    def calm(self) -> None:
        """End all faults."""
        self.venue.quiet = self.lanes.quiet = True
        for link in self.links.values():
            link.mend()
            link.flow()
            link.slow = False
        self.schedule.after(SECOND // 2, self.stop_trading)
        for node in self.nodes.values():
            node.fuse = None
            if node.frozen:
                node.thaw()

    def close(self) -> None:
        for node in self.nodes.values():
            node.kill()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def note(self, *what: object) -> None:
        """Take something into the trace."""
        self.trace.update(f"{self.schedule.now_ns}{what}".encode())

    # what makes processes

    def parts(self, node: Node) -> Parts:
        return Parts(
            role=node.role,
            run_id=f"run-{node.incarnation}",
            run_dir=self.run_dir,
            clock=self.clock,
            log=structlog.get_logger().bind(),
            rng=Random(f"{self.plan.seed}{node.role}{node.incarnation}"),
        )

    def _make(self, node: Node) -> Actor:
        parts = self.parts(node)
        match node.role:
            case "executor":
                return Recorded(
                    parts,
                    desk=settings.DESK,
                    own=self.own,
                    identity=IDENTITY,
                    client=lambda: self.venue,
                    stream=None,
                    committed=self.on_commit,
                )
            case "allocator":
                return Allocator(parts, desk=settings.DESK, own=settings.ALLOCATOR)
            case "risk_gate":
                return RiskGate(parts, desk=settings.DESK, own=settings.RISK_GATE)
            case "strategy":
                return StrategyActor(parts, desk=settings.DESK, own=settings.STRATEGY)
            case "supervisor":
                return Overseer(parts, self.nodes)
        raise LookupError(node.role)

    # what carries

    def link(self, socket: str, sender: str, hearer: str) -> Link:
        key = (socket, sender, hearer)
        found = self.links.get(key)
        if found is None:
            mark = topology.SOCKETS[socket].mark
            found = Link(self.schedule, Random(f"{self.plan.seed}{key}"), mark=mark)
            self.links[key] = found
        return found

    def _carry(
        self, node: Node, socket: str, to: str, message: object, trail: Trail | None
    ) -> None:
        hearer = self.nodes.get(to)
        if hearer is None:
            return  # a person who has left
        self.note(node.role, to, type(message).__name__)
        route = Route(socket=socket, peer=node.role.encode())
        self.link(socket, node.role, to).send(lambda: hearer.deliver(socket, message, route, trail))

    def _call(self, node: Node, call: Call) -> bool:
        self.note(node.role, type(call.request).__name__)
        return self.lanes.offer(node, call)

    # what goes wrong

    def _kill(self, kill: KillAt) -> None:
        node = self.nodes[kill.role]
        if not node.alive:
            return
        self.note("kill", kill.role)
        if kill.stopped_ms:
            node.freeze()
            self.schedule.after(kill.stopped_ms * 1_000_000, partial(self._dead, node))
        elif kill.steps:
            node.fuse = kill.steps
        else:
            self._dead(node)

    def _dead(self, node: Node) -> None:
        node.kill()
        self._restart(node)

    def _restart(self, node: Node) -> None:
        for (_, sender, hearer), link in self.links.items():
            if node.role in (sender, hearer) and not link.cut:
                link.cut_off()
                link.mend()
        self.schedule.after(RESTART_NS, partial(self._again, node))

    def _again(self, node: Node) -> None:
        if node.alive:
            return
        self.restarts += 1
        self._begin(node)

    def _begin(self, node: Node) -> None:
        node.start()
        self.schedule.after(RECONNECT_NS, partial(self._connected, node))

    def _connected(self, node: Node) -> None:
        """Whoever publishes says his states again to one who has just subscribed, both ways."""
        for other in self.nodes.values():
            if other is not node and other.alive:
                other.subscribed(node.role)

    def _ended(self, node: Node, ended: Ended | None) -> None:
        if ended is not None:
            self.ended.append((node.role, ended))
        self._restart(node)

    def _cut(self, cut: CutAt) -> None:
        link = self.link(cut.socket, cut.sender, cut.hearer)
        self.note("cut", cut.how)
        match cut.how:
            case "cut":
                link.cut_off()
            case "stall":
                link.stall()
            case "slow":
                link.slow = True
        self.schedule.after(cut.lasts_ms * 1_000_000, partial(self._mended, link, cut))

    def _mended(self, link: Link, cut: CutAt) -> None:
        link.mend()
        link.flow()
        link.slow = False
        sender = self.nodes[cut.sender]
        if topology.SOCKETS[cut.socket].pattern is Pattern.FEED and sender.alive:
            sender.subscribed(cut.hearer)


class Recorded(Executor):
    """The real executor. The checks see what it commits; a kill drops its store."""

    def __init__(self, parts: Parts, *, committed: Callable[[list[Entry]], None], **given) -> None:
        super().__init__(parts, **given)
        self._committed = committed

    def commit(self, entries: Sequence[Entry]) -> None:
        super().commit(entries)
        self._committed(list(entries))

    def abandon(self) -> None:
        """What the kernel does with a killed process: no last write, locks and files let go."""
        writer = getattr(self, "_writer", None)
        if writer is not None:
            writer._connection.rollback()
            writer._database.close()
            writer._lock.release()


class Overseer(Actor):
    """What the supervisor says to the executor: a permit while all are there and ready."""

    role = "supervisor"

    def __init__(self, parts: Parts, nodes: dict[str, Node]) -> None:
        super().__init__(parts)
        self._nodes = nodes

    def react(self, message: object) -> list[object]:
        if not isinstance(message, ExecutorStatus):
            return []
        if any(self._nodes[role].waiting_for() for role in topology.ROLES):
            return []
        return [Permit(nonce=message.nonce, issuer=self.role, kill_epoch=message.kill_epoch)]
