"""What a mutant is, and how it is put into this process and taken back.

Nothing of it is in the product. *caught_by* names the invariants of which one is the first to
break; in which world it does is measured by `caught.py`. Where chance brings the occasion too
rarely, the world is given it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.bugs import Make
from tests.simulation.plans import Plan, plan_for
from tests.simulation.venue import VenueFaults


class World(Struct, frozen=True, kw_only=True):
    """What a world is given in place of its own faults; None: its own."""

    faults: tuple[Any, ...] | None = None
    venue: VenueFaults | None = None
    ending: str | None = None
    twice: bool = False


class Mutant(Struct, frozen=True, kw_only=True):
    """One bug. *patches* are (where, what): the dotted name of what is replaced, and by what."""

    name: str
    caught_by: tuple[str, ...]
    patches: tuple[tuple[str, Make], ...]
    world: World = World()

    def plan(self, seed: int) -> Plan:
        """Return the world of *seed*, with what the mutant gives it."""
        plan, given = plan_for(seed), self.world
        faults = plan.faults if given.faults is None else given.faults
        ending = given.ending or plan.ending
        twice = given.twice or plan.twice
        venue = given.venue or plan.venue
        return replace(plan, faults=faults, venue=venue, ending=ending, twice=twice)


ITS_OWN = World()


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """Let the product have the bug meanwhile."""
    with ExitStack() as stack:
        for where, make in mutant.patches:
            stack.enter_context(patch(where, make(_found(where))))
        yield


def _found(where: str) -> Any:
    """Return what the dotted name *where* means now. Raises LookupError, AttributeError."""
    parts = where.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            found = getattr(found, name)
        return found
    raise LookupError(where)
