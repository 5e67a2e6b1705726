"""The executor's numbers: its own hard limits, and how patient it is with the venue.

Amounts are quote asset where the name says `_try`, durations in the unit of their name. The limits
have no defaults: who trades writes them down. No message can change one.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from messages.fees import Fees
from messages.money import Amount

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Count = Annotated[int, Meta(ge=0, le=100_000)]


def _at_least_zero(name: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise ValueError(f"{name} must be an amount of at least 0, not {value}")


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no approval can lift. A cap of zero lets nothing through."""

    collar_bps: Annotated[int, Meta(ge=0, le=5_000)]  # from the newest mid
    quote_age_max_ms: Milliseconds  # an older quote is no reference
    order_notional_max_try: Amount
    gross_max_try: Amount  # holdings at mark and alive buys of all instruments
    orders_per_s_max: Count
    orders_per_min_max: Count
    day_notional_max_try: Amount  # value of all orders of one Istanbul day

    def __post_init__(self) -> None:
        for name in ("order_notional_max_try", "gross_max_try", "day_notional_max_try"):
            _at_least_zero(name, getattr(self, name))


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """*per_min* calls a minute, and *burst* more at once. Together they stay under the venue's."""

    burst: Annotated[int, Meta(ge=1, le=100_000)]
    per_min: Annotated[int, Meta(ge=1, le=1_000_000)]


class Budgets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often each endpoint is called: 80 % of what the venue allows (btcturk/api.md 7.4)."""

    submit: Budget = Budget(burst=4, per_min=236)  # of 10 a second and 300 a minute
    cancel: Budget = Budget(burst=4, per_min=236)  # the same, and all of it for cancels
    order: Budget = Budget(burst=12, per_min=700)  # of 30 a second and 900 a minute
    open_orders: Budget = Budget(burst=40, per_min=200)  # of 300
    all_orders: Budget = Budget(burst=40, per_min=200)  # of 300
    fills: Budget = Budget(burst=16, per_min=80)  # of 120 for all instruments together
    balances: Budget = Budget(burst=16, per_min=80)  # of 120
    transfers: Budget = Budget(burst=4, per_min=60)  # of 90
    server_time: Budget = Budget(burst=4, per_min=12)  # no number is published


class Asking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often the venue is asked, within the budgets."""

    open_orders_alive_ms: Milliseconds = 1_000  # per instrument with an order alive
    open_orders_idle_ms: Milliseconds = 5_000
    order_first_ms: Milliseconds = 100  # an order that must be asked; doubles each time
    order_most_ms: Milliseconds = 5_000
    cancel_first_ms: Milliseconds = 3_000  # a DELETE without effect is repeated; doubles
    cancel_most_ms: Milliseconds = 30_000
    fills_alive_ms: Milliseconds = 3_000  # per instrument with an order alive
    fills_first_ms: Milliseconds = 250  # of an order that is behind; doubles each time
    fills_most_ms: Milliseconds = 5_000
    fills_idle_s: Seconds = 3_600
    fills_overlap_s: Annotated[int, Meta(ge=600, le=86_400)] = 600
    fills_cap: Annotated[int, Meta(ge=1, le=10_000)] = 200  # rows in one answer
    scan_first_ms: Milliseconds = 500  # between two scans for a lost order; doubles
    scan_most_ms: Milliseconds = 5_000
    scan_pages_max: Annotated[int, Meta(ge=1, le=1_000)] = 100
    reconcile_every_s: Seconds = 60
    reconcile_patience_s: Seconds = 30  # to find two equal reads of the balances
    reconcile_hush_ms: Milliseconds = 3_000  # who waits for them longer has entries wait, too
    transfers_first_ms: Milliseconds = 500  # while a total differs; doubles each time
    transfers_most_ms: Milliseconds = 30_000
    clock_every_s: Seconds = 600
    overdue_ms: Milliseconds = 90_000  # a read or cancel: beyond four calls in a row that hang
    twice_apart_ms: Milliseconds = 2_000  # what must show twice must be this far apart
    not_found_max: Annotated[int, Meta(ge=1, le=100)] = 3  # for an id that the venue gave


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the executor is told. Keys of the account are not among it."""

    limits: Limits
    dry_run: bool  # run everything, send nothing
    not_armed: str | None = None  # the arming gate that is shut, None: all open
    fees: Fees = Fees()
    asking: Asking = Asking()
    budgets: Budgets = Budgets()
    adopt: dict[str, str] = field(default_factory=dict)  # instrument -> who owns what was there
    window_ms: Milliseconds = 5_000  # W: the venue refuses an older signed stamp
    visibility_lag_s: Annotated[int, Meta(ge=0, le=3_600)] = 120  # L: until queries show it
    send_budget_ms: Milliseconds = 1_000  # from the signed stamp to the gate
    answer_wait_ms: Milliseconds = 5_000  # then the answer counts as lost
    permit_ms: Milliseconds = 2_000
    silence_ms: Milliseconds = 15_000  # then what rests is cancelled
    on_silence: Literal["cancel", "leave"] = "cancel"
    on_stop: Literal["cancel", "leave"] = "leave"
    foreign_orders: Literal["halt", "external"] = "halt"  # of others on our account
    on_absent: Literal["release", "halt_instrument"] = "halt_instrument"
    unknown_max: Annotated[int, Meta(ge=1, le=100)] = 3  # this many at once: the desk pauses
    clock_jump_max_ms: Milliseconds = 250
    clock_off_max_ms: Milliseconds = 4_000  # of this host from the venue: live does not start
    stop_resolve_s: Annotated[int, Meta(ge=1, le=20)] = 20
    orphan_s: Annotated[int, Meta(ge=1, le=10)] = 10  # to cancel what rests when the parent died
    resume_code_s: Annotated[int, Meta(ge=1, le=600)] = 60

    def hidden_since_ms(self, now_ms: int) -> int:
        """Return since when the venue may still hide at *now_ms* what it has accepted."""
        return now_ms - self.visibility_lag_s * 1_000
