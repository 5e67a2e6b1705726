"""What every account did: its orders, fills and transfers, kept to be asked.

A fold of the journal's events; it owns the ledger, since an order's hold and its state move
together. Closed orders beyond a bound are forgotten, oldest first; open ones never.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct, field

from actors.venues.simulated.accounts import Ledger
from actors.venues.simulated.events import (
    Accepted,
    Carried,
    CarriedEnd,
    Deposited,
    Ended,
    Event,
    Filled,
    Line,
    Requested,
    Status,
    Transfer,
    Triggered,
    Withdrawn,
)
from messages.money import ZERO, Amount

TRANSFERS_MAX = 10_000
SLACK_PARTS = 10  # forget when a tenth too many are kept


class Order(Struct, kw_only=True):
    """One order as it stands. *filled* is base, also of a market buy."""

    accepted: Accepted
    filled: Decimal = ZERO
    hold_left: Decimal = ZERO
    status: Status = Status.UNTOUCHED
    triggered: bool = False
    updated_ms: int = 0
    fills: list[Filled] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in (Status.UNTOUCHED, Status.PARTIAL)

    @property
    def amount(self) -> Decimal:
        """Base: what was asked for, or what a market buy got (broker-api-docs #429)."""
        return self.filled if self.spends_quote else self.accepted.quantity

    @property
    def left(self) -> Decimal:
        return self.amount - self.filled

    @property
    def spends_quote(self) -> bool:
        return self.accepted.price is None and self.accepted.side == "buy"

    @property
    def waits(self) -> bool:
        """A stop order that has not seen its price."""
        return self.accepted.method.stops and not self.triggered


def folded(events: Iterable[Event], *, orders_max: int) -> "History":
    """Return what *events* come to; its ledger holds every balance."""
    history = History(orders_max=orders_max)
    for event in events:
        history.apply(event)
    return history


class History:
    """Every order by id, every list by (account, instrument); newest last."""

    def __init__(self, *, orders_max: int) -> None:
        self.ledger = Ledger()
        self.orders: dict[int, Order] = {}
        self.transfers: deque[Transfer] = deque(maxlen=TRANSFERS_MAX)
        self.last_order_id = 0
        self.last_trade_id = 0
        self.last_deposit_id = 0  # or withdrawal
        self.changed_ms = 0
        self._orders_max = orders_max
        self._closed: deque[int] = deque()
        self._open: dict[str, dict[int, Order]] = defaultdict(dict)
        self._ids: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._fills: dict[tuple[str, str], list[Filled]] = defaultdict(list)

    def resume(self, lines: Iterable[Line]) -> None:
        """Fold what a journal says in, compacted or not."""
        for line in lines:
            match line:
                case Carried():
                    self._carry(line)
                case CarriedEnd():
                    self.ledger.go_on()
                case _:
                    self.apply(line)

    def _carry(self, carried: Carried) -> None:
        self.ledger.carry(carried)
        self.last_order_id = carried.last_order_id
        self.last_trade_id = carried.last_trade_id
        self.last_deposit_id = carried.last_deposit_id
        self.changed_ms = carried.at_ms

    def carried(self, archives: int) -> Carried:
        """Return what everything so far comes to."""
        ledger = self.ledger
        return Carried(
            archives=archives,
            accounts=ledger.accounts(),
            deposited=_amounts(ledger.deposited),
            market=_amounts(ledger.market),
            fees=_amounts(ledger.fees),
            taxes=_amounts(ledger.taxes),
            last_order_id=self.last_order_id,
            last_trade_id=self.last_trade_id,
            last_deposit_id=self.last_deposit_id,
            at_ms=self.changed_ms,
        )

    def apply(self, event: Event) -> None:
        """Fold one event of the journal in."""
        self.changed_ms = max(self.changed_ms, event.at_ms)
        match event:
            case Deposited():
                self.ledger.deposit(event)
                self.transfers.append(event)
                self.last_deposit_id = max(self.last_deposit_id, event.deposit_id)
            case Requested():
                self.ledger.request(event)
            case Withdrawn():
                self.ledger.withdraw(event)
                self.transfers.append(event)
                self.last_deposit_id = max(self.last_deposit_id, event.withdrawal_id)
            case Accepted():
                self._accept(event)
            case Filled():
                self._fill(event)
            case Triggered():
                order = self.orders[event.order_id]
                order.triggered, order.updated_ms = True, event.at_ms
            case Ended():
                order = self.orders[event.order_id]
                order.updated_ms = event.at_ms
                self._end(order, event.status)

    def _accept(self, event: Accepted) -> None:
        self.ledger.accept(event)
        order = Order(accepted=event, hold_left=event.hold, updated_ms=event.at_ms)
        self.orders[event.order_id] = order
        self._open[event.account][event.order_id] = order
        self._ids[event.account, event.instrument].append(event.order_id)
        self.last_order_id = max(self.last_order_id, event.order_id)

    def _fill(self, event: Filled) -> None:
        order = self.orders[event.order_id]
        order.hold_left -= self.ledger.fill(order.accepted, event)
        order.filled += event.quantity
        order.updated_ms = event.at_ms
        order.fills.append(event)
        order.status = Status.PARTIAL
        self._fills[order.accepted.account, order.accepted.instrument].append(event)
        self._fills[order.accepted.account, ""].append(event)
        self.last_trade_id = max(self.last_trade_id, event.trade_id)
        if order.accepted.method.priced and order.left == 0:
            self._end(order, Status.CLOSED)

    def _end(self, order: Order, status: Status) -> None:
        self.ledger.release(order.accepted, order.hold_left)
        order.hold_left = ZERO
        order.status = status
        del self._open[order.accepted.account][order.accepted.order_id]
        self._closed.append(order.accepted.order_id)
        if len(self._closed) > self._orders_max + self._orders_max // SLACK_PARTS:
            self._forget(len(self._closed) - self._orders_max)

    def _forget(self, count: int) -> None:
        """Drop the oldest closed orders, many at a time: the lists are written anew."""
        gone = {self._closed.popleft() for _ in range(count)}
        keys = {(o.account, o.instrument) for o in (self.orders.pop(n).accepted for n in gone)}
        for account, instrument in keys:
            ids = self._ids[account, instrument]
            ids[:] = [order_id for order_id in ids if order_id not in gone]
            for name in (instrument, ""):
                fills = self._fills[account, name]
                fills[:] = [fill for fill in fills if fill.order_id not in gone]

    @property
    def deposits(self) -> list[Deposited]:
        """Return what came in, oldest first."""
        return [one for one in self.transfers if isinstance(one, Deposited)]

    def open_orders(self, account: str, instrument: str | None = None) -> list[Order]:
        """Return the open orders of *account*, oldest first."""
        found = self._open[account].values()
        return [o for o in found if instrument is None or o.accepted.instrument == instrument]

    def closed_since(self, at_ms: int) -> Iterator[Order]:
        """Yield the orders that ended after *at_ms*, newest first."""
        for order_id in reversed(self._closed):
            order = self.orders[order_id]
            if order.updated_ms <= at_ms:
                return
            yield order

    def named(self, account: str, client_order_id: str) -> bool:
        """Return whether the account gave an order that is still known this name."""
        said = (account, client_order_id)
        every = (order.accepted for order in self.orders.values())
        return any((one.account, one.client_order_id) == said for one in every)

    def of(self, account: str, order_id: int) -> Order | None:
        """Return the order when it is the account's own."""
        order = self.orders.get(order_id)
        return order if order is not None and order.accepted.account == account else None

    def newest_orders(
        self, account: str, instrument: str, *, from_ms: int, to_ms: int, from_id: int
    ) -> Iterator[Order]:
        """Yield the orders accepted in the given time with at least that id, newest first."""
        ids = self._ids[account, instrument]
        for index in range(len(ids) - 1, bisect_left(ids, from_id) - 1, -1):
            order = self.orders[ids[index]]
            if order.accepted.at_ms < from_ms:
                return
            if order.accepted.at_ms <= to_ms:
                yield order

    def newest_fills(
        self, account: str, instrument: str | None, *, from_ms: int, to_ms: int
    ) -> Iterator[tuple[Order, Filled]]:
        """Yield the fills in the given time with their orders, newest first."""
        fills = self._fills[account, instrument or ""]
        upto = bisect_right(fills, to_ms, key=lambda fill: fill.at_ms)
        for index in range(upto - 1, -1, -1):
            if fills[index].at_ms < from_ms:
                return
            yield self.orders[fills[index].order_id], fills[index]


def _amounts(funds: Mapping[str, Decimal]) -> dict[str, Amount]:
    return {asset: Amount(amount) for asset, amount in funds.items()}
