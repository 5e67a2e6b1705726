"""Buy what fell below its own mean, sell what rose above it. Amounts in quote, deviations in bps.

The anchor is the mean of the mids of the window before now, never the mid of now itself. Without
enough samples there is none, and then only a first position is bought.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from actors.strategy.interface import Seen, bought, sold
from messages.money import Amount
from messages.targets import Target

BPS_OF_ONE = 10_000
SAMPLES_KEPT_MAX = 3_600  # per instrument

Bps = Annotated[int, Meta(ge=1, le=5_000)]


class MeanReversion(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="mean_reversion",
):
    """`kind = "mean_reversion"`: one run of it."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_]{1,32}$")] = "mean_reversion"
    instruments: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    bootstrap_try: Amount = Amount(200)  # the first position
    order_try: Amount = Amount(400)  # each later step
    below_bps: Bps = 50
    above_bps: Bps = 50
    window_s: Annotated[int, Meta(ge=1, le=86_400)] = 3_600
    sample_s: Annotated[int, Meta(ge=1, le=3_600)] = 1
    samples_min: Annotated[int, Meta(ge=1, le=3_600)] = 60
    anchor_try: Amount | None = None  # a fixed anchor instead of the mean


class Strategy:
    """One run. Its memory: the sampled mids of the window, per instrument."""

    def __init__(self, run: MeanReversion) -> None:
        self._run = run
        self._samples: dict[str, deque[tuple[int, Decimal]]] = {}

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        """Return a target where there is something to do."""
        targets: dict[str, Target] = {}
        for name, one in seen.items():
            anchor = self._anchor(name, now_ms)
            self._sample(name, now_ms, one.mark)
            if target := self._wanted(one, anchor, cash):
                targets[name] = target
        return targets

    def _wanted(self, one: Seen, anchor: Decimal | None, cash: Decimal) -> Target | None:
        run = self._run
        if one.is_flat:
            if one.buying:
                return None
            return bought(one, min(run.bootstrap_try, run.order_try, cash), "BOOTSTRAP_POSITION")
        if anchor is None or anchor <= 0:
            return None
        off = (one.mark - anchor) * BPS_OF_ONE  # against bps × anchor: nothing is divided
        if off <= -run.below_bps * anchor:
            return bought(one, min(run.order_try, cash), "MEAN_REVERSION_BUY")
        if off >= run.above_bps * anchor and not one.selling:
            worth = one.position * one.mark
            return sold(one, min(run.order_try, worth), "MEAN_REVERSION_SELL")
        return None

    def _anchor(self, name: str, now_ms: int) -> Decimal | None:
        if self._run.anchor_try is not None:
            return self._run.anchor_try
        samples = self._samples.get(name, deque())
        while samples and samples[0][0] < now_ms - self._run.window_s * 1_000:
            samples.popleft()
        if len(samples) < self._run.samples_min:
            return None
        return sum((mid for _, mid in samples), Decimal(0)) / len(samples)

    def _sample(self, name: str, now_ms: int, mid: Decimal) -> None:
        samples = self._samples.setdefault(name, deque(maxlen=SAMPLES_KEPT_MAX))
        if not samples or now_ms - samples[-1][0] >= self._run.sample_s * 1_000:
            samples.append((now_ms, mid))
