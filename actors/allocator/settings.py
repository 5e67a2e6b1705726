"""With which numbers targets become orders: what may be spent, at which price, for how long.

Amounts are quote asset where the name says `_try`; durations in the unit of their name. What limits
money has no default: who trades writes it down. A cap that is off is absent; 0 is a cap of zero.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from messages.fees import Fees
from messages.money import BPS, Amount

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Bps = Annotated[int, Meta(ge=0, le=5_000)]
Count = Annotated[int, Meta(ge=0, le=1_000)]


def _at_least_zero(name: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise ValueError(f"{name} must be an amount of at least 0, not {value}")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the allocator is told."""

    # how much
    cash_target_try: Amount  # stays in the account
    position_max_try: Amount  # one instrument: held at mark, being bought, bought in this pass
    pass_max_try: Amount  # all orders of one pass
    order_max_try: Amount
    orders_per_pass_max: Count
    mode: Literal["all", "fraction", "cap"] = "all"  # of the cash above the target
    fraction_ratio: Amount | None = None  # with mode = "fraction"; read as 0 to 1
    cap_try: Amount | None = None  # with mode = "cap"
    cash_max_try: Amount | None = None  # what lies above is not ours to invest
    fee_buffer_bps: Bps = 20
    fees: Fees = Fees()
    # at which price
    pricing: Literal["passive", "cross"] = "passive"  # where the target names no price
    offset_bps: Bps = 5
    spread_half_bps: Bps = 250  # from this spread on half the money
    # for how long
    order_age_max_s: Seconds = 120
    drift_max_bps: Bps = 25
    cancel_unconfirmed_s: Seconds = 30
    deadline_ms: Milliseconds = 1_000  # of a batch
    every_ms: Milliseconds = 100  # at most one pass in this time
    look_every_ms: Milliseconds = 500  # at least one, for what ages
    refused_again_ms: Milliseconds = 1_000  # before an unchanged wish is said again
    # what is too old to act on
    quote_age_entry_max_ms: Milliseconds = 5_000
    quote_age_exit_max_ms: Milliseconds = 15_000
    state_age_max_ms: Milliseconds = 3_000
    targets_age_max_ms: Milliseconds = 5_000
    rules_age_max_s: Seconds = 3_600

    def __post_init__(self) -> None:
        for name in _AMOUNTS:
            value = getattr(self, name)
            if value is not None:
                _at_least_zero(name, value)
        if self.mode == "fraction" and self.fraction_ratio is None:
            raise ValueError('mode = "fraction" needs fraction_ratio, from 0 to 1')
        if self.mode == "cap" and self.cap_try is None:
            raise ValueError('mode = "cap" needs cap_try, an amount of at least 0')

    @property
    def fee_buffer(self) -> Decimal:
        """What is set aside for fees, as a ratio of the notional."""
        return max(self.fee_buffer_bps * BPS, self.fees.gross_taker)


_AMOUNTS = (
    "cash_target_try",
    "position_max_try",
    "pass_max_try",
    "order_max_try",
    "fraction_ratio",
    "cap_try",
    "cash_max_try",
)
