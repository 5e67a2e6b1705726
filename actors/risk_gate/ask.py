"""One intent and everything it is judged by, with the sums that several rules need.

Exposure is quote asset: what is held at mark, what is being bought at its own limit, what was
approved and is not seen yet. A sell never relieves it.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from actors.risk_gate.approvals import Approval
from actors.risk_gate.facts import Facts
from actors.risk_gate.settings import Settings
from messages.money import ZERO
from messages.orders import Check, Intent, IntentBatch, Side
from messages.state import AliveOrder, InstrumentState, StrategyPosition

NOTHING_HELD = StrategyPosition(position=ZERO, cost=None, buying=ZERO, selling=ZERO)
UNKNOWN = "unknown"


class Ask(Struct, frozen=True, kw_only=True):
    """May *intent* of *batch* leave?

    *approved* is what was let out in the last minute, this batch included, oldest first; *coming*
    the part of it that some state does not show yet.
    """

    intent: Intent
    batch: IntentBatch
    facts: Facts
    limits: Settings
    approved: tuple[Approval, ...]
    coming: tuple[Approval, ...]

    @property
    def own(self) -> StrategyPosition:
        """What the intent's strategy holds here and has on its way."""
        return self.facts.state.by_strategy.get(self.intent.strategy, NOTHING_HELD)

    @property
    def mid(self) -> Decimal | None:
        """The mid to measure a price against, None without a valid book."""
        return self.facts.quote.mid if self.facts.quote else None

    def alive(self) -> tuple[AliveOrder, ...]:
        """Return the alive orders of this instrument."""
        return self.facts.state.alive

    def leaves(self, order: AliveOrder) -> bool:
        """Return whether *order* is on its way out, by this batch or by an earlier one."""
        return order.cancel_wanted or self.cancels(order)

    def cancels(self, order: AliveOrder) -> bool:
        """Return whether this very batch cancels *order*."""
        return any(one.client_order_id == order.client_order_id for one in self.batch.cancels)

    def on_way(self) -> list[Approval]:
        """Return what was approved on this instrument and is in no state yet."""
        here = self.batch.instrument
        return [one for one in self.coming if not one.seen and one.instrument == here]

    def all_on_way(self) -> list[Approval]:
        """Return what was approved anywhere and is in no state yet."""
        return [one for one in self.coming if not one.seen]

    def unbooked(self) -> list[Approval]:
        """Return what was approved and is in no state of the account yet."""
        return [one for one in self.coming if not one.booked]

    def exposure(self, *, without_leaving: bool = False) -> Decimal | None:
        """Return the exposure of this instrument once the intent is out, None when unknown."""
        held = self._held(self.facts.state, without_leaving=without_leaving)
        return None if held is None else held + self.intent.notional

    def gross(self, *, without_leaving: bool = False) -> Decimal | None:
        """Return the exposure of all instruments once the intent is out, None when unknown."""
        total = self.intent.notional
        for name in self.facts.instruments:
            state = self.facts.states.get(name)
            held = None if state is None else self._held(state, without_leaving=without_leaving)
            if held is None:
                return None
            total += held
        return total

    def _held(self, state: InstrumentState, *, without_leaving: bool) -> Decimal | None:
        buys = [
            one
            for one in state.alive
            if one.side is Side.BUY and not (without_leaving and self.leaves(one))
        ]
        unseen = (one for one in self.coming if not one.seen and one.instrument == state.instrument)
        return exposure(state, self.facts, buys=buys, approved=unseen)


def exposure(
    state: InstrumentState,
    facts: Facts,
    *,
    buys: Iterable[AliveOrder],
    approved: Iterable[Approval] = (),
) -> Decimal | None:
    """Return the exposure of one instrument, None when it holds something that has no mark."""
    mark = facts.marks.get(state.instrument)
    if mark is None and state.position != 0:
        return None
    held = state.position * (mark or ZERO)
    buying = sum((one.remaining * one.price for one in buys), ZERO)
    coming = (one.notional for one in approved if one.side is Side.BUY)
    return held + buying + sum(coming, ZERO)


def checked(code: str, *, observed: str, limit: str, passed: bool) -> Check:
    """Return one rule as it was found."""
    return Check(code=code, observed=observed, limit=limit, passed=passed)
