"""Whose money it is: free and locked funds of every account, and where the rest went.

Per asset, what came in and did not leave equals what the accounts hold, the market took, and fees
and taxes ate: `total` is zero of every asset at any time. Free and locked are never negative.
"""

from collections import defaultdict
from decimal import Decimal

from actors.venues.simulated.events import (
    Accepted,
    Carried,
    Deposited,
    Filled,
    Held,
    Requested,
    Withdrawn,
)
from messages.money import ONE, ZERO, Amount
from messages.orders import Side

Funds = defaultdict[str, Decimal]


class OverdrawnError(Exception):
    """An account would hold less than nothing: a bug here, the process ends."""

    exit_code = 72


def _none() -> Funds:
    return defaultdict(lambda: ZERO)


class Wallet:
    """One account's funds by asset: balance = free + locked + requested, which is what orders hold
    and what is set aside for withdrawals."""

    def __init__(self) -> None:
        self.free = _none()
        self.locked = _none()
        self.requested = _none()

    def move(self, asset: str, *, free: Decimal = ZERO, locked: Decimal = ZERO) -> None:
        """Change both by the amounts given."""
        after_free, after_locked = self.free[asset] + free, self.locked[asset] + locked
        if after_free < 0 or after_locked < 0:
            raise OverdrawnError(f"{asset}: free {after_free}, locked {after_locked}")
        self.free[asset], self.locked[asset] = after_free, after_locked


class Ledger:
    """All funds of the exchange; changes only by the events of its journal."""

    def __init__(self) -> None:
        self._wallets: dict[str, Wallet] = {}
        self.deposited = _none()
        self.market = _none()  # net of what trades brought the market: its other side
        self.fees = _none()
        self.taxes = _none()
        self._still = False

    def carry(self, carried: Carried) -> None:
        """Become what a compacted journal says, and stand still until `go_on`: what is told until
        then moved its money before."""
        for account, held in carried.accounts.items():
            wallet = self.wallet(account)
            wallet.free.update({asset: one.free for asset, one in held.items()})
            wallet.locked.update({asset: one.locked for asset, one in held.items()})
            wallet.requested.update({asset: one.requested for asset, one in held.items()})
        sums = (carried.deposited, carried.market, carried.fees, carried.taxes)
        for ours, theirs in zip(self._sums(), sums, strict=True):
            ours.update(theirs)
        self._still = True

    def go_on(self) -> None:
        self._still = False

    def _sums(self) -> tuple[Funds, Funds, Funds, Funds]:
        return self.deposited, self.market, self.fees, self.taxes

    def accounts(self) -> dict[str, dict[str, Held]]:
        """Return what every account has."""
        return {
            name: {
                asset: Held(
                    free=Amount(one.free[asset]),
                    locked=Amount(one.locked[asset]),
                    requested=Amount(one.requested[asset]),
                )
                for asset in sorted(one.free.keys() | one.locked.keys() | one.requested.keys())
            }
            for name, one in self._wallets.items()
        }

    def wallet(self, account: str) -> Wallet:
        """Return the funds of *account*, empty for a new one."""
        found = self._wallets.get(account)
        if found is None:
            found = self._wallets[account] = Wallet()
        return found

    def deposit(self, event: Deposited) -> None:
        if self._still:
            return
        self.deposited[event.asset] += event.amount
        self.wallet(event.account).move(event.asset, free=event.amount)

    def request(self, event: Requested) -> None:
        """Set aside what is to leave."""
        if self._still:
            return
        wallet = self.wallet(event.account)
        wallet.move(event.asset, free=-event.amount)
        wallet.requested[event.asset] += event.amount

    def withdraw(self, event: Withdrawn) -> None:
        if self._still:
            return
        wallet = self.wallet(event.account)
        aside = min(event.amount, wallet.requested[event.asset])
        wallet.move(event.asset, free=aside - event.amount)
        wallet.requested[event.asset] -= aside
        self.deposited[event.asset] -= event.amount

    def accept(self, event: Accepted) -> None:
        """Set aside what the order may cost."""
        if self._still:
            return
        asset = spent_asset(event)
        self.wallet(event.account).move(asset, free=-event.hold, locked=event.hold)

    def fill(self, order: Accepted, event: Filled) -> Decimal:
        """Book one fill of *order*; return how much of its hold was used up.

        A limit buy gives its part of the hold free, at limit price and taker rate, and pays what
        the fill really cost: a better price or the maker rate leaves the difference (FAQ of the
        venue's documentation).
        """
        base, quote = order.instrument.split("_")
        notional = event.price * event.quantity
        cost = notional + event.fee + event.tax
        if order.side is Side.SELL:
            part: Decimal = event.quantity
        else:
            part = cost if order.price is None else _hold_of(order, event.quantity)
        if self._still:
            return part
        wallet = self.wallet(order.account)
        self.fees[quote] += event.fee
        self.taxes[quote] += event.tax
        if order.side is Side.SELL:
            wallet.move(base, locked=-event.quantity)
            wallet.move(quote, free=notional - event.fee - event.tax)
            self.market[base] += event.quantity
            self.market[quote] -= notional
            return part
        wallet.move(quote, locked=-part, free=part - cost)
        wallet.move(base, free=event.quantity)
        self.market[quote] += notional
        self.market[base] -= event.quantity
        return part

    def release(self, order: Accepted, rest: Decimal) -> None:
        """Give back what is left of an ended order's hold."""
        if self._still:
            return
        self.wallet(order.account).move(spent_asset(order), free=rest, locked=-rest)

    def total(self, asset: str) -> Decimal:
        """Return what is missing or too much of *asset*: zero, or there is a bug."""
        wallets = self._wallets.values()
        held = sum((w.free[asset] + w.locked[asset] + w.requested[asset] for w in wallets), ZERO)
        gone = self.market[asset] + self.fees[asset] + self.taxes[asset]
        return held + gone - self.deposited[asset]


def spent_asset(order: Accepted) -> str:
    """Return the asset an order pays with."""
    base, quote = order.instrument.split("_")
    return base if order.side is Side.SELL else quote


def hold(order_side: Side, quantity: Decimal, price: Decimal | None, gross: Decimal) -> Decimal:
    """Return what an order sets aside: a sell its base, a market buy its spend, a limit buy its
    notional at the taker's rate (BtcTurk docs, FAQ)."""
    if order_side is Side.SELL or price is None:
        return quantity
    return quantity * price * (ONE + gross)


def _hold_of(order: Accepted, quantity: Decimal) -> Decimal:
    return hold(order.side, quantity, order.price, order.gross_taker)
