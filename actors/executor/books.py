"""The executor's books in memory: what is alive, what is owned, what was decided.

The values are rows of the store, exactly as the journal leads to them: whatever is decided is taken
in here at once and made durable at the end of the turn. Only what decisions need is kept: every
alive order, the newest ended ones, and all balances, positions, levels, versions and cursors.
What is older is recalled from the store by name when evidence about it turns up.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from actors.executor.postings import assets
from actors.runtime.effects import Write
from messages.money import ZERO
from messages.orders import ALIVE, Side
from messages.state import Level, Scope
from store.rows import (
    FREE,
    HELD,
    BalanceRow,
    CursorRow,
    DayRow,
    Entry,
    FillRow,
    InstrumentRow,
    IntentRow,
    LevelRow,
    MetaRow,
    OrderRow,
    PositionRow,
    Row,
)

T = TypeVar("T")

ENDED_KEPT_MAX = 512  # orders that are over, newest last
INTENTS_KEPT_MAX = 1_024
TRADES_KEPT_MAX = 20_000  # trade ids that are surely booked


class Books:
    """All rows that a decision reads. Dies of a row it does not know."""

    def __init__(self, rows: Iterable[Row] = (), *, seq: int = 0) -> None:
        self.seq = seq  # of the newest entry taken; the journal follows at the end of the turn
        self.orders: dict[str, OrderRow] = {}
        self.touched: dict[str, None] = {}  # instruments, since `take_touched`
        self.levels: dict[tuple[str, str, str], LevelRow] = {}
        self.raised: dict[tuple[str, str, str], int] = {}  # by which entry, since the start
        self.positions: dict[tuple[str, str], PositionRow] = {}
        self.day: DayRow | None = None
        self.buying = ZERO  # what alive buys may still cost at their limits, in quote
        self._alive: dict[str, dict[str, OrderRow]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._balances: dict[tuple[str, str], Decimal] = {}
        self._instruments: dict[str, InstrumentRow] = {}
        self._cursors: dict[str, int] = {}
        self._meta: dict[str, str] = {}
        self._intents: OrderedDict[str, IntentRow] = OrderedDict()
        self._trades: OrderedDict[str, str] = OrderedDict()  # whose each is
        self.recall(rows)
        self.touched.clear()
        self.raised.clear()

    # what is so

    def alive(self, instrument: str) -> Mapping[str, OrderRow]:
        """Return the alive orders of *instrument* by client order id, oldest first."""
        return self._alive.get(instrument, {})

    def all_alive(self) -> list[OrderRow]:
        """Return every alive order, by instrument in the order they first had one."""
        return [order for orders in self._alive.values() for order in orders.values()]

    def balance(self, account: str, asset: str) -> Decimal:
        return self._balances.get((account, asset), ZERO)

    def balances(self, account: str) -> dict[str, Decimal]:
        """Return the amounts of *account* by asset, without the empty ones."""
        return {name: total for (owner, name), total in self._balances.items() if owner == account}

    def owned(self, asset: str) -> Decimal:
        """Return what we have of *asset*, free or held."""
        return self.balance(FREE, asset) + self.balance(HELD, asset)

    def position(self, strategy: str, instrument: str) -> PositionRow:
        found = self.positions.get((strategy, instrument))
        return found or PositionRow(
            strategy=strategy, instrument=instrument, position=ZERO, cost=ZERO, realised=ZERO
        )

    def instrument(self, instrument: str) -> InstrumentRow:
        found = self._instruments.get(instrument)
        return found or InstrumentRow(instrument=instrument, version=0)

    def cursor(self, instrument: str) -> int | None:
        return self._cursors.get(instrument)

    def meta(self, key: str) -> str | None:
        return self._meta.get(key)

    def intent(self, intent_id: str) -> IntentRow | None:
        """Return an accepted intent that is in memory."""
        return self._intents.get(intent_id)

    def is_booked(self, trade_id: str) -> bool:
        """Return whether the fill is surely booked; False may also mean forgotten."""
        return trade_id in self._trades

    def booked_for(self, trade_id: str) -> str | None:
        """Return the order that the fill is surely booked for, None where that is not known."""
        return self._trades.get(trade_id)

    # what changes

    def take(self, entry: Entry) -> Write:
        """Make *entry* so, and return the effect that makes it durable."""
        self.recall(entry.rows)
        self.seq += 1
        return Write(entry)

    def recall(self, rows: Iterable[Row]) -> None:
        """Put *rows* in place: at start, after a decision, or what the store remembered."""
        for row in rows:
            self._put(row)

    def recall_trades(self, orders: Mapping[str, str]) -> None:
        """Remember that these fills are booked, each for its order: trade id -> client order id."""
        for trade_id, client_order_id in orders.items():
            self._remember_trade(trade_id, client_order_id)

    def forget(self) -> None:
        """Let go of the oldest of what is over, where there is too much of it.

        Only before evidence is looked up: what is recalled for an answer must not push out
        something else that the same answer is about.
        """
        while len(self._ended) > ENDED_KEPT_MAX:
            oldest, _ = self._ended.popitem(last=False)
            del self.orders[oldest]
        while len(self._trades) > TRADES_KEPT_MAX:
            self._trades.popitem(last=False)

    def take_touched(self) -> list[str]:
        """Return the instruments changed since the last call, each once."""
        touched = list(self.touched)
        self.touched.clear()
        return touched

    def _put(self, row: Row) -> None:
        match row:
            case OrderRow():
                self._put_order(row)
            case BalanceRow():
                self._balances[row.account, row.asset] = row.amount
            case PositionRow():
                self.positions[row.strategy, row.instrument] = row
                self.touched[row.instrument] = None
            case InstrumentRow():
                self._instruments[row.instrument] = row
                self.touched[row.instrument] = None
            case LevelRow():
                self._put_level(row)
            case IntentRow():
                _remember(self._intents, row.intent_id, row, INTENTS_KEPT_MAX)
            case FillRow():
                self._remember_trade(row.trade_id, row.client_order_id)
            case CursorRow():
                self._cursors[row.instrument] = row.since_ms
            case DayRow():
                self._put_day(row)
            case MetaRow():
                self._meta[row.key] = row.value

    def _put_level(self, row: LevelRow) -> None:
        key = (row.scope, row.name, row.source)
        before = self.levels.get(key)
        lowered = before is not None and row.level.rank < before.level.rank
        if row.level is not Level.ACTIVE and not lowered:
            self.raised[key] = self.seq + 1
        self.levels[key] = row
        self._touch_scope(row)

    def _touch_scope(self, row: LevelRow) -> None:
        if row.scope is Scope.INSTRUMENT:
            self.touched[row.name] = None
        elif row.scope is Scope.DESK:
            self.touched.update(dict.fromkeys(self._cursors))

    def _put_day(self, row: DayRow) -> None:
        if self.day is None or row.day >= self.day.day:
            self.day = row

    def _put_order(self, row: OrderRow) -> None:
        key = row.client_order_id
        before = self.orders.get(key)
        self.buying += _still_buying(row) - (_still_buying(before) if before else ZERO)
        self.orders[key] = row
        self.touched[row.instrument] = None
        mine = self._alive.setdefault(row.instrument, {})
        if row.state in ALIVE:
            mine[key] = row
            self._ended.pop(key, None)
            return
        mine.pop(key, None)
        self._ended[key] = None
        self._ended.move_to_end(key)

    def _remember_trade(self, trade_id: str, client_order_id: str) -> None:
        self._trades[trade_id] = client_order_id
        self._trades.move_to_end(trade_id)


def _still_buying(order: OrderRow) -> Decimal:
    if order.side is Side.SELL or order.state not in ALIVE:
        return ZERO
    return left(order) * order.price


def left(order: OrderRow) -> Decimal:
    """Return what *order* may still trade: its quantity without what is booked of it."""
    return order.quantity - order.booked_quantity


def is_behind(order: OrderRow) -> bool:
    """Return whether the venue says that more of *order* is filled than is booked."""
    return order.filled_quantity > order.booked_quantity


def base_of(instrument: str) -> str:
    return assets(instrument)[0]


def _remember(kept: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
