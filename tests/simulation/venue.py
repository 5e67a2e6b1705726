"""The venue of a simulated world: the simulated exchange's own engine, and every way to mishear it.

Its engine keeps the truth. Between it and the desk answers get lost before and after an order
was taken, requests hang for seconds, queries lag behind, cancels take their time, and client order
ids are no keys. It never loses a trade, and it refuses stamps outside its window unless the world
says that it does not look.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from random import Random
from typing import TypeVar

from msgspec import Struct

from actors.venues.port import (
    Ack,
    BookTop,
    HttpCall,
    Lost,
    NewOrder,
    NotSent,
    Outcome,
    Reject,
    RejectKind,
    TransferKind,
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenueRefused,
    VenueStatus,
    VenueTransfer,
    VenueUnavailable,
)
from actors.venues.settings import ExchangeFees
from actors.venues.simulated.admission import Refused
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.events import Accepted, Filled, Status
from actors.venues.simulated.history import Order
from actors.venues.simulated.listing import LISTINGS, UNITS_PER_ONE
from messages.money import text
from messages.orders import Side
from tests.simulation.schedule import WALL_START_MS, Schedule

T = TypeVar("T")
ACCOUNT = "desk"
LEVELS = 4
WINDOW_MS = 1_000
PAGE = 5  # orders in one page: small, so that paging is exercised
MARKET_STEP_NS = 350_000_000
FINE, HANG = "fine", "hang"
LOST_BEFORE, LOST_AFTER = "lost before", "lost after"  # the venue took it
REFUSED, THROTTLED = "refused", "throttled"
THROTTLED_MS = 500
STATUS = {
    Status.UNTOUCHED: VenueStatus.OPEN,
    Status.PARTIAL: VenueStatus.OPEN,
    Status.CLOSED: VenueStatus.FILLED,
    Status.CANCELED: VenueStatus.CANCELLED,
}

OPENING = (("TRY", 25_000), ("ETH", "0.003"), ("SOL", "0.05"))


class VenueFaults(Struct, frozen=True, kw_only=True):
    """Chances in percent, and spans in ms."""

    lost_before: int = 0
    lost_after: int = 0
    refused: int = 0
    throttled: int = 0
    hang: int = 0
    hang_max_ms: int = 8_000
    reads_fail: int = 0
    deletes_fail: int = 0
    hidden_max_ms: int = 0  # a new order, or a fill, is not in queries for up to this long
    cancel_slow_max_ms: int = 0


class Venue:
    """Truth, market and client of one world."""

    def __init__(
        self, schedule: Schedule, rng: Random, faults: VenueFaults, instruments: tuple[str, ...]
    ) -> None:
        self.exchange = Exchange(
            {name: LISTINGS[name] for name in instruments}, ExchangeFees(), orders_max=100_000
        )
        self.rng = rng
        self.faults = faults
        self.quiet = False  # after the last fault: answers come, and everything is visible
        self.still = False  # nobody trades and no price moves any more
        self.enforces_window = True
        self.accepted: list[Accepted] = []
        self.filled = 0
        self.on_accept: Callable[[Accepted, int], None] = lambda *_: None  # with the signed stamp
        self._stamp_ms = 0
        self.fate = FINE
        self._schedule = schedule
        self._hidden: dict[int, int] = {}  # order or trade id -> visible from (ms)
        self._feeds: list[Callable[[BookTop], None]] = []
        for asset, amount in OPENING:
            self.exchange.deposit(ACCOUNT, asset, Decimal(amount), self.now_ms())
        self._step()

    def now_ms(self) -> int:
        return WALL_START_MS + self._schedule.now_ns // 1_000_000

    @contextmanager
    def weather(self, fate: str) -> Iterator[None]:
        """Let what is asked meanwhile have *fate*."""
        before, self.fate = self.fate, fate
        try:
            yield
        finally:
            self.fate = before

    # the market

    def subscribe(self, feed: Callable[[BookTop], None]) -> None:
        """Call *feed* with every top of book from now on, the present ones at once."""
        self._feeds.append(feed)
        for name in self.exchange.listed:
            feed(self.top(name))

    def unsubscribe(self, feed: Callable[[BookTop], None]) -> None:
        """Call *feed* no more."""
        if feed in self._feeds:
            self._feeds.remove(feed)

    def _step(self) -> None:
        if self.still:
            return
        now = self.now_ms()
        for name in self.exchange.listed:
            moved = max(1, self.exchange.market[name] * self.rng.randrange(15) // 10_000)
            moved = moved if self.rng.random() < 0.5 else -moved
            at = max(1000, self.exchange.market[name] + moved)
            self.exchange.move(name, at, now)
            away, size = max(1, at // 5_000), self._size(at, name)
            self.exchange.quote(
                name,
                bids={at - away * n: size for n in range(1, LEVELS + 1)},
                asks={at + away * n: size for n in range(1, LEVELS + 1)},
            )
            if self.rng.random() < 0.5:
                buying = self.rng.random() < 0.5
                amount = max(1, size * self.rng.randrange(1, 30) // 10)
                self.exchange.take(name, buying=buying, amount=amount, now_ms=now)
            top = self.top(name)
            for feed in list(self._feeds):
                feed(top)
        self.note()
        self._schedule.after(MARKET_STEP_NS, self._step)

    def _size(self, ticks: int, name: str) -> int:
        listing = self.exchange.listed[name]
        worth = Decimal(self.rng.randrange(100, 700)) * UNITS_PER_ONE
        amount = int(worth // listing.price(ticks))
        return max(listing.step_units, amount - amount % listing.step_units)

    def top(self, name: str) -> BookTop:
        listing, book = self.exchange.listed[name], self.exchange.books[name]
        bid, ask = book.best_bid, book.best_ask
        return BookTop(
            instrument=name,
            bid=None if bid is None else listing.price(bid),
            bid_quantity=None if bid is None else Decimal(1),
            ask=None if ask is None else listing.price(ask),
            ask_quantity=None if ask is None else Decimal(1),
            stamp_ms=self.now_ms(),
        )

    def note(self) -> None:
        """Take down what just happened, and hide it for a while where the world says so."""
        happened = self.exchange.drain()
        most = 0 if self.quiet else self.faults.hidden_max_ms
        for event in happened.events:
            if isinstance(event, Accepted):
                self.accepted.append(event)
                self.on_accept(event, self._stamp_ms)
                self._hide(event.order_id, most)
            elif isinstance(event, Filled):
                self.filled += 1
                self._hide(event.trade_id, most)

    def _hide(self, name: int, most_ms: int) -> None:
        if most_ms:
            self._hidden[name] = self.now_ms() + self.rng.randrange(most_ms)

    def _visible(self, name: int) -> bool:
        return self.quiet or self._hidden.get(name, 0) <= self.now_ms()

    # what a private client is asked: `port.PrivateClient`

    @property
    def last_call(self) -> HttpCall | None:
        return None

    @property
    def counts(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        pass

    def server_time_ms(self) -> int:
        return self._read(self.now_ms)

    def submit(self, order: NewOrder, stamp_ms: int) -> Outcome:
        if self.fate == REFUSED:
            return NotSent(reason="ConnectError")
        if self.fate == THROTTLED:
            return Reject(
                kind=RejectKind.THROTTLED, code="TOO_MANY_REQUESTS", retry_after_ms=THROTTLED_MS
            )
        if self.fate == LOST_BEFORE:
            return Lost(reason="ReadTimeout")
        outcome = self._take(order, stamp_ms)
        return Lost(reason="503") if self.fate == LOST_AFTER else outcome

    def _take(self, order: NewOrder, stamp_ms: int) -> Outcome:
        self._stamp_ms = stamp_ms
        if self.enforces_window and abs(stamp_ms - self.now_ms()) > WINDOW_MS:
            return Reject(kind=RejectKind.STAMP, code="Unauthorized - Invalid Nonce")
        body = {
            "pairSymbol": self.exchange.listed[order.instrument].symbol,
            "orderType": order.side.value,
            "orderMethod": "limit",
            "quantity": text(order.quantity),
            "price": text(order.price),
            "newOrderClientId": order.client_order_id,
        }
        taken = self.exchange.submit(ACCOUNT, body, self.now_ms())
        self.note()
        if isinstance(taken, Refused):
            return Reject(kind=RejectKind.ORDER, code=taken.message)
        return Ack(venue_order_id=taken.accepted.order_id)

    def _read(self, answer: Callable[[], T]) -> T:
        """Return what *answer* finds, unless the weather keeps it."""
        if self.fate == THROTTLED:
            raise VenueUnavailable("TOO_MANY_REQUESTS", THROTTLED_MS)
        if self.fate == LOST_BEFORE:
            raise VenueUnavailable("ConnectTimeout")
        found = answer()
        if self.fate == LOST_AFTER:
            raise VenueUnavailable("ReadTimeout")
        return found

    def cancel(self, venue_order_id: int, stamp_ms: int) -> str:
        return self._read(lambda: self._cancel(venue_order_id))

    def _cancel(self, venue_order_id: int) -> str:
        most = 0 if self.quiet else self.faults.cancel_slow_max_ms
        delay_ns = self.rng.randrange(most) * 1_000_000 if most else 0
        self._schedule.after(delay_ns, lambda: self._cancelled(venue_order_id))
        return "SUCCESS"

    def _cancelled(self, venue_order_id: int) -> None:
        self.exchange.cancel(ACCOUNT, venue_order_id, self.now_ms())
        self.note()

    def open_orders(self, instrument: str, stamp_ms: int) -> list[VenueOrder]:
        return self._read(lambda: self._open_orders(instrument))

    def _open_orders(self, instrument: str) -> list[VenueOrder]:
        found = self.exchange.history.open_orders(ACCOUNT, instrument)
        return [_listed(order) for order in found if self._visible(order.accepted.order_id)]

    def all_orders(
        self, instrument: str, *, since_ms: int, page: int, stamp_ms: int
    ) -> list[VenueOrder]:
        return self._read(lambda: self._all_orders(instrument, since_ms, page))

    def _all_orders(self, instrument: str, since_ms: int, page: int) -> list[VenueOrder]:
        found = self.exchange.history.newest_orders(
            ACCOUNT, instrument, from_ms=since_ms // 1000 * 1000, to_ms=2**62, from_id=0
        )
        seen = [_listed(order) for order in found if self._visible(order.accepted.order_id)]
        return seen[(page - 1) * PAGE : page * PAGE]

    def order(self, venue_order_id: int, stamp_ms: int) -> VenueOrder:
        return self._read(lambda: self._order(venue_order_id))

    def _order(self, venue_order_id: int) -> VenueOrder:
        order = self.exchange.history.of(ACCOUNT, venue_order_id)
        if order is None or not self._visible(venue_order_id):
            raise VenueRefused("Order not found")
        return _listed(order)

    def fills(
        self, instrument: str, *, since_ms: int, until_ms: int | None = None, stamp_ms: int
    ) -> list[VenueFill]:
        return self._read(lambda: self._fills(instrument, since_ms, until_ms))

    def _fills(self, instrument: str, since_ms: int, until_ms: int | None) -> list[VenueFill]:
        found = self.exchange.history.newest_fills(
            ACCOUNT, instrument, from_ms=since_ms, to_ms=until_ms or 2**62
        )
        return [
            VenueFill(
                trade_id=str(fill.trade_id),
                venue_order_id=fill.order_id,
                client_order_id=order.accepted.client_order_id,
                instrument=instrument,
                side=order.accepted.side,
                price=fill.price,
                quantity=fill.quantity,
                fee=fill.fee,
                tax=fill.tax,
                fee_asset=instrument.split("_")[1],
                at_ms=fill.at_ms,
            )
            for order, fill in found
            if self._visible(fill.trade_id)
        ]

    def balances(self, stamp_ms: int) -> list[VenueBalance]:
        return self._read(self._balances)

    def _balances(self) -> list[VenueBalance]:
        wallet = self.exchange.history.ledger.wallet(ACCOUNT)
        return [
            VenueBalance(
                asset=asset,
                free=wallet.free[asset],
                held=wallet.locked[asset],
                withdrawing=Decimal(0),
                at_ms=self.now_ms(),
            )
            for asset in sorted({*wallet.free, *wallet.locked})
        ]

    def transfers(self, kind, *, since_ms: int, stamp_ms: int) -> list[VenueTransfer]:
        return self._read(lambda: self._transfers(kind, since_ms))

    def _transfers(self, kind: TransferKind, since_ms: int) -> list[VenueTransfer]:
        return [
            VenueTransfer(
                transfer_id=f"{kind.value}:{one.deposit_id}",
                asset=one.asset,
                amount=one.amount,
                settled=True,
                at_ms=one.at_ms,
            )
            for one in self.exchange.history.deposits
            if one.at_ms >= since_ms and (one.asset == "TRY") is (kind is TransferKind.FIAT)
        ]


def _listed(order: Order) -> VenueOrder:
    one = order.accepted
    return VenueOrder(
        venue_order_id=one.order_id,
        client_order_id=one.client_order_id,
        instrument=one.instrument,
        side=Side(one.side),
        price=one.price,
        quantity=order.amount,
        filled_quantity=order.filled,
        status=STATUS[order.status],
    )
