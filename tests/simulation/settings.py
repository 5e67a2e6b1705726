"""The numbers of simulated desks: short cooldowns and small steps, so that a lot happens soon."""

from random import Random

from msgspec.structs import replace

from actors.allocator.settings import Settings as AllocatorSettings
from actors.executor.settings import Asking, Limits
from actors.executor.settings import Settings as ExecutorSettings
from actors.market_data.settings import Settings as MarketDataSettings
from actors.persistence.settings import Settings as PersistenceSettings
from actors.risk_gate.settings import Modes
from actors.risk_gate.settings import Settings as RiskGateSettings
from actors.runtime.settings import DeskSettings
from actors.strategy.interface import Run
from actors.strategy.settings import Settings as StrategySettings
from messages.money import Amount
from tests.simulation.churn import INSTRUMENTS, STRATEGIES, TRADED

VISIBILITY_S = 1

DESK = DeskSettings(
    mode="sim",
    prefix="desk",
    instruments=INSTRUMENTS,
    strategies=STRATEGIES,
)
STRATEGY = StrategySettings(
    run=tuple(Run(name=name, instruments=which) for name, which in TRADED.items()),
    decide_every_ms=200,
    warmup_wait_ms=1,
)
MARKET_DATA = MarketDataSettings(look_every_ms=500, recovery_ms=100, median_window_s=60)
PERSISTENCE = PersistenceSettings(audit_every_ms=500, audit_rows=500)
ALLOCATOR = AllocatorSettings(
    cash_target_try=Amount(300),
    position_max_try=Amount(5_000),
    pass_max_try=Amount(2_000),
    order_max_try=Amount(1_000),
    orders_per_pass_max=4,
    order_age_max_s=1,
    drift_max_bps=15,
    cancel_unconfirmed_s=30,
    every_ms=100,
    refused_again_ms=300,
)
RISK_GATE = RiskGateSettings(
    order_notional_max_try=Amount(3_000),
    position_max_try=Amount(6_000),
    gross_max_try=Amount(30_000),
    cash_target_try=Amount(300),
    unknown_max=0,
    orders_max=10,
    instrument_orders_max=3,
    orders_per_s_max=10,
    orders_per_min_max=300,
    cooldown_ms=100,
    repeated_max=1_000,
    daily_loss_max_try=Amount(20_000),
    drawdown_max_ratio=Amount("0.9"),
    fee_day_max_try=Amount(5_000),
    loss_streak_max=1_000,
    modes=Modes(
        hold_s=1,
        data_hold_ms=200,
        look_every_ms=250,
        drawdown_max_try=Amount(20_000),
        exposure_max_try=Amount(100_000),
        position_max_ratio=Amount(1),
    ),
)
EXECUTOR = ExecutorSettings(
    limits=Limits(
        collar_bps=500,
        quote_age_max_ms=5_000,
        order_notional_max_try=Amount(3_000),
        gross_max_try=Amount(60_000),
        orders_per_s_max=20,
        orders_per_min_max=600,
        day_notional_max_try=Amount(10_000_000),
    ),
    dry_run=False,
    unknown_max=6,
    asking=Asking(order_first_ms=40, fills_idle_s=20, reconcile_every_s=5, twice_apart_ms=600),
    window_ms=1_000,
    silence_ms=3_500,
    visibility_lag_s=VISIBILITY_S,
    answer_wait_ms=2_000,
    on_absent="release",
    adopt=dict.fromkeys(INSTRUMENTS, STRATEGIES[0]),
)


def persistence_for(*, ending: str) -> PersistenceSettings:
    """Return persistence's numbers: where something is planted it looks back without a rest."""
    return (
        replace(PERSISTENCE, back_every_s=1, back_rows=100) if ending == "planted" else PERSISTENCE
    )


def executor_for(rng: Random, *, ending: str) -> ExecutorSettings:
    """Return the executor's numbers of one world: what may be chosen is drawn."""
    drawn = rng.choice(["cancel", "leave"])
    return replace(EXECUTOR, on_silence="cancel" if ending in ("silent", "planted") else drawn)
