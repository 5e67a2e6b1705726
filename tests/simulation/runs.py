"""Worlds one after the other: from a seed, or a saved plan, to what came of it."""

import gc
import time
import traceback

from msgspec import Struct

from tests.simulation import rest
from tests.simulation.checks import Watch
from tests.simulation.plans import Plan, plan_for
from tests.simulation.world import World


class Result(Struct, frozen=True, kw_only=True):
    """What one world came to. *seconds* is CPU time."""

    seed: int
    seconds: float
    virtual_s: float
    events: int
    orders: int
    fills: int
    kills: int
    cuts: int
    points: dict[str, int]  # crash points at which a process was killed
    violations: list[str]
    trace: str


def run_seed(seed: int) -> Result:
    """Return what the world of *seed* came to."""
    return run_plan(plan_for(seed))


def run_plan(plan: Plan, log: object = None, *, first_only: bool = False) -> Result:
    """Return what *plan* came to; with *first_only* it ends at the first violation."""
    began = time.process_time()
    collects = gc.isenabled()
    gc.disable()  # a world is soon over; looking for its garbage meanwhile is a fifth of the time
    world = World(plan, log)
    watch = Watch(world, first_only=first_only)
    try:
        _live(world, watch)
        return _result(world, watch, time.process_time() - began)
    finally:
        world.close()
        if collects:
            gc.enable()


def _live(world: World, watch: Watch) -> None:
    try:
        world.run()
        if not world.schedule.stopped:
            for name, what in rest.look(world):
                watch.broken(name, what)
    except Exception:  # noqa: BLE001
        watch.broken("RAISED", traceback.format_exc(limit=-8))


def _result(world: World, watch: Watch, seconds: float) -> Result:
    nodes = world.nodes.values()
    points: dict[str, int] = {}
    for node in nodes:
        for name, times in node.fell.items():
            points[name] = points.get(name, 0) + times
    return Result(
        seed=world.plan.seed,
        seconds=seconds,
        virtual_s=world.schedule.now_ns / 1e9,
        events=world.schedule.done,
        orders=len(world.venue.accepted),
        fills=world.venue.filled,
        kills=sum(node.kills for node in nodes),
        cuts=world.nemesis.cuts,
        points=points,
        violations=list(watch.violations),
        trace=world.trace.hexdigest(),
    )
