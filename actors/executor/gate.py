"""May this order's first byte leave now? Asked in the lane, under the lock, for each single order.

The gate is a value; who changes it takes the lock, so that once it is shut and the lock released no
send begins any more. All times are monotonic milliseconds of this process.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from messages.orders import Side
from messages.state import Level, Scope, strictest

MAY_SEND: dict[Level, tuple[Side, ...]] = {
    Level.ACTIVE: (Side.BUY, Side.SELL),
    Level.REDUCE_ONLY: (Side.SELL,),  # spot: only a sell reduces
    Level.PAUSED: (),
    Level.HALTED: (),
}


class Gate(Struct, frozen=True, kw_only=True):
    """Everything a send depends on but the order and the time. As it is made, it is shut."""

    ready: bool = False  # reconciled since the start and since the last silence
    latched: bool = True
    stopping: bool = False
    not_armed: str | None = None  # the arming gate that is shut
    dry_run: bool = False
    permit_until_ms: int = -1
    throttled_until_ms: int = -1  # the venue wants no order before
    levels: Mapping[tuple[Scope, str], Level] = {}  # strictest per scope and name


class Overheard:
    """Kills that were heard as they arrived and that no turn has taken up yet.

    One thread adds, another takes up, each its own number: who asks sees either at once, whoever
    holds the lock.
    """

    def __init__(self) -> None:
        self._heard = self._taken_up = 0

    def add(self) -> None:
        """Shut every gate from now on."""
        self._heard += 1

    def take_up(self) -> None:
        """Let go of one: a turn has written it down. One that nobody overheard is none less."""
        self._taken_up = min(self._heard, self._taken_up + 1)

    def shuts(self, gate: Gate) -> Gate:
        """Return what *gate* is meanwhile."""
        return Gate() if self._heard > self._taken_up else gate


class Sending(Protocol):
    """What the gate must know of an order."""

    @property
    def strategy(self) -> str: ...
    @property
    def instrument(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def expires_ms(self) -> int: ...


def may_send(gate: Gate, order: Sending, now_ms: int, *, kill_file: bool) -> str | None:
    """Return why *order* must not leave, as a code; None: it may."""
    if gate.latched or kill_file:
        return "KILLED"
    if gate.stopping:
        return "STOPPING"
    if not gate.ready:
        return "NOT_RECONCILED"
    if order.side not in MAY_SEND[level_of(gate, order.strategy, order.instrument)]:
        return "LEVEL"
    if now_ms >= gate.permit_until_ms:
        return "NO_PERMIT"
    if now_ms < gate.throttled_until_ms:
        return "THROTTLED"
    if now_ms >= order.expires_ms:
        return "LATE"
    if gate.not_armed is not None:
        return f"NOT_ARMED:{gate.not_armed}"
    if gate.dry_run:
        return "DRY_RUN"
    return None


def level_of(gate: Gate, strategy: str, instrument: str) -> Level:
    """Return the strictest level that touches an order."""
    return strictest(
        gate.levels.get((Scope.DESK, ""), Level.ACTIVE),
        gate.levels.get((Scope.STRATEGY, strategy), Level.ACTIVE),
        gate.levels.get((Scope.INSTRUMENT, instrument), Level.ACTIVE),
    )
