"""What may be spent in one pass, and what is left of it after each order. Quote asset throughout.

What was allocated before and is in no newer state of the account yet counts as spent.
"""

from decimal import Decimal

from msgspec import Struct

from actors.allocator.settings import Settings
from messages.money import ONE, ZERO, divide_down
from messages.orders import Side
from messages.state import AccountState

BITS_OF_ONE = (ZERO, ONE)  # a fraction is read between these


class Money(Struct, frozen=True, kw_only=True):
    """The account's money at the beginning of a pass. *cash* None: unknown, nothing is bought."""

    cash: Decimal | None
    investable: Decimal
    fee_buffer: Decimal

    def invested(self, factor: Decimal) -> Decimal:
        """Return what may be invested where only the part *factor* of the money may be used."""
        return self.investable * factor

    def deploy(self, factor: Decimal = ONE) -> Decimal:
        """Return the notional that leaves room for fees."""
        return divide_down(self.invested(factor), ONE + self.fee_buffer)


def money(
    account: AccountState | None, *, age_ms: int, quote: str, spent: Decimal, settings: Settings
) -> Money:
    """Return the money to allocate from. *spent* is on its way and in no *account* yet."""
    fee_buffer = settings.fee_buffer
    free = account.free.get(quote) if account else None
    if free is None or not free.is_finite() or age_ms > settings.state_age_max_ms:
        return Money(cash=None, investable=ZERO, fee_buffer=fee_buffer)
    cash = free - spent
    return Money(cash=cash, investable=investable(cash, settings), fee_buffer=fee_buffer)


def investable(cash: Decimal, settings: Settings) -> Decimal:
    """Return what of *cash* lies above the target and may be invested."""
    above = max(ZERO, cash - settings.cash_target_try)
    if settings.mode == "fraction":
        low, high = BITS_OF_ONE
        above *= min(high, max(low, settings.fraction_ratio or ZERO))
    if settings.mode == "cap":
        above = min(above, settings.cap_try or ZERO)
    if settings.cash_max_try is not None:
        above = min(above, max(ZERO, settings.cash_max_try - settings.cash_target_try))
    return above


class Budgets:
    """What one pass may still use. Every order takes from it before the next wish is looked at."""

    def __init__(self, available: Money, settings: Settings) -> None:
        self.available = available
        self.pass_left: Decimal = settings.pass_max_try
        self.orders_left = settings.orders_per_pass_max
        self._spent = ZERO
        self._bought: dict[str, Decimal] = {}  # instrument -> quote
        self._sold: dict[str, Decimal] = {}  # instrument -> base
        self._sold_by: dict[tuple[str, str], Decimal] = {}  # strategy, instrument -> base

    def deploy_left(self, factor: Decimal) -> Decimal:
        """Return what buys may still cost where the part *factor* of the money may be used."""
        return max(ZERO, self.available.deploy(factor) - self._spent)

    def bought(self, instrument: str) -> Decimal:
        return self._bought.get(instrument, ZERO)

    def sold(self, instrument: str) -> Decimal:
        return self._sold.get(instrument, ZERO)

    def sold_by(self, strategy: str, instrument: str) -> Decimal:
        return self._sold_by.get((strategy, instrument), ZERO)

    def take(
        self, side: Side, *, strategy: str, instrument: str, price: Decimal, quantity: Decimal
    ) -> None:
        """Deduct an order from every budget it touches."""
        notional = price * quantity
        self.pass_left -= notional
        self.orders_left -= 1
        if side is Side.BUY:
            self._spent += notional
            self._bought[instrument] = self.bought(instrument) + notional
            return
        self._sold[instrument] = self.sold(instrument) + quantity
        key = (strategy, instrument)
        self._sold_by[key] = self.sold_by(strategy, instrument) + quantity
