"""Buy what fell below its mean of the last while, sell what rose above it. decision-rules 6

The anchor is the mean of sampled mids before now, never the present one; without enough of them the
strategy only takes a first position. Distances are bps of the anchor, bounds included.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from actors.strategy.interface import Run, Seen, Target
from actors.strategy.samples import SAMPLES_MAX, Samples
from actors.strategy.wanting import less, more
from messages.money import ZERO, Amount

BOOTSTRAP_POSITION = "BOOTSTRAP_POSITION"
MEAN_REVERSION_BUY = "MEAN_REVERSION_BUY"
MEAN_REVERSION_SELL = "MEAN_REVERSION_SELL"

Bps = Annotated[int, Meta(ge=1, le=10_000)]


class MeanReversionRun(Run, frozen=True, kw_only=True, tag="mean_reversion"):
    """The numbers of one mean reversion."""

    order_try: Amount = Amount(400)
    bootstrap_try: Amount = Amount(200)
    below_bps: Bps = 50  # below the anchor
    above_bps: Bps = 50  # above it
    anchor_price: Amount | None = None  # instead of the mean
    window_s: Annotated[int, Meta(ge=1, le=86_400)] = 3_600
    sample_s: Annotated[int, Meta(ge=1, le=3_600)] = 10  # one sample
    samples_min: Annotated[int, Meta(ge=1, le=SAMPLES_MAX)] = 60

    def __post_init__(self) -> None:
        for name in ("order_try", "bootstrap_try"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be an amount of at least 0")
        if not self.samples_min * self.sample_s <= self.window_s <= SAMPLES_MAX * self.sample_s:
            raise ValueError(
                f"window_s must hold samples_min ({self.samples_min}) to {SAMPLES_MAX} samples, "
                f"one each sample_s ({self.sample_s})"
            )

    @property
    def warmup_s(self) -> int:
        return self.window_s

    @property
    def step_s(self) -> int:
        return self.sample_s


class MeanReversion:
    """Remembers the mids of the window, instrument by instrument."""

    def __init__(self, own: MeanReversionRun) -> None:
        self._own = own
        self._mids: dict[str, Samples] = {}

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        targets = {}
        for name, one in seen.items():
            mids = self._mids.setdefault(
                name,
                Samples(every_ms=self._own.sample_s * 1_000, window_ms=self._own.window_s * 1_000),
            )
            mids.forget(now_ms)
            target = self._target(one, mids, cash)
            mids.take(now_ms, one.mark)  # only now: the anchor never knows the present mark
            if target is not None:
                targets[name] = target
        return targets

    def _target(self, one: Seen, mids: Samples, cash: Decimal) -> Target | None:
        """Return what the first line that applies wants."""
        own, spend = self._own, min(self._own.order_try, cash)
        if one.flat:
            if one.buying > 0:
                return None
            return more(one, min(own.bootstrap_try, spend), BOOTSTRAP_POSITION)
        # (mark - total / count) / (total / count) in bps, multiplied out
        count, total = self._anchor(mids)
        if count == 0 or total <= 0:
            return None
        off = (one.mark * count - total) * 10_000
        if off <= -own.below_bps * total:
            return more(one, spend, MEAN_REVERSION_BUY)
        if off >= own.above_bps * total and one.selling <= 0:
            return less(one, min(own.order_try, one.position * one.mark), MEAN_REVERSION_SELL)
        return None

    def _anchor(self, mids: Samples) -> tuple[int, Decimal]:
        """Return the anchor as a sum and how many it is of; of none when there is no anchor."""
        if self._own.anchor_price is not None:
            return 1, self._own.anchor_price
        return (len(mids), mids.total()) if len(mids) >= self._own.samples_min else (0, ZERO)
