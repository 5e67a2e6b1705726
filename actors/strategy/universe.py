"""Which instruments may a strategy enter, and which only leave? decision-rules 5

The list is static, from the configuration. What the strategy still holds, or has an order on,
without being configured for it stays to be left until both are gone.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from messages.money import ZERO
from messages.state import InstrumentState


class Universe(Struct, frozen=True, kw_only=True):
    """The instruments of one strategy, by what may be done with them."""

    enter: tuple[str, ...]
    leave: tuple[str, ...]  # exit only

    @property
    def all(self) -> tuple[str, ...]:
        return self.enter + self.leave


def universe(
    configured: Sequence[str], states: Iterable[InstrumentState], strategy: str
) -> Universe:
    """Return the universe of *strategy*: *configured* and what *states* say that it still has."""
    has = [one.instrument for one in states if _has(one, strategy)]
    leave = tuple(sorted(name for name in has if name not in configured))
    return Universe(enter=tuple(configured), leave=leave)


def _has(state: InstrumentState, strategy: str) -> bool:
    own = state.by_strategy.get(strategy)
    return (own is not None and own.position > ZERO) or alive(state, strategy)


def alive(state: InstrumentState, strategy: str) -> bool:
    """Return whether *strategy* has an order that is not over."""
    return any(one.strategy == strategy for one in state.alive)
