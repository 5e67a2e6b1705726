"""What the runtime must know of who talks to whom. `actors/topology.py` is one that fits.

Named here as shapes, so that the runtime serves any set of roles and imports none.
"""

from collections.abc import Iterable, Set
from typing import Protocol

FEED = "FEED"
SOFT = "SOFT"
COMMAND = "COMMAND"
CONTROL = 0  # the rank of the sockets that are read before everything else


class Socket(Protocol):
    """One bound socket: its name, how it works, its place in the poll order, its mark."""

    @property
    def name(self) -> str: ...
    @property
    def pattern(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def mark(self) -> int: ...
    @property
    def binder(self) -> str: ...


class Edge(Protocol):
    """A way out: through which socket, to whom, and whether it is an answer."""

    @property
    def socket(self) -> str: ...
    @property
    def hears(self) -> tuple[str, ...]: ...
    @property
    def back(self) -> bool: ...


class Plumbing(Protocol):
    """Who binds, connects, hears and says what."""

    def bound_by(self, role: str, /) -> Iterable[Socket]: ...
    def connected_by(self, role: str, /) -> Iterable[Socket]: ...
    def heard_by(self, role: str, socket: str, /) -> Set[type]: ...
    def way_out(self, role: str, kind: type, /) -> Edge | None: ...
