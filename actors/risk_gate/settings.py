"""The limits of the risk gate, and how it watches over the desk.

Amounts are quote asset where the name says `_try`; one unit per limit, in its name. What limits
money or orders has no default: who trades writes it down. A cap that is off is absent; 0 is a cap
of zero, and no switch skips a check.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from messages.fees import Fees
from messages.money import Amount

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Cooldown = Annotated[int, Meta(ge=0, le=86_400_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Bps = Annotated[int, Meta(ge=0, le=5_000)]
Count = Annotated[int, Meta(ge=0, le=100_000)]


def _at_least_zero(one: Struct, *names: str) -> None:
    for name in names:
        value = getattr(one, name)
        if value is not None and (not value.is_finite() or value < 0):
            raise ValueError(f"{name} must be an amount of at least 0, not {value}")


class MinProfit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an exit must bring above its cost, on top of the taker rate."""

    slippage_bps: Bps = 10
    profit_bps: Bps = 30


class OwnLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one strategy or one instrument. They only tighten what holds for all."""

    order_notional_max_try: Amount | None = None
    position_max_try: Amount | None = None
    orders_max: Count | None = None
    orders_per_s_max: Count | None = None
    orders_per_min_max: Count | None = None

    def __post_init__(self) -> None:
        _at_least_zero(self, "order_notional_max_try", "position_max_try")


class Capital(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Trading capital and the share of it that one order and all exposure may take."""

    capital_try: Amount
    order_max_ratio: Amount = Amount("0.2")
    gross_max_ratio: Amount = Amount("1.2")

    def __post_init__(self) -> None:
        _at_least_zero(self, "capital_try", "order_max_ratio", "gross_max_ratio")


class Modes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the gate itself lowers what the desk may do, and how long it then waits."""

    drawdown_max_try: Amount
    exposure_max_try: Amount  # of all instruments
    position_max_ratio: Amount  # largest position / equity
    on_loss_limit: Literal["PAUSED", "REDUCE_ONLY"] = "PAUSED"
    spread_max_bps: Bps = 500  # from here on an instrument may only be reduced
    hold_s: Seconds = 900  # before a level becomes milder
    data_hold_ms: Milliseconds = 3_000  # the same where the market data was the reason
    look_every_ms: Milliseconds = 1_000

    def __post_init__(self) -> None:
        _at_least_zero(self, "drawdown_max_try", "exposure_max_try", "position_max_ratio")


class Permits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fresh everything has to be while the gate says yes."""

    feed_age_max_ms: Milliseconds = 5_000
    allocator_age_max_ms: Milliseconds = 3_000
    targets_age_max_ms: Milliseconds = 5_000
    audit_age_max_ms: Milliseconds = 3_000
    audit_lag_max_ms: Milliseconds = 30_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the risk gate is told."""

    # size
    order_notional_max_try: Amount
    position_max_try: Amount  # one instrument: held at mark and being bought
    gross_max_try: Amount  # the same of all instruments
    cash_target_try: Amount  # stays in the account
    # number and rate
    unknown_max: Count  # orders of unknown outcome on an instrument, for an entry there
    orders_max: Count  # alive at once, on the desk
    instrument_orders_max: Count  # and on one instrument
    orders_per_s_max: Count
    orders_per_min_max: Count
    cooldown_ms: Cooldown  # between two entries of one instrument
    repeated_max: Annotated[int, Meta(ge=1, le=100_000)]  # this many alike: the instrument pauses
    # loss
    daily_loss_max_try: Amount
    drawdown_max_ratio: Amount
    fee_day_max_try: Amount
    loss_streak_max: Annotated[int, Meta(ge=1, le=1_000)]
    modes: Modes
    # price
    collar_bps: Bps = 200  # from the mid
    collar_median_bps: Bps = 500  # from the median of the last five minutes
    min_profit: MinProfit | None = None
    fees: Fees = Fees()
    # age
    state_age_max_ms: Milliseconds = 3_000
    quote_age_entry_max_ms: Milliseconds = 5_000
    quote_age_exit_max_ms: Milliseconds = 15_000
    rules_age_max_s: Seconds = 3_600
    repeated_window_s: Seconds = 60
    loss_valuations: Annotated[int, Meta(ge=1, le=100)] = 3  # in a row, before equity counts
    loss_valuation_ms: Milliseconds = 1_000  # between two of them
    # of some
    strategy: dict[str, OwnLimits] = field(default_factory=dict)
    instrument: dict[str, OwnLimits] = field(default_factory=dict)
    capital: Capital | None = None
    permit: Permits = Permits()

    def __post_init__(self) -> None:
        _at_least_zero(
            self,
            "order_notional_max_try",
            "position_max_try",
            "gross_max_try",
            "cash_target_try",
            "daily_loss_max_try",
            "drawdown_max_ratio",
            "fee_day_max_try",
        )
