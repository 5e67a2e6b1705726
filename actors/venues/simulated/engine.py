"""The simulated exchange without its wires: orders, money and the market in one thread.

Every call says what time it is; time never runs backwards here. What happened to accounts is taken
with `drain` as events, to be journaled before anybody hears of it, and public trades with them.
A resting order trades at its own price: when the market's price goes through it, or when takers at
its price have used up what stands before it .
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

from msgspec import Struct

from actors.venues.settings import ExchangeFees
from actors.venues.simulated import admission
from actors.venues.simulated.accounts import hold
from actors.venues.simulated.admission import Refused, Wish
from actors.venues.simulated.book import HOUSE, Book, Match, Meter, QuantityMeter
from actors.venues.simulated.events import (
    Accepted,
    Deposited,
    Ended,
    Event,
    Filled,
    Method,
    Status,
)
from actors.venues.simulated.fees import affordable, charge, gross_taker
from actors.venues.simulated.history import History, Order
from actors.venues.simulated.listing import Listing, units
from messages.money import Amount
from messages.orders import Side

FIRST_ORDER_ID = 30_000_000_000  # ids of the size the venue gives today
FIRST_TRADE_ID = 1_181_000_000_000_000_000
TICKS_OF_1970 = 621_355_968_000_000_000  # a public trade id is a time in 100 ns since year 1
TICKS_PER_MS = 10_000


class PublicTrade(Struct, frozen=True):
    """A print on the tape; *buying* says what the taker did."""

    listing: Listing
    tid: int
    ticks: int
    units: int
    buying: bool
    at_ms: int


class Happened(Struct, frozen=True):
    """What one change did: to accounts, and in public."""

    events: tuple[Event, ...]
    trades: tuple[PublicTrade, ...]


class BudgetMeter:
    """A market buy: as much base as a spend in quote pays for, fees included."""

    def __init__(self, budget: Decimal, listing: Listing, fees: ExchangeFees) -> None:
        self._left, self._listing, self._fees = budget, listing, fees

    def wanted(self, ticks: int) -> int:
        price, gross = self._listing.price(ticks), gross_taker(self._fees)
        return units(affordable(self._left, price, gross))

    def took(self, ticks: int, amount: int) -> None:
        notional = self._listing.price(ticks) * self._listing.quantity(amount)
        cost = charge(notional, self._fees, maker=False)
        self._left -= notional + cost.fee + cost.tax


class Exchange:
    """All accounts and all books. Ends with an exception on any broken invariant."""

    def __init__(
        self, listed: Mapping[str, Listing], fees: ExchangeFees, *, orders_max: int
    ) -> None:
        self.listed = listed
        self.history = History(orders_max=orders_max)
        self.books = {instrument: Book() for instrument in listed}
        self.market = {one.instrument: one.ticks(one.opening) for one in listed.values()}
        self._fees = fees
        self._events: list[Event] = []
        self._trades: list[PublicTrade] = []
        self._last_tid = 0

    def restore(self, events: Iterable[Event]) -> None:
        """Become what a journal says: every order, fill and balance; what was open rests again."""
        for event in events:
            self.history.apply(event)
        for order in sorted(self._alive(), key=lambda order: order.accepted.order_id):
            if order.accepted.method is Method.MARKET:
                self._end(order, Status.CANCELED, order.updated_ms)  # a kill came between
            else:
                self._rest(order)

    def _alive(self) -> list[Order]:
        return [order for order in self.history.orders.values() if order.is_open]

    def deposit(self, account: str, asset: str, amount: Decimal, now_ms: int) -> None:
        """Bring money in."""
        self._did(
            Deposited(
                deposit_id=self.history.last_deposit_id + 1,
                account=account,
                asset=asset,
                amount=Amount(amount),
                at_ms=self._time(now_ms),
            )
        )

    def submit(self, account: str, body: Mapping[str, object], now_ms: int) -> Order | Refused:
        """Take an order and match it; return it as it stands, or the venue's no."""
        now_ms = self._time(now_ms)
        market = {name: self.listed[name].price(ticks) for name, ticks in self.market.items()}
        wish = admission.admit(body, self.listed, market)
        if isinstance(wish, Refused):
            return wish
        gross = gross_taker(self._fees)
        held = hold(wish.side, wish.quantity, wish.price, gross)
        base, quote = wish.listing.base, wish.listing.quote
        free = self.history.ledger.wallet(account).free[base if wish.side is Side.SELL else quote]
        if free < held:
            limit = wish.method is Method.LIMIT
            return admission.FUNDS_LIMIT if limit else admission.FUNDS_MARKET
        if wish.method is Method.MARKET and self._best(wish) is None:
            return admission.MARKET_FAILED
        order_id = max(FIRST_ORDER_ID, self.history.last_order_id) + 1
        accepted = Accepted(
            order_id=order_id,
            account=account,
            client_order_id=wish.client_order_id or str(uuid5(NAMESPACE_OID, str(order_id))),
            instrument=wish.listing.instrument,
            side=wish.side,
            method=wish.method,
            quantity=Amount(wish.quantity),
            price=None if wish.price is None else Amount(wish.price),
            hold=Amount(held),
            gross_taker=Amount(gross),
            at_ms=now_ms,
        )
        self._did(accepted)
        order = self.history.orders[order_id]
        self._match(order, wish, now_ms)
        return order

    def cancel(self, account: str, order_id: int, now_ms: int) -> Order | Refused:
        """End an order; cancelling a cancelled one succeeds again (#595)."""
        order = self.history.of(account, order_id)
        if order is None:
            return admission.NO_SUCH_ORDER
        if order.is_open:
            self.books[order.accepted.instrument].withdraw(order_id)
            self._end(order, Status.CANCELED, self._time(now_ms))
        return order if order.status is Status.CANCELED else admission.NOT_CANCELLABLE

    def move(self, instrument: str, ticks: int, now_ms: int) -> None:
        """The market's price goes to *ticks*: orders it went through trade, whole."""
        self.market[instrument] = ticks
        for resting_buys, match in self.books[instrument].through(ticks):
            self._traded(instrument, match, buying=not resting_buys, now_ms=now_ms)

    def quote(self, instrument: str, *, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        """The house stands as said around the market's price: bids below it, asks above."""
        self.books[instrument].quote(bids=bids, asks=asks)

    def take(self, instrument: str, *, buying: bool, amount: int, now_ms: int) -> None:
        """Somebody who is no account of ours trades *amount* units at the market."""
        book = self.books[instrument]
        best = book.best_ask if buying else book.best_bid
        if best is not None:
            limit = admission.protected(best, buying=buying)
            for match in book.take(QuantityMeter(amount), buying=buying, limit=limit):
                self._traded(instrument, match, buying=buying, now_ms=now_ms)

    def trade_at(
        self, instrument: str, ticks: int, *, buying: bool, amount: int, now_ms: int
    ) -> None:
        """Others traded *amount* units at *ticks*: orders of ours at that price come first."""
        meter = QuantityMeter(amount)
        for match in self.books[instrument].at(ticks, meter, buying=buying):
            self._traded(instrument, match, buying=buying, now_ms=now_ms)
        if meter.left > 0:
            rest = Match(HOUSE, ticks, meter.left, 0)
            self._traded(instrument, rest, buying=buying, now_ms=now_ms)

    def drain(self) -> Happened:
        """Return what happened since the last time, and forget it."""
        happened = Happened(tuple(self._events), tuple(self._trades))
        self._events.clear()
        self._trades.clear()
        return happened

    def _best(self, wish: Wish) -> int | None:
        book = self.books[wish.listing.instrument]
        return book.best_ask if wish.side is Side.BUY else book.best_bid

    def _match(self, order: Order, wish: Wish, now_ms: int) -> None:
        """Let a new order trade with what rests; put the rest of a limit order into the book."""
        buying, listing = wish.side is Side.BUY, wish.listing
        meter: Meter = QuantityMeter(units(wish.quantity))
        if order.spends_quote:
            meter = BudgetMeter(wish.quantity, listing, self._fees)
        if wish.price is None:
            best = self._best(wish)
            limit = None if best is None else admission.protected(best, buying=buying)
        else:
            limit = listing.ticks(wish.price)
        for match in self.books[listing.instrument].take(meter, buying=buying, limit=limit):
            self._traded(listing.instrument, match, buying=buying, now_ms=now_ms)
            self._filled(order, match, maker=False, now_ms=now_ms)
        if wish.method is Method.MARKET:
            self._end(order, Status.CLOSED, now_ms)
        elif order.is_open:
            self._rest(order)

    def _rest(self, order: Order) -> None:
        one = order.accepted
        if one.price is None:
            raise ValueError(f"a market order cannot rest: {one.order_id}")
        self.books[one.instrument].rest(
            one.order_id,
            buying=one.side is Side.BUY,
            ticks=self.listed[one.instrument].ticks(one.price),
            units=units(order.left),
        )

    def _traded(self, instrument: str, match: Match, *, buying: bool, now_ms: int) -> None:
        """Print one trade and, when an account's order was resting there, fill it."""
        at_ms = self._time(now_ms)
        self._last_tid = max(self._last_tid + 1, at_ms * TICKS_PER_MS + TICKS_OF_1970)
        listing = self.listed[instrument]
        trade = PublicTrade(listing, self._last_tid, match.ticks, match.units, buying, at_ms)
        self._trades.append(trade)
        if match.order_id != HOUSE:
            self._filled(self.history.orders[match.order_id], match, maker=True, now_ms=at_ms)

    def _filled(self, order: Order, match: Match, *, maker: bool, now_ms: int) -> None:
        listing = self.listed[order.accepted.instrument]
        price, quantity = listing.price(match.ticks), listing.quantity(match.units)
        cost = charge(price * quantity, self._fees, maker=maker)
        self._did(
            Filled(
                trade_id=max(FIRST_TRADE_ID, self.history.last_trade_id) + 1,
                order_id=order.accepted.order_id,
                price=Amount(price),
                quantity=Amount(quantity),
                fee=Amount(cost.fee),
                tax=Amount(cost.tax),
                maker=maker,
                at_ms=now_ms,
            )
        )

    def _end(self, order: Order, status: Status, now_ms: int) -> None:
        self._did(Ended(order_id=order.accepted.order_id, status=status, at_ms=now_ms))

    def _did(self, event: Event) -> None:
        self.history.apply(event)
        self._events.append(event)

    def _time(self, now_ms: int) -> int:
        return max(now_ms, self.history.changed_ms)
