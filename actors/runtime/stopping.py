"""In which order does a desk stop, and how long is each allowed to take? Pure; monotonic ms.

One after the other: whoever comes next is told only when the one before is gone. Whoever overruns
its time is killed. In a hurry everybody has a second.
"""

from collections.abc import Mapping, Set

from msgspec import Struct
from msgspec.structs import replace

HURRY_MS = 1_000


class Stopping(Struct, frozen=True, kw_only=True):
    """An ordered stop under way. *bounds_ms* is in the order of stopping; *told* has its turn."""

    bounds_ms: tuple[tuple[str, int], ...]
    hurry: bool = False
    told: str | None = None
    since_ms: int = 0
    overrun: bool = False


class Tell(Struct, frozen=True):
    """Say to *name* that it is to end; *first* the first time."""

    name: str
    first: bool


class Overran(Struct, frozen=True):
    """The time of *name* is over: end it without asking."""

    name: str


class Stopped(Struct, frozen=True):
    """Everybody is gone."""


Said = Tell | Overran | Stopped


def begin(order: Mapping[str, int]) -> Stopping:
    """Return the stop of everybody in *order*, name -> longest time in ms."""
    return Stopping(bounds_ms=tuple(order.items()))


def advance(stop: Stopping, alive: Set[str], now_ms: int) -> tuple[Stopping, Said | None]:
    """Return the stop as it is now, given who is *alive*, and what to do."""
    turn = next((one for one in stop.bounds_ms if one[0] in alive), None)
    if turn is None:
        return stop, Stopped()
    name, bound_ms = turn
    if name != stop.told:
        return replace(stop, told=name, since_ms=now_ms, overrun=False), Tell(name, first=True)
    if now_ms - stop.since_ms < (min(bound_ms, HURRY_MS) if stop.hurry else bound_ms):
        return stop, Tell(name, first=False)
    if stop.overrun:
        return stop, None
    return replace(stop, overrun=True), Overran(name)
