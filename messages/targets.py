"""What strategies want to hold. Saying it twice changes nothing; no target is no opinion."""

from msgspec import Struct

from messages.money import Amount


class Target(Struct, frozen=True, kw_only=True):
    """What one strategy wants to hold of one instrument in the end.

    *quantity* is base asset, never negative. *price* is the worst price accepted; None: the
    allocator prices it.
    """

    quantity: Amount
    reason: str
    price: Amount | None = None


class Targets(Struct, frozen=True, kw_only=True):
    """All targets of one strategy, by instrument; whole, on change and every second."""

    strategy: str
    seq: int
    targets: dict[str, Target]
    contained: str | None  # why the strategy is stopped, None: it runs
    decided_ms: int


class AllocatorState(Struct, frozen=True, kw_only=True):
    """Age of the newest targets of each strategy, so that the gate can see a silent one."""

    targets_age_ms: dict[str, int]
    at_ms: int
