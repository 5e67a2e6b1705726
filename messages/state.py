"""What is so: whole states, repeated; the newest wins. Only the executor says them.

Amounts per asset or in the quote asset; positions in base; times in ms UTC, ages in ms.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from messages.money import Amount
from messages.orders import OrderState, Side


class Level(StrEnum):
    """What may be done; the strictest that touches an order counts."""

    ACTIVE = "ACTIVE"
    REDUCE_ONLY = "REDUCE_ONLY"
    PAUSED = "PAUSED"
    HALTED = "HALTED"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {Level.ACTIVE: 0, Level.REDUCE_ONLY: 1, Level.PAUSED: 2, Level.HALTED: 3}


def strictest(*levels: Level) -> Level:
    """Return the strictest of *levels*, ACTIVE for none."""
    return max(levels, key=lambda level: level.rank, default=Level.ACTIVE)


class Scope(StrEnum):
    DESK = "desk"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"


class LevelEntry(Struct, frozen=True, kw_only=True):
    """One source's level for one scope. *name* says whose; it is empty for the desk."""

    scope: Scope
    name: str
    source: str  # operator | risk_gate | executor | supervisor | kill
    level: Level
    reason: str
    at_ms: int


class StrategyPosition(Struct, frozen=True, kw_only=True):
    """What one strategy holds of one instrument and has on its way."""

    position: Amount
    cost: Amount | None  # average cost per unit in quote, None when unknown or flat
    buying: Amount  # base still to buy of its alive orders
    selling: Amount


class AliveOrder(Struct, frozen=True, kw_only=True):
    """One order of ours that is not over."""

    client_order_id: str
    venue_order_id: int | None
    strategy: str
    side: Side
    price: Amount
    quantity: Amount
    filled_quantity: Amount
    state: OrderState
    cancel_wanted: bool
    sent_ms: int
    confirmed_ms: int | None  # when the venue first confirmed it

    @property
    def remaining(self) -> Decimal:
        """What it may still trade."""
        return self.quantity - self.filled_quantity


class InstrumentState(Struct, frozen=True, kw_only=True):
    """All there is to know of one instrument at one version of its committed exposure."""

    instrument: str
    lineage: str
    version: int
    level: Level  # strictest of desk and instrument
    reason: str
    position: Amount  # of the whole account, base
    by_strategy: dict[str, StrategyPosition]
    alive: tuple[AliveOrder, ...]
    last_send_ms: dict[str, int]  # side -> wall ms of the last order sent
    at_ms: int


class AccountState(Struct, frozen=True, kw_only=True):
    """The money of the account, by the books. None: unknown."""

    free: dict[str, Amount]
    held: dict[str, Amount]
    equity: Amount | None
    day_pnl: Amount | None
    drawdown: Amount | None
    drawdown_ratio: Amount | None
    realised_today: Amount
    fees_today: Amount  # fees and VAT
    loss_streak: int
    sent_1s: int
    sent_60s: int
    alive: int
    at_ms: int


class PermitAge(Struct, frozen=True, kw_only=True):
    issuer: str
    age_ms: int | None  # age of the newest nonce it echoed, None: never


class ExecutorStatus(Struct, frozen=True, kw_only=True):
    """How the executor is; *nonce* is what permits must echo. Said every 250 ms."""

    nonce: str
    epoch: int
    kill_epoch: int
    level: Level
    levels: tuple[LevelEntry, ...]
    latched: bool
    armed: str | None  # the gate that is shut, None: all open
    dry_run: bool
    reconciled: bool
    waiting_for: str
    unknown_orders: int
    permits: tuple[PermitAge, ...]
    head_seq: int
    clock_offset_ms: int | None
    at_ms: int
