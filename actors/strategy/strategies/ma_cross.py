"""Hold while the fast mean is above the slow one. design 9, "One more strategy"

Means of the newest samples of the mid, one each interval; the fast one has to be above the slow one
by a margin to enter, and leaves as soon as it is not above it. Fewer samples: no opinion.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from actors.strategy.interface import Run, Seen, Target
from actors.strategy.samples import SAMPLES_MAX, Samples
from actors.strategy.wanting import more
from messages.money import ZERO, Amount

MA_CROSS_UP = "MA_CROSS_UP"
MA_CROSS_DOWN = "MA_CROSS_DOWN"
GAPS_MAX = 2  # the slow mean may reach back this many times its length, where samples are missing

Count = Annotated[int, Meta(ge=1, le=SAMPLES_MAX)]


class MaCrossRun(Run, frozen=True, kw_only=True, tag="ma_cross"):
    """The numbers of one moving-average cross."""

    order_try: Amount = Amount(400)
    fast: Count = 20  # samples
    slow: Count = 60
    sample_s: Annotated[int, Meta(ge=1, le=3_600)] = 60  # one sample
    above_bps: Annotated[int, Meta(ge=0, le=10_000)] = 10  # of the slow mean, to enter

    def __post_init__(self) -> None:
        if self.order_try < 0:
            raise ValueError("order_try must be an amount of at least 0")
        if self.fast >= self.slow:
            raise ValueError(f"fast must be less than slow ({self.slow}), not {self.fast}")

    @property
    def warmup_s(self) -> int:
        return self.slow * self.sample_s

    @property
    def step_s(self) -> int:
        return self.sample_s


class MaCross:
    """Remembers the mids of the slow mean, instrument by instrument."""

    def __init__(self, own: MaCrossRun) -> None:
        self._own = own
        self._mids: dict[str, Samples] = {}

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        own, every_ms = self._own, self._own.sample_s * 1_000
        targets = {}
        for name, one in seen.items():
            mids = self._mids.setdefault(
                name,
                Samples(every_ms=every_ms, window_ms=GAPS_MAX * own.slow * every_ms, most=own.slow),
            )
            mids.take(now_ms, one.mark)
            target = self._target(one, mids.newest(own.slow), cash)
            if target is not None:
                targets[name] = target
        return targets

    def _target(self, one: Seen, mids: list[Decimal], cash: Decimal) -> Target | None:
        own = self._own
        if len(mids) < own.slow:
            return None
        # fast mean against slow mean, both multiplied by fast × slow
        fast = sum(mids[-own.fast :], ZERO) * own.slow
        slow = sum(mids, ZERO) * own.fast
        if one.flat:
            crossed = fast > slow and (fast - slow) * 10_000 >= own.above_bps * slow
            if not crossed or one.buying > 0:
                return None
            return more(one, min(own.order_try, cash), MA_CROSS_UP)
        return Target(quantity=ZERO, reason=MA_CROSS_DOWN) if fast <= slow else None
