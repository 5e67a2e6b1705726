"""What the committed rows say, kept beside the desk: what a second reader of the journal knows.

Each entry is held against what was committed before it; what must not be is returned as a name of
the invariant and a line about it.
"""

from collections import defaultdict
from decimal import Decimal

from messages.money import ZERO, text
from messages.orders import ALIVE, OrderState, Side
from messages.state import Level, Scope, strictest
from store.rows import (
    FREE,
    HELD,
    BalanceRow,
    Entry,
    FillRow,
    InstrumentRow,
    LevelRow,
    OrderRow,
    PositionRow,
    Row,
)

OVER = (OrderState.FILLED, OrderState.CANCELLED)
MAY_SEND = {Level.ACTIVE: (Side.BUY, Side.SELL), Level.REDUCE_ONLY: (Side.SELL,)}
RISES_ANYWAY = ("FillLate", "GhostRevived")

Broken = list[tuple[str, str]]


class Believed:
    """Orders, exposures, versions and levels, as they are committed."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderRow] = {}
        self._positions: dict[tuple[str, str], Decimal] = {}
        self._versions: dict[str, int] = defaultdict(int)
        self._levels: dict[tuple[str, str, str], LevelRow] = {}
        self._trades: set[str] = set()
        self._intents: dict[str, str] = {}
        self._batches: set[tuple[str, str]] = set()

    def level(self, strategy: str, instrument: str) -> Level:
        """Return the strictest committed level that touches an order."""
        touching = {(Scope.DESK, ""), (Scope.STRATEGY, strategy), (Scope.INSTRUMENT, instrument)}
        return strictest(
            *(one.level for one in self._levels.values() if (one.scope, one.name) in touching)
        )

    def may_send(self, level: Level, side: Side) -> bool:
        return side in MAY_SEND.get(level, ())

    def take(self, entry: Entry) -> Broken:
        """Take *entry*; return what it breaks."""
        instruments = _instruments(entry)
        before = {name: (self._exposure(name), self._versions[name]) for name in instruments}
        broken: Broken = []
        for row in entry.rows:
            broken += self._row(row, entry)
        for name, (exposure, version) in before.items():
            broken += self._versioned(entry, name, exposure, version)
        return broken

    def _row(self, row: Row, entry: Entry) -> Broken:
        match row:
            case OrderRow():
                return self._order(row, entry)
            case PositionRow():
                self._positions[row.strategy, row.instrument] = row.position
            case InstrumentRow():
                self._versions[row.instrument] = row.version
            case LevelRow():
                return self._levelled(row, entry)
            case FillRow():
                if row.trade_id in self._trades:
                    return [("I15", f"fill {row.trade_id} was booked twice")]
                self._trades.add(row.trade_id)
            case BalanceRow() if row.account in (FREE, HELD) and row.amount < 0:
                return [("I3", f"{row.account} {row.asset} is {text(row.amount)}")]
        return []

    def _order(self, row: OrderRow, entry: Entry) -> Broken:
        broken: Broken = []
        before = self.orders.get(row.client_order_id)
        if row.state in OVER and row.booked_quantity != row.filled_quantity:
            line = f"{row.client_order_id} is {row.state}, {row.booked_quantity} booked"
            broken.append(("I11", f"{line} of {row.filled_quantity}"))
        if before is None and self._intents.setdefault(row.intent_id, row.client_order_id) != (
            row.client_order_id
        ):
            broken.append(("I1", f"intent {row.intent_id} became two orders"))
        rose = before is not None and before.state not in ALIVE and row.state in ALIVE
        if rose and entry.kind != "GhostRevived":
            broken.append(("I10", f"{row.client_order_id} rose from {before.state}"))
        self.orders[row.client_order_id] = row
        return broken

    def _levelled(self, row: LevelRow, entry: Entry) -> Broken:
        key = (row.scope, row.name, row.source)
        before = self._levels.get(key)
        self._levels[key] = row
        if row.source == "executor" and row.level is Level.HALTED:  # this venue never lies
            return [("I18", f"the executor halted {row.scope} {row.name}: {row.reason}")]
        if before is None or row.level.rank >= before.level.rank:
            return []
        lifted = f"{row.source}'s {before.level} of {row.scope} {row.name} fell by {entry.kind}"
        if row.source == "kill" and entry.kind != "Resumed":
            return [("I12", lifted)]
        by_operator = entry.cause.get("source") == "operator"
        if row.source == "executor" and before.level is Level.HALTED and not by_operator:
            return [("I12", lifted)]
        if row.source == "operator" and not by_operator:
            return [("I12", lifted)]
        return []

    def _versioned(self, entry: Entry, name: str, exposure: Decimal, version: int) -> Broken:
        """I9: the version rises when committed exposure changes, once for a batch, else never."""
        rose = self._versions[name] - version
        changed = self._exposure(name) != exposure
        if entry.kind == "OrderAccepted":
            key = (name, str(entry.cause["decision_id"]))
            expected = 0 if key in self._batches else 1
            self._batches.add(key)
        elif entry.kind in RISES_ANYWAY:
            return [] if rose >= 1 else [("I9", f"{entry.kind} left {name} at {version}")]
        else:
            expected = 1 if changed else 0
        if rose == expected or entry.kind == "Opened":
            return []
        return [("I9", f"{entry.kind} {entry.subject}: {name} rose by {rose}, not {expected}")]

    def _exposure(self, instrument: str) -> Decimal:
        total = sum(
            (held for (_, name), held in self._positions.items() if name == instrument), ZERO
        )
        for order in self.orders.values():
            if order.instrument == instrument and order.state in ALIVE:
                left = order.quantity - order.booked_quantity
                total += left if order.side is Side.BUY else -left
        return total


def _instruments(entry: Entry) -> list[str]:
    """Return the instruments that *entry* may change."""
    names = [
        row.instrument
        for row in entry.rows
        if isinstance(row, OrderRow | PositionRow | InstrumentRow)
    ]
    return list(dict.fromkeys(names))
