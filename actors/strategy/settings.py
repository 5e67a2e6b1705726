"""Which strategies run, with which numbers, and how often they are asked."""

from typing import Annotated

from msgspec import Meta, Struct

from actors.strategy.strategies.registry import Run

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[strategy]`, with one `[[strategy.run]]` for each strategy, in order of precedence."""

    run: Annotated[tuple[Run, ...], Meta(min_length=1, max_length=32)]
    decide_every_ms: Milliseconds = 1_000
    decide_max_ms: Milliseconds = 1_000  # one that takes longer is contained
    repeat_ms: Milliseconds = 1_000
    quote_age_max_ms: Milliseconds = 5_000
    state_age_max_ms: Milliseconds = 3_000
    warmup_s: Annotated[int, Meta(ge=0, le=86_400)] = 3_600
    warmup_step_ms: Milliseconds = 1_000
    warmup_wait_ms: Milliseconds = 2_000  # for a page; then it is asked for again
    warmup_asks_max: Annotated[int, Meta(ge=1, le=100)] = 5  # then it starts cold

    def __post_init__(self) -> None:
        names = [one.name for one in self.run]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"run has the name {twice[0]} twice: positions are kept by name")
