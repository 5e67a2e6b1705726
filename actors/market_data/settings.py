"""With which numbers the market is listened to: what is fresh, how often it is said, what is asked.

Durations are in the unit of their name.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from messages.money import Amount

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
MEDIAN_SAMPLES_MAX = 3_600


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything market_data is told."""

    # what is fresh
    stale_ms: Milliseconds = 5_000  # a quote of exactly this age is fresh
    future_max_ms: Milliseconds = 2_000  # a stamp may be ahead of the venue's clock by this much
    frozen_ms: Milliseconds = 60_000  # answers whose stamp stands still this long
    recovery_ms: Milliseconds = 3_000  # of unbroken freshness, before a stale one is traded again
    stale_share_max_ratio: Amount = Amount("0.5")  # more stale ones than this: nothing is traded
    require_trade: bool = False  # an instrument without any trade seen stops the desk
    # how often it is said
    quote_every_ms: Annotated[int, Meta(ge=0, le=600_000)] = 50  # per instrument, at most
    repeat_ms: Milliseconds = 1_000  # what did not change is said again
    look_every_ms: Milliseconds = 250  # for what only time changes
    rules_repeat_s: Seconds = 60
    # what is asked
    rules_refresh_s: Seconds = 300
    rules_stale_s: Seconds = 3_600
    retry_first_ms: Milliseconds = 250  # after a read of the rules that failed; doubles
    retry_most_ms: Milliseconds = 30_000
    rest_after_ms: Milliseconds = 2_500  # a book the stream left alone for so long is asked for
    rest_every_ms: Milliseconds = 2_000
    rest_per_min_max: Annotated[int, Meta(ge=0, le=10_000)] = 120  # the venue allows 180
    # the reference of the gate's wide collar
    median_window_s: Seconds = 300
    median_sample_ms: Milliseconds = 1_000

    def __post_init__(self) -> None:
        share = self.stale_share_max_ratio
        if not share.is_finite() or not Decimal(0) <= share <= 1:
            raise ValueError(f"stale_share_max_ratio must be an amount from 0 to 1, not {share}")
        if self.median_window_s * 1_000 > MEDIAN_SAMPLES_MAX * self.median_sample_ms:
            raise ValueError(
                f"median_sample_ms must leave at most {MEDIAN_SAMPLES_MAX} samples in "
                f"median_window_s, {self.median_sample_ms} is too short"
            )
