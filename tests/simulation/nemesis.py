"""What goes wrong in a world, and when: the faults of its plan, carried out."""

from collections.abc import Callable
from functools import partial
from typing import Any

from actors import topology
from actors.topology import Pattern
from tests.simulation.links import Link
from tests.simulation.nodes import Node
from tests.simulation.plans import (
    CutAt,
    Fault,
    FeedAt,
    KillAt,
    LevelAt,
    OrphanAt,
    PowerAt,
    PressAt,
    StepAt,
)

MS = 1_000_000


class Nemesis:
    """The faults of one world."""

    def __init__(self, world: Any) -> None:
        self.cuts = 0
        self._world = world
        self._lasting: list[Callable[[], None]] = []  # what ends faults that last

    def plan_all(self) -> None:
        """Plan every fault."""
        for fault in self._world.plan.faults:
            self._world.schedule.at(fault.at_ms * MS, partial(self._do, fault))

    def end(self) -> None:
        """End everything that still lasts."""
        lasting, self._lasting = self._lasting, []
        for end in lasting:
            end()
        for node in self._world.nodes.values():
            node.fuse, node.doom = None, ""
            if node.frozen:
                node.thaw()

    def _do(self, fault: Fault) -> None:
        world = self._world
        world.note(type(fault).__name__)
        match fault:
            case KillAt():
                self._kill(fault)
            case CutAt():
                self._cut(fault)
            case StepAt():
                world.clock.step_ms += fault.by_ms
            case PressAt():
                (world.person.touch if fault.by_file else world.person.kill)()
                self._later(fault.lasts_ms, world.person.resume)
            case LevelAt():
                world.set_level(fault.scope, fault.name, fault.level)
                back = partial(world.set_level, fault.scope, fault.name, "ACTIVE")
                self._later(fault.lasts_ms, back)
            case PowerAt():
                world.lose_power()
            case FeedAt():
                world.market.down()
                self._later(fault.lasts_ms, world.market.up)
            case OrphanAt():
                world.orphan()

    def _kill(self, kill: KillAt) -> None:
        node = self._world.nodes[kill.role]
        if not node.alive:
            return
        if kill.stopped_ms:
            node.freeze()
            after = node.thaw if kill.goes_on else partial(self._dead, node)
            self._world.schedule.after(kill.stopped_ms * MS, after)
        elif kill.point:
            node.doom = kill.point
        elif kill.steps:
            node.fuse = kill.steps
        else:
            self._dead(node)

    def _dead(self, node: Node) -> None:
        node.kill()
        self._world.restart(node)

    def _cut(self, cut: CutAt) -> None:
        self.cuts += 1
        link = self._world.link(cut.socket, cut.sender, cut.hearer)
        match cut.how:
            case "cut":
                link.cut_off()
            case "stall":
                link.stall()
            case "slow":
                link.slow = True
        self._later(cut.lasts_ms, partial(self._mended, link, cut))

    def _mended(self, link: Link, cut: CutAt) -> None:
        link.mend()
        link.flow()
        link.slow = False
        sender = self._world.nodes[cut.sender]
        if topology.SOCKETS[cut.socket].pattern is Pattern.FEED and sender.alive:
            sender.subscribed(cut.hearer)

    def _later(self, lasts_ms: int, end: Callable[[], None]) -> None:
        """Carry out *end* when its time has come, or when all faults end."""
        self._lasting.append(end)

        def ends() -> None:
            if end in self._lasting:
                self._lasting.remove(end)
                end()

        self._world.schedule.after(lasts_ms * MS, ends)
