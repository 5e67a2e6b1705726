"""Strategies that change their mind all the time, and always within the same bounds.

What they want is a function of the seed and of the time, so that one that comes back wants the
same: all of it, nothing, or a half, at once or at a price that may have to wait.
"""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal

from actors.strategy.interface import Run, Seen, Strategy, Target
from actors.venues.simulated.listing import LISTINGS
from messages.money import Amount, floor_to

INSTRUMENTS = ("BTC_TRY", "ETH_TRY", "SOL_TRY")
TRADED = {"churn_a": ("BTC_TRY", "ETH_TRY"), "churn_b": ("ETH_TRY", "SOL_TRY")}
STRATEGIES = tuple(TRADED)
MIND_MS = 500  # how long one wish holds
WORTH_TRY = 900
AT_ONCE = (Decimal("1.002"), Decimal("0.998"))
SHARES = (Decimal(0), Decimal(0), Decimal(1), Decimal(1), Decimal("0.5"))


def most(instrument: str) -> Amount:
    """Return the largest quantity of *instrument* that is ever wanted."""
    listing = LISTINGS[instrument]
    step = listing.quantity(listing.step_units)
    return Amount(floor_to(Decimal(WORTH_TRY), listing.opening * step) / listing.opening)


class Churn:
    """One strategy. *bits* tells its wishes from others; once *is_calm* it wants nothing."""

    def __init__(self, run: Run, bits: str, is_calm: Callable[[], bool]) -> None:
        self._bits = bits
        self._is_calm = is_calm

    def decide(self, now_ms: int, cash: Decimal, seen: Mapping[str, Seen]) -> Mapping[str, Target]:
        return {name: self._wish(name, one, now_ms) for name, one in seen.items()}

    def _wish(self, name: str, seen: Seen, now_ms: int) -> Target:
        if self._is_calm():
            return _at_once(seen, Amount(0), "CALM")
        said = f"{self._bits}{name}{now_ms // MIND_MS}"
        drawn = hashlib.blake2b(said.encode(), digest_size=2).digest()
        listing = LISTINGS[name]
        step = listing.quantity(listing.step_units)
        quantity = Amount(floor_to(most(name) * SHARES[drawn[0] % len(SHARES)], step))
        if drawn[1] % 4 == 0:
            return Target(quantity=quantity, reason="CHURN")
        return _at_once(seen, quantity, "CHURN_NOW")


def _at_once(seen: Seen, quantity: Amount, reason: str) -> Target:
    """Return the wish to hold *quantity* at what the other side asks for, and a little more."""
    price = seen.ask * AT_ONCE[0] if quantity > seen.position else seen.bid * AT_ONCE[1]
    on_grid = floor_to(price, seen.rules.price_increment)
    return Target(quantity=quantity, reason=reason, price=Amount(on_grid))


def maker(bits: str, is_calm: Callable[[], bool]) -> Callable[[Run], Strategy]:
    """Return what makes the strategy of a run."""
    return lambda run: Churn(run, bits, is_calm)
