"""Which trades would bring what we hold to what strategies want? Quantities in base asset."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.allocator.places import Place
from messages.money import ZERO
from messages.orders import Side
from messages.state import StrategyPosition
from messages.targets import Target, Targets


class Wish(Struct, frozen=True, kw_only=True):
    """One strategy's difference between target and what it has or has on its way."""

    strategy: str
    instrument: str
    target: Target
    targets_seq: int
    held: StrategyPosition
    signed: Decimal  # > 0: to buy, < 0: to sell

    @property
    def side(self) -> Side:
        return Side.BUY if self.signed > 0 else Side.SELL

    @property
    def quantity(self) -> Decimal:
        return abs(self.signed)


def wishes(
    heard: Iterable[Targets], places: Mapping[str, Place], *, strategies: Sequence[str]
) -> list[Wish]:
    """Return every wish: sells first, then strategies in file order, then as the strategy said.

    *strategies* are the names in file order; targets of anybody else, and targets for an instrument
    that has no place here, are no wishes.
    """
    by_name = {one.strategy: one for one in heard}
    spoken = [by_name[name] for name in strategies if name in by_name]
    found = [wish for one in spoken for wish in _of(one, places)]
    return sorted(found, key=_sells_first)


def _of(said: Targets, places: Mapping[str, Place]) -> list[Wish]:
    known = ((places[name], target) for name, target in said.targets.items() if name in places)
    wanted = (_wish(said, place, target) for place, target in known)
    return [wish for wish in wanted if wish.signed != 0]


def _wish(said: Targets, place: Place, target: Target) -> Wish:
    held = place.held(said.strategy)
    quantity = max(ZERO, target.quantity)  # nobody can hold less than nothing
    return Wish(
        strategy=said.strategy,
        instrument=place.instrument,
        target=target,
        targets_seq=said.seq,
        held=held,
        signed=quantity - (held.position + held.buying - held.selling),
    )


def _sells_first(wish: Wish) -> bool:
    return wish.side is Side.BUY
