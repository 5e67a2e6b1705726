"""Which accounts move for what happens to an order. The legs of a transfer sum to zero per asset.

What is said about money here is the venue's own arithmetic: a limit buy sets aside its notional at
the taker's rate, a fill gives its part of that back and pays what it really cost
(btcturk/api.md 7.3, 2026-03).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from messages.money import ONE, ZERO
from messages.orders import Side
from store.rows import EXTERNAL, FEES, FREE, HELD, MARKET, TAXES, WITHDRAWING


class Leg(Struct, frozen=True):
    """One posting of a transfer that has no name yet."""

    account: str
    asset: str
    amount: Decimal


class Cost(Struct, frozen=True, kw_only=True):
    """What one execution moves: *fee* and *tax* are positive and in *fee_asset*."""

    side: Side
    base: str
    quote: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    tax: Decimal
    fee_asset: str

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


def assets(instrument: str) -> tuple[str, str]:
    """Return base and quote of *instrument*."""
    base, quote = instrument.split("_")
    return base, quote


def hold(instrument: str, side: Side, quantity: Decimal, price: Decimal, gross: Decimal) -> Leg:
    """Return what a limit order sets aside; *gross* is the taker rate with its tax, a ratio."""
    base, quote = assets(instrument)
    if side is Side.SELL:
        return Leg(HELD, base, quantity)
    return Leg(HELD, quote, quantity * price * (ONE + gross))


def set_aside(asset: str, amount: Decimal) -> list[Leg]:
    """Return the legs that move *amount* from what is free to what is held."""
    return legs([Leg(FREE, asset, -amount), Leg(HELD, asset, amount)])


def give_back(asset: str, amount: Decimal) -> list[Leg]:
    """Return the legs that free the rest of a hold."""
    return legs([Leg(HELD, asset, -amount), Leg(FREE, asset, amount)])


def opening(asset: str, *, free: Decimal, withdrawing: Decimal) -> list[Leg]:
    """Return the legs by which money that was there before comes into the books."""
    return legs(
        [
            Leg(EXTERNAL, asset, -(free + withdrawing)),
            Leg(FREE, asset, free),
            Leg(WITHDRAWING, asset, withdrawing),
        ]
    )


def asked_for(asset: str, amount: Decimal) -> list[Leg]:
    """Return the legs by which *amount* is set aside to be withdrawn; below 0: it is free again."""
    return legs([Leg(FREE, asset, -amount), Leg(WITHDRAWING, asset, amount)])


def withdrawal(asset: str, amount: Decimal, *, withdrawing: Decimal) -> list[Leg]:
    """Return the legs by which *amount* leaves; *withdrawing* of it was set aside for that."""
    return legs(
        [
            Leg(EXTERNAL, asset, amount),
            Leg(WITHDRAWING, asset, -withdrawing),
            Leg(FREE, asset, withdrawing - amount),
        ]
    )


def execution(cost: Cost, *, part: Decimal) -> list[Leg]:
    """Return the legs of one fill; *part* of the order's hold is used up by it.

    A late fill has no hold left: with *part* zero it is paid from what is free.
    """
    bought, paid = (cost.base, cost.quote)
    gave, got = cost.notional, cost.quantity
    if cost.side is Side.SELL:
        bought, paid = cost.quote, cost.base
        gave, got = cost.quantity, cost.notional
    return legs(
        [
            Leg(HELD, paid, -part),
            Leg(FREE, paid, part - gave),
            Leg(MARKET, paid, gave),
            Leg(MARKET, bought, -got),
            Leg(FREE, bought, got),
            Leg(FREE, cost.fee_asset, -(cost.fee + cost.tax)),
            Leg(FEES, cost.fee_asset, cost.fee),
            Leg(TAXES, cost.fee_asset, cost.tax),
        ]
    )


def legs(moves: Iterable[Leg]) -> list[Leg]:
    """Return *moves* with those of one account and asset added up, without the empty ones."""
    sums: dict[tuple[str, str], Decimal] = {}
    for move in moves:
        key = (move.account, move.asset)
        sums[key] = sums.get(key, ZERO) + move.amount
    return [Leg(account, asset, total) for (account, asset), total in sums.items() if total]


def unbalanced(moves: Sequence[Leg]) -> dict[str, Decimal]:
    """Return what *moves* create out of nothing, per asset; empty when they balance."""
    sums: dict[str, Decimal] = {}
    for move in moves:
        sums[move.asset] = sums.get(move.asset, ZERO) + move.amount
    return {asset: total for asset, total in sums.items() if total}
