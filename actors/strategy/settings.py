"""Which strategies run, on what, and how patient their actor is with them.

Durations are in the unit of their name. What a strategy itself reads stands beside its rule.
"""

from typing import Annotated

from msgspec import Meta, Struct

from actors.strategy.strategies.registry import AnyRun

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the strategy actor is told. *run* in file order: it is their order of precedence.

    `[[strategy.run]]` has *kind*, *name*, *instruments*, *enabled* and what that kind reads.
    """

    run: Annotated[tuple[AnyRun, ...], Meta(min_length=1, max_length=20)]
    decide_every_ms: Annotated[int, Meta(ge=0, le=600_000)] = 1_000  # at most, per strategy
    decide_max_ms: Milliseconds = 1_000  # one that takes longer is stopped
    repeat_ms: Milliseconds = 1_000  # targets are said again
    quote_age_max_ms: Milliseconds = 5_000  # an older quote is not shown
    state_age_max_ms: Milliseconds = 3_000  # nothing is decided on older states
    warmup_retry_ms: Milliseconds = 250
    warmup_wait_ms: Milliseconds = 5_000  # then it begins without a past

    def __post_init__(self) -> None:
        names = [one.name for one in self.run]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"run must have each name once, not twice {' '.join(twice)}")

    @property
    def enabled(self) -> tuple[AnyRun, ...]:
        """The runs that are switched on, in file order."""
        return tuple(one for one in self.run if one.enabled)
