"""All that a strategy is: what it may see, and what it answers.

A strategy is asked for what it wants to hold in the end, per instrument. Saying it twice changes
nothing; an instrument it does not name is left as it is. What it remembers are its attributes: they
are rebuilt at start by asking it about the quotes of the past and throwing the answers away.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from messages.instrument import Instrument
from messages.targets import Target


class Seen(Struct, frozen=True, kw_only=True):
    """One fresh instrument at one instant: all a strategy may know of it.

    *position* is the strategy's own, in base; *buying* and *selling* are what its alive orders may
    still trade; *cost* is the average cost of the position in quote, None when unknown or flat.
    """

    rules: Instrument
    bid: Decimal
    ask: Decimal
    position: Decimal
    buying: Decimal
    selling: Decimal
    cost: Decimal | None

    @property
    def mark(self) -> Decimal:
        """The middle of bid and ask."""
        return (self.bid + self.ask) / 2

    @property
    def is_flat(self) -> bool:
        """Whether the position is too small to be sold."""
        return self.position * self.mark < self.rules.notional_min


class Strategy(Protocol):
    """What the strategy actor asks. Arithmetic has 28 digits here and raises nothing."""

    def decide(
        self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]
    ) -> Mapping[str, Target]: ...


def bought(one: Seen, notional: Decimal, reason: str) -> Target:
    """Return the target that adds what *notional* buys at the mark."""
    more = one.rules.quantity_for(notional, one.mark)
    return Target(quantity=one.position + more, reason=reason)


def sold(one: Seen, notional: Decimal, reason: str) -> Target:
    """Return the target that sells what is worth *notional* at the mark, at most all of it."""
    less = one.rules.quantity_for(notional, one.mark)
    return Target(quantity=max(Decimal(0), one.position - less), reason=reason)
