"""The exchange as it runs: every change is journaled, then told to whom it concerns, then answered.

One thread. A change that cannot be written ends the process before anybody hears of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.stream import Contain
from actors.venues.clock import Clock
from actors.venues.settings import ExchangeAccount, ExchangeSettings
from actors.venues.simulated import frames, market, mirror
from actors.venues.simulated.accounts import Wallet
from actors.venues.simulated.admission import (
    CANCEL_BLOCKED,
    Conditions,
    Refused,
    listing_of,
)
from actors.venues.simulated.doorman import Account, Doorman, Turnstile
from actors.venues.simulated.engine import Exchange, Happened
from actors.venues.simulated.events import (
    Accepted,
    Deposited,
    Ended,
    Filled,
    Method,
    Requested,
    Status,
    Triggered,
    Withdrawn,
)
from actors.venues.simulated.faults import Faults, load
from actors.venues.simulated.frames import Depth
from actors.venues.simulated.history import Order
from actors.venues.simulated.hub import ALL, Hub
from actors.venues.simulated.journal import Journal, resume
from actors.venues.simulated.lagging import Cancel, Cancels, VenueClock, Wallets
from actors.venues.simulated.listing import LISTINGS, Listing
from actors.venues.simulated.marks import load_marks, save_marks
from actors.venues.simulated.rows import Day
from actors.venues.simulated.tape import RESOLUTIONS_S, Tape


class InstrumentUnknown(ValueError):
    """The configuration names an instrument that is not listed here."""

    exit_code = 78


BOOK_CHANNELS = ("orderbook", "obdiff")


class Floor:
    """Engine, journal, market, tapes and listeners, bound together."""

    def __init__(
        self, settings: ExchangeSettings, clock: Clock, journal: Journal, contain: Contain
    ) -> None:
        """Become what *journal* says, and open the market; *contain* keeps a feed's thread alive.

        Raises MarketFileError, InstrumentUnknown, FaultsWrong, SecretUnreadable, JournalDamaged and
        OSError.
        """
        listed = _listed(settings)
        self.settings = settings
        self.listed: dict[str, Listing] = listed
        self.faults = Faults()
        if settings.faults is not None:
            self.faults.switch(load(Path(settings.faults)))
        self.clock = VenueClock(clock, self.faults)
        self.hub = Hub(self.faults)
        self.doorman = Doorman(
            [credentials(one.public_key, one.secret) for one in _accounts(settings)],
            window_ms=settings.stamp_window_ms,
            reuse_refused=settings.stamp_reuse_refused,
            nonce_max=settings.policies.login_nonce_max,
        )
        self.turnstile = Turnstile(enforced=settings.enforce_limits)
        self.tapes = {name: Tape() for name in listed}
        self.depths = {name: Depth(listing) for name, listing in listed.items()}
        self.exchange = Exchange(
            listed,
            settings.fees,
            orders_max=settings.history_max,
            policies=settings.policies,
        )
        self._run_dir = journal.path.parent
        self._market = (
            mirror.build(settings.mirror, self.exchange, clock, contain)
            if settings.mirror
            else market.build(settings, self.exchange, load_marks(self._run_dir))
        )
        self._journal = journal
        self._cancels = Cancels()
        self._wallets = Wallets()
        self._announced = ""
        self.torn = False  # whether a change was left half done
        self.exchange.restore(resume(journal.path))
        self.compact()
        self._open_accounts()
        self.step(settings.house.step_ms)

    def _open_accounts(self) -> None:
        """Give every account that the journal does not know its opening balances."""
        known = {one.account for one in self.exchange.history.deposits}
        for account in _accounts(self.settings):
            if account.public_key not in known:
                for asset, amount in account.balances.items():
                    now_ms = self.clock.wall_ms()
                    self.exchange.deposit(account.public_key, asset, amount, now_ms)
        self._settle()

    def deposit(self, account: str, asset: str, amount: Decimal) -> None:
        """Let money come in while the exchange runs; when this returns it is on disk."""
        with self._change():
            self.exchange.deposit(account, asset, amount, self.clock.wall_ms())
            self._settle()

    def withdraw(self, account: str, asset: str, amount: Decimal, *, requested: bool) -> bool:
        """Let money leave, or only set it aside for that; False when it is not there."""
        leave = self.exchange.request if requested else self.exchange.withdraw
        with self._change():
            found = leave(account, asset, amount, self.clock.wall_ms())
            self._settle()
        return found

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Be torn until the change is whole: so it stays when an error leaves it half done."""
        self.torn = True
        yield
        self.torn = False

    def submit(self, account: Account, body: Mapping[str, object]) -> Order | Refused:
        """Take an order; when this returns the change is on disk and told."""
        on = self.faults.on
        self.exchange.conditions = Conditions(frozenset(on.halted), on.price_band_percent)
        wish = self.exchange.admit(body)
        if isinstance(wish, Refused):
            return wish
        with self._change():
            found = self.exchange.place(account.name, wish, self.clock.wall_ms())
            self._settle()
        return found

    def cancel(self, account: Account, order_id: int) -> Order | Refused:
        """Take a cancel; when no fault makes it late, the change is on disk and told."""
        on, found = self.faults.on, self.exchange.cancellable(account.name, order_id)
        if isinstance(found, Refused) or not found.is_open:
            return found
        if found.accepted.instrument in on.cancel_blocked:
            return CANCEL_BLOCKED
        cancel = Cancel(self.clock.mono_ms() + on.cancel_lag_ms, account.name, order_id)
        if not on.cancel_lag_ms or not self._cancels.wait(cancel):
            with self._change():
                self._cancel(cancel)
                self._settle()
        return found

    def _cancel(self, cancel: Cancel) -> None:
        """Let an accepted cancel happen; part of the order may trade before."""
        percent = self.faults.on.cancel_fill_percent
        now_ms = self.clock.wall_ms()
        self.exchange.cancel(cancel.account, cancel.order_id, now_ms, fill_percent=percent)

    def wallet(self, account: str) -> tuple[int, Wallet]:
        """Return what an account is shown to have, and of when that is."""
        now_ms, lag_ms = self.clock.wall_ms(), self.faults.on.stale_balances_ms
        old = self._wallets.as_of(account, now_ms - lag_ms) if lag_ms else None
        return old or (now_ms, self.exchange.history.ledger.wallet(account))

    def step(self, elapsed_ms: int) -> None:
        """Let the market go on."""
        for cancel in self._cancels.due(self.clock.mono_ms()):
            self._cancel(cancel)
        self._market.step(self.clock.wall_ms(), elapsed_ms)
        self._settle()
        self._fault_step()

    def _fault_step(self) -> None:
        """Do what faults need from time to time."""
        on = self.faults.on
        if on.system_message != self._announced:
            self._announced = on.system_message
            if on.system_message:
                self.hub.announce(frames.system_message(on.system_message))
        if not on.stale_balances_ms:
            self._wallets.forget()
            return
        for name in self.doorman.accounts:
            wallet = self.exchange.history.ledger.wallet(name)
            self._wallets.note(name, wallet, self.clock.wall_ms(), first=True)

    def quoted(self, name: str) -> bool:
        """Return whether *name* has a market: without one its book is not shown to anybody."""
        return self._market.quoted(name)

    def news(self) -> mirror.News | None:
        """Return how the public feed is when that changed."""
        return self._market.news()

    def close(self) -> None:
        """Follow the market no longer; what was accepted is done."""
        for cancel in self._cancels.due(None):
            self._cancel(cancel)
        self._settle()
        self._market.close()

    def compact(self) -> None:
        """Make the journal small again when it grew: what can be asked for stays in it."""
        if self._journal.grown >= self.settings.journal_bytes_max:
            history = self.exchange.history
            self._journal.compact(history.carried, lambda number: number in history.orders)

    def save_marks(self) -> None:
        """Remember where the market is, for the next start."""
        save_marks(self._run_dir, self._market.marks())

    def publish_books(self) -> None:
        """Tell the listeners of books what changed."""
        for name, depth in self.depths.items():
            symbol = self.listed[name].symbol
            if not self.quoted(name):
                continue
            if self.hub.heard(*((channel, symbol) for channel in BOOK_CHANNELS)):
                self.publish_book(name)
            if self.hub.heard(("orderbook", symbol)):
                self.hub.publish(("orderbook", symbol), depth.whole("orderbook"))

    def publish_book(self, name: str) -> None:
        """Look at one book and tell those who follow its differences."""
        difference = self.depths[name].look(
            self.exchange.books[name],
            jump=self.faults.on.changeset_jump,
            strange=self.faults.on.strange_removals,
        )
        if difference is not None:
            self.hub.publish(("obdiff", self.listed[name].symbol), difference)

    def publish_tickers(self) -> None:
        """Tell the listeners of tickers how the day is."""
        topics = [("ticker", listing.symbol) for listing in self.listed.values()]
        if not self.hub.heard(("ticker", ALL), *topics):
            return
        days = [self.day(listing) for listing in self.listed.values()]
        self.hub.publish(("ticker", ALL), frames.tickers(days))
        for day in days:
            self.hub.publish(("ticker", day.listing.symbol), frames.ticker(day))

    def publish_candles(self) -> None:
        """Tell the listeners of candles how the newest one stands."""
        for event in self.hub.joined("tradeview"):
            frame = self.candle(event)
            if frame is not None:
                self.hub.publish(("tradeview", event), frame)

    def candle(self, event: str) -> frames.Frame | None:
        """Return the forming candle that `BTCTRY_60` names, None when there is none."""
        symbol, _, resolution = event.partition("_")
        listing, every_s = listing_of(symbol, self.listed), RESOLUTIONS_S.get(resolution)
        if listing is None or every_s is None:
            return None
        bar = self.tapes[listing.instrument].forming(every_s)
        return None if bar is None else frames.candle(listing, resolution, bar)

    def day(self, listing: Listing) -> Day:
        """Return the last 24 hours of *listing*."""
        name = listing.instrument
        day = self.tapes[name].day(self.clock.wall_ms())
        return Day(listing, day, self.exchange.books[name], self.exchange.market[name])

    def _settle(self) -> None:
        happened = self.exchange.drain()
        if happened.events:
            self._journal.append(happened.events)
        for trade in happened.trades:
            self.tapes[trade.listing.instrument].add(trade)
            topic = ("trade", trade.listing.symbol)
            if self.hub.heard(topic):
                self.hub.publish(topic, frames.trade(trade))
        self._tell(happened)

    def _tell(self, happened: Happened) -> None:
        """Tell the accounts what happened to them, each once more that its balances moved."""
        moved: dict[str, None] = {}
        for event in happened.events:
            if isinstance(event, Deposited | Requested | Withdrawn):
                moved[event.account] = None
                continue
            order = self.exchange.history.orders.get(event.order_id)
            if order is not None:
                moved[order.accepted.account] = None
                self._tell_order(order, event)
        for name in moved:
            if self.faults.on.stale_balances_ms:
                wallet = self.exchange.history.ledger.wallet(name)
                self._wallets.note(name, wallet, self.clock.wall_ms())
            self.hub.tell(name, frames.balance_updated(self._user(name)))

    def _tell_order(self, order: Order, event: Accepted | Triggered | Filled | Ended) -> None:
        name, rests = order.accepted.account, order.accepted.method is not Method.MARKET
        listing, user = self.listed[order.accepted.instrument], self._user(name)
        match event:
            case Accepted() if rests:
                self.hub.tell(name, frames.order_insert(order, listing, user))
            case Filled():
                self.hub.tell(name, frames.order_match(order, event, listing, user))
                if not self.faults.on.hide_fills_ms:
                    self.hub.tell(name, frames.user_trade(order, event, listing))
                if self.settings.delete_frame_on_fill and order.status is Status.CLOSED:
                    self.hub.tell(name, frames.order_delete(order, listing, user))
            case Triggered() if self.settings.policies.order_update_frames:
                self.hub.tell(name, frames.order_update(order, listing, user))
            case Ended() if rests:
                self.hub.tell(name, frames.order_delete(order, listing, user))

    def _user(self, name: str) -> int:
        account = self.doorman.accounts.get(name)
        return 0 if account is None else account.user


def _listed(settings: ExchangeSettings) -> dict[str, Listing]:
    unknown = [name for name in settings.instruments if name not in LISTINGS]
    if unknown:
        raise InstrumentUnknown(f"not listed: {', '.join(unknown)}; listed: {', '.join(LISTINGS)}")
    return {name: LISTINGS[name] for name in settings.instruments}


def _accounts(settings: ExchangeSettings) -> tuple[ExchangeAccount, ...]:
    return (settings.account, *settings.more_accounts)
