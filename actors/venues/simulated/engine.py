"""The simulated exchange without its wires: orders, money and the market in one thread.

Every call says what time it is; time never runs backwards here. What happened to accounts is taken
with `drain` as events, to be journaled before anybody hears of it, and public trades with them.
A resting order trades at its own price: when the market's price goes through it, or when takers at
its price have used up what stands before it. A stop order waits for a trade at its stop price.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

from msgspec import Struct

from actors.venues.settings import ExchangeFees, ExchangePolicies
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
    Line,
    Method,
    Requested,
    Status,
    Triggered,
    Withdrawn,
)
from actors.venues.simulated.fees import affordable, charge, gross_taker
from actors.venues.simulated.history import History, Order
from actors.venues.simulated.listing import Listing, units
from actors.venues.simulated.stops import Stops
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
        self,
        listed: Mapping[str, Listing],
        fees: ExchangeFees,
        *,
        orders_max: int,
        policies: ExchangePolicies | None = None,
    ) -> None:
        self.listed = listed
        self.history = History(orders_max=orders_max)
        self.books = {instrument: Book() for instrument in listed}
        self.market = {one.instrument: one.ticks(one.opening) for one in listed.values()}
        self.conditions = admission.ORDINARY
        self._fees, self._policies = fees, policies or ExchangePolicies()
        self._stops = Stops()
        self._events: list[Event] = []
        self._trades: list[PublicTrade] = []
        self._last_tid = 0

    def restore(self, lines: Iterable[Line]) -> None:
        """Become what a journal says: every order, fill and balance; what was open rests again."""
        self.history.resume(lines)
        for order in sorted(self._alive(), key=lambda order: order.accepted.order_id):
            if order.waits:
                self._wait(order)
            elif order.accepted.method.priced:
                self._rest(order)
            else:
                self._end(order, Status.CANCELED, order.updated_ms)  # a kill came between

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

    def withdraw(self, account: str, asset: str, amount: Decimal, now_ms: int) -> bool:
        """Let money leave, first what was set aside for that; False when there is not so much."""
        wallet = self.history.ledger.wallet(account)
        if wallet.free[asset] + wallet.requested[asset] < amount:
            return False
        self._did(
            Withdrawn(
                withdrawal_id=self.history.last_deposit_id + 1,
                account=account,
                asset=asset,
                amount=Amount(amount),
                at_ms=self._time(now_ms),
            )
        )
        return True

    def request(self, account: str, asset: str, amount: Decimal, now_ms: int) -> bool:
        """Set money aside for a withdrawal; False when there is not so much."""
        if self.history.ledger.wallet(account).free[asset] < amount:
            return False
        at_ms, wanted = self._time(now_ms), Amount(amount)
        self._did(Requested(account=account, asset=asset, amount=wanted, at_ms=at_ms))
        return True

    def submit(self, account: str, body: Mapping[str, object], now_ms: int) -> Order | Refused:
        """Take an order and match it; return it as it stands, or the venue's no."""
        wish = self.admit(body)
        return wish if isinstance(wish, Refused) else self.place(account, wish, now_ms)

    def admit(self, body: Mapping[str, object]) -> Wish | Refused:
        """Return what *body* asks for, or the venue's no; nothing changes."""
        market = {name: self.listed[name].price(ticks) for name, ticks in self.market.items()}
        return admission.admit(body, self.listed, market, self._policies, self.conditions)

    def place(self, account: str, wish: Wish, now_ms: int) -> Order | Refused:
        """Take an order that was admitted, where there are funds for it, and match it."""
        now_ms = self._time(now_ms)
        gross = gross_taker(self._fees)
        held = hold(wish.side, wish.quantity, wish.price, gross)
        refused = self._refusal(account, wish, held)
        if refused is not None:
            return refused
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
            stop_price=None if wish.stop_price is None else Amount(wish.stop_price),
        )
        self._did(accepted)
        order = self.history.orders[order_id]
        if order.waits:
            self._wait(order)
        else:
            self._match(order, now_ms)
            self._wake(wish.listing.instrument, now_ms)
        return order

    def cancellable(self, account: str, order_id: int) -> Order | Refused:
        """Return the order when a cancel of it is taken; that of a cancelled one is (#595)."""
        order = self.history.of(account, order_id)
        if order is None:
            return admission.NO_SUCH_ORDER
        taken = order.is_open or order.status is Status.CANCELED
        return order if taken else admission.NOT_CANCELLABLE

    def cancel(
        self, account: str, order_id: int, now_ms: int, *, fill_percent: int = 0
    ) -> Order | Refused:
        """End an order; before that so much of what is left of it trades after all."""
        order = self.cancellable(account, order_id)
        if isinstance(order, Refused) or not order.is_open:
            return order
        if fill_percent:
            self._fill_late(order, fill_percent, now_ms)
        if order.is_open:
            self.books[order.accepted.instrument].withdraw(order_id)
            self._stops.withdraw(order.accepted.instrument, order_id)
            self._end(order, Status.CANCELED, self._time(now_ms))
        return order if order.status is Status.CANCELED else admission.NOT_CANCELLABLE

    def move(self, instrument: str, ticks: int, now_ms: int) -> None:
        """The market's price goes to *ticks*: orders it went through trade, whole."""
        self.market[instrument] = ticks
        for resting_buys, match in self.books[instrument].through(ticks):
            self._traded(instrument, match, buying=not resting_buys, now_ms=now_ms)
        self._wake(instrument, now_ms)

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
            self._wake(instrument, now_ms)

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
        self._wake(instrument, now_ms)

    def drain(self) -> Happened:
        """Return what happened since the last time, and forget it."""
        happened = Happened(tuple(self._events), tuple(self._trades))
        self._events.clear()
        self._trades.clear()
        return happened

    def _refusal(self, account: str, wish: Wish, held: Decimal) -> Refused | None:
        """Return why the order cannot be had for what is there: funds, market, policies."""
        base, quote = wish.listing.base, wish.listing.quote
        free = self.history.ledger.wallet(account).free[base if wish.side is Side.SELL else quote]
        if free < held:
            return admission.FUNDS_LIMIT if wish.method.priced else admission.FUNDS_MARKET
        buying, book = wish.side is Side.BUY, self.books[wish.listing.instrument]
        best = book.best_ask if buying else book.best_bid
        if wish.stop_price is not None:
            at = wish.listing.ticks(wish.stop_price)
            now = self.market[wish.listing.instrument] if best is None else best
            if buying and at <= now:
                return admission.STOP_NOT_ABOVE
            if not buying and at >= now:
                return admission.STOP_NOT_BELOW
        if wish.method is Method.MARKET:
            if best is None:
                return admission.MARKET_FAILED
            limit = admission.protected(best, buying=buying)
            whole = self._policies.market_rest == "refuse"
            if whole and not book.fills(self._meter(wish), buying=buying, limit=limit):
                return admission.MARKET_FAILED
        name = wish.client_order_id
        if self._policies.client_ids_unique and name and self.history.named(account, name):
            return admission.PARAMETER
        if self._policies.self_trade == "refuse" and self._meets_itself(account, wish):
            return admission.LIMIT_FAILED if wish.method.priced else admission.MARKET_FAILED
        return None

    def _meets_itself(self, account: str, wish: Wish) -> bool:
        """Return whether an order of the same account rests where this one may trade."""
        for order in self.history.open_orders(account, wish.listing.instrument):
            one = order.accepted
            if one.side is wish.side or one.price is None or order.waits:
                continue
            at = wish.price or one.price  # a market order takes any
            if at >= one.price if wish.side is Side.BUY else at <= one.price:
                return True
        return False

    def _meter(self, one: Wish | Accepted) -> Meter:
        listing = one.listing if isinstance(one, Wish) else self.listed[one.instrument]
        if not one.method.priced and one.side is Side.BUY:
            return BudgetMeter(one.quantity, listing, self._fees)
        return QuantityMeter(units(one.quantity))

    def _match(self, order: Order, now_ms: int) -> None:
        """Let an order trade with what rests; put the rest of one with a price into the book."""
        one = order.accepted
        buying, listing = one.side is Side.BUY, self.listed[one.instrument]
        book = self.books[one.instrument]
        if one.price is not None:
            limit: int | None = listing.ticks(one.price)
        else:
            best = book.best_ask if buying else book.best_bid
            limit = None if best is None else admission.protected(best, buying=buying)
        for match in book.take(self._meter(one), buying=buying, limit=limit):
            self._traded(listing.instrument, match, buying=buying, now_ms=now_ms)
            self._filled(order, match, maker=False, now_ms=now_ms)
        if not one.method.priced:
            empty = one.method.stops and not order.fills
            self._end(order, Status.CANCELED if empty else Status.CLOSED, now_ms)
        elif order.is_open:
            self._rest(order)

    def _wait(self, order: Order) -> None:
        one = order.accepted
        if one.stop_price is None:
            raise ValueError(f"an order without a stop price cannot wait: {one.order_id}")
        ticks = self.listed[one.instrument].ticks(one.stop_price)
        buying = one.side is Side.BUY
        self._stops.wait(one.instrument, one.order_id, buying=buying, ticks=ticks)

    def _wake(self, instrument: str, now_ms: int) -> None:
        """Let the stop orders trade whose price was traded, and those that these wake."""
        while due := self._stops.due(instrument):
            for order_id in due:
                at_ms = self._time(now_ms)
                self._did(Triggered(order_id=order_id, at_ms=at_ms))
                self._match(self.history.orders[order_id], at_ms)

    def _fill_late(self, order: Order, percent: int, now_ms: int) -> None:
        """Trade *percent* of what is left of a resting order, on its quantity step."""
        one = order.accepted
        step = self.listed[one.instrument].step_units
        amount = units(order.left) * percent // 100
        amount -= amount % step
        match = self.books[one.instrument].hit(one.order_id, amount) if amount else None
        if match is not None:
            self._traded(one.instrument, match, buying=one.side is Side.SELL, now_ms=now_ms)
            self._wake(one.instrument, now_ms)

    def _rest(self, order: Order) -> None:
        one = order.accepted
        if one.price is None:
            raise ValueError(f"an order without a price cannot rest: {one.order_id}")
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
        self._stops.traded(instrument, match.ticks)
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
