"""Follow the faster of two moving averages: in when it is above the slower one, out when not."""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from actors.strategy.interface import Seen, bought
from messages.money import Amount
from messages.targets import Target

BPS_OF_ONE = 10_000
SAMPLES_MAX = 2_000


class MaCross(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="ma_cross",
):
    """`kind = "ma_cross"`: one run of it."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_]{1,32}$")] = "ma_cross"
    instruments: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    order_try: Amount = Amount(400)
    fast: Annotated[int, Meta(ge=1, le=SAMPLES_MAX)] = 20  # samples in the faster mean
    slow: Annotated[int, Meta(ge=2, le=SAMPLES_MAX)] = 60
    sample_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    above_bps: Annotated[int, Meta(ge=0, le=5_000)] = 10  # how far above before it is believed

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast must be less than slow = {self.slow}, not {self.fast}")


class Strategy:
    """One run. Its memory: the last `slow` sampled mids per instrument."""

    def __init__(self, run: MaCross) -> None:
        self._run = run
        self._samples: dict[str, deque[Decimal]] = {}
        self._sampled_ms: dict[str, int] = {}

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        """Return a target where the averages say so."""
        targets: dict[str, Target] = {}
        for name, one in seen.items():
            self._sample(name, now_ms, one.mark)
            if target := self._wanted(one, self._samples[name], cash):
                targets[name] = target
        return targets

    def _wanted(self, one: Seen, samples: deque[Decimal], cash: Decimal) -> Target | None:
        run = self._run
        if len(samples) < run.slow:
            return None
        fast = sum(islice(samples, run.slow - run.fast, None), Decimal(0)) / run.fast
        slow = sum(samples, Decimal(0)) / run.slow
        if one.is_flat and (fast - slow) * BPS_OF_ONE >= run.above_bps * slow:
            return bought(one, min(run.order_try, cash), "MA_CROSS_UP")
        if fast <= slow and one.position > 0:
            return Target(quantity=Decimal(0), reason="MA_CROSS_DOWN")
        return None

    def _sample(self, name: str, now_ms: int, mid: Decimal) -> None:
        samples = self._samples.setdefault(name, deque(maxlen=self._run.slow))
        last = self._sampled_ms.get(name)
        if last is None or now_ms - last >= self._run.sample_s * 1_000:
            samples.append(mid)
            self._sampled_ms[name] = now_ms
