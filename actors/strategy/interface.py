"""What a strategy is: a few fields, and one function from what is seen to what is wanted.

A strategy says what it wants to hold in the end, never what to trade; saying it twice changes
nothing. It gets the same values live, on paper and in a replay, and remembers in its attributes.
Quantities in base asset, prices quote per base, money in the quote asset, times ms UTC.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from messages.instrument import Instrument
from messages.money import Amount
from messages.targets import Target

__all__ = ["Instruments", "Name", "Run", "Seen", "Strategy", "Target"]

HALF = Decimal("0.5")
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
Instruments = Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]


class Run(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """One `[[strategy.run]]` of the configuration; a strategy adds its own numbers to it.

    *name* is what orders and books say; two runs of one kind have two names.
    """

    name: Name
    instruments: Instruments
    enabled: bool = True

    @property
    def warmup_s(self) -> int:
        """How many seconds of mids this strategy wants to see before it decides."""
        return 0

    @property
    def step_s(self) -> int:
        """How many seconds apart those mids may be."""
        return 60


class Seen(Struct, frozen=True, kw_only=True):
    """One fresh instrument at one instant: all a strategy may know of it."""

    rules: Instrument
    bid: Amount
    ask: Amount
    position: Amount  # this strategy's own
    buying: Amount  # what its alive orders may still buy
    selling: Amount
    cost: Amount | None = None  # average cost of the position per unit, None when unknown

    @property
    def mark(self) -> Decimal:
        """The middle of bid and ask: what a holding is valued at."""
        return (self.bid + self.ask) * HALF

    @property
    def flat(self) -> bool:
        """Whether the position is too small to be sold; dust is flat."""
        return self.position * self.mark < self.rules.notional_min


class Strategy(Protocol):
    """What the desk asks. It lives as long as its process and is asked by one thread."""

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        """Return what to hold, by instrument; one that is left out is no opinion.

        *cash* is the free money of the account. *seen* has the instruments that are fresh, never
        empty. In a warm-up it is asked about the past, with bid = ask = the mid of then, nothing
        held and no cash; what it returns then is dropped.
        """
