"""Which decision is worth a record, and what it holds.

A record is made when the executor took what was said or refused it, and when what is *not* done, or
why, differs from the last time; until then it is only counted. Bodies are plain values: amounts as
canonical text, times in ms (decision-rules 15).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from actors.allocator import resting
from actors.allocator.allocation import Decided, Outcome
from actors.allocator.batches import Moment
from messages.market import Quote
from messages.money import text
from messages.orders import BrokenRule, Intent, Sizing
from messages.state import AccountState, AliveOrder

SENT = "sent"
REFUSED = "refused"
UNANSWERED = "unanswered"
KEPT = "kept"
CANCELLED = "cancelled"
REJECTED = "rejected"

ANSWERED_LATE_MAX = 64  # decisions whose answer is still awaited after the instrument was freed


class Worth(Struct, frozen=True, kw_only=True):
    """A body that should be remembered, of which instrument."""

    instrument: str
    body: dict[str, Any]


class Decisions:
    """The last outcome of each instrument, and the bodies of what is not answered yet."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._last: dict[str, object] = {}
        self._same: dict[str, int] = {}
        self._waiting: dict[str, Worth] = {}

    def decided(self, outcome: Outcome, account: AccountState | None, at: Moment) -> Worth | None:
        """Return what to remember of *outcome* now; what leaves waits for its answer."""
        if outcome.batch is not None and outcome.batch.intents:
            self._wait(outcome.decision_id, self._worth(outcome, account, SENT, at))
            return None
        if not outcome.cancels and all(one.refused_before for one in outcome.decided):
            return None  # nothing was wished, or the no to it is on record already
        if not self._differs(outcome.place.instrument, signature(outcome)):
            return None
        return self._worth(outcome, account, _result(outcome), at)

    def taken(self, decision_id: str) -> Worth | None:
        """Return the decision that the executor took, when it has not been remembered yet."""
        worth = self._waiting.pop(decision_id, None)
        if worth is not None:
            self._last.pop(worth.instrument, None)
        return worth

    def refused(self, decision_id: str, instrument: str, broken: BrokenRule) -> Worth | None:
        """Return the decision that the executor refused with *broken*, when that is news."""
        worth = self._waiting.get(decision_id)
        if worth is None or not self._differs(instrument, (REFUSED, broken.code)):
            return None
        return self._ended(worth, REFUSED, broken)

    def unanswered(self, decision_id: str, instrument: str) -> Worth | None:
        """Return the decision that nobody answered in time, when that is news."""
        worth = self._waiting.get(decision_id)
        if worth is None or not self._differs(instrument, (UNANSWERED,)):
            return None
        return self._ended(worth, UNANSWERED, None)

    def _ended(self, worth: Worth, result: str, broken: BrokenRule | None) -> Worth:
        body = dict(worth.body) | {"outcome": result}
        if broken is not None:
            body |= {"reason": broken.code, "observed": broken.observed, "limit": broken.limit}
        return Worth(instrument=worth.instrument, body=body)

    def _wait(self, decision_id: str, worth: Worth) -> None:
        self._waiting[decision_id] = worth
        while len(self._waiting) > ANSWERED_LATE_MAX:
            del self._waiting[next(iter(self._waiting))]

    def _differs(self, instrument: str, now: object) -> bool:
        if self._last.get(instrument) == now:
            self._same[instrument] = self._same.get(instrument, 0) + 1
            return False
        self._last[instrument] = now
        return True

    def _worth(
        self, outcome: Outcome, account: AccountState | None, result: str, at: Moment
    ) -> Worth:
        name = outcome.place.instrument
        body = _body(outcome, account, result) | {
            "run_id": self._run_id,
            "at_ms": at.wall_ms,
            "same_before": self._same.pop(name, 0),
        }
        return Worth(instrument=name, body=body)


def signature(outcome: Outcome) -> object:
    """Return what makes this outcome the same as another one: who, which side, and why (not)."""
    return (
        tuple(
            (one.wish.strategy, one.wish.side, one.sized.status, one.reason)
            for one in outcome.decided
            if not one.refused_before
        ),
        tuple((order.client_order_id, reason) for order, reason in outcome.cancels),
    )


def _result(outcome: Outcome) -> str:
    if outcome.cancels:
        return CANCELLED
    return KEPT if any(one.joins for one in outcome.decided) else REJECTED


def _body(outcome: Outcome, account: AccountState | None, result: str) -> dict[str, Any]:
    here = outcome.place
    return {
        "decision_id": outcome.decision_id,
        "outcome": result,
        **_lead(outcome),
        "instrument": here.instrument,
        "version": here.state.version if here.state else None,
        "level": _level(outcome),
        "data_verdict": here.verdict,
        "quote": _quote(here.quote, here.quote_age_ms),
        "account": _account(outcome, account),
        "wishes": [_wish(one) for one in outcome.decided],
        "legs": [_leg(one) for one in outcome.batch.intents] if outcome.batch else [],
        "orders": [_order(order, reason) for order, reason in outcome.cancels]
        + [_order(order, resting.DUPLICATE_ORDER) for order in _kept(outcome)],
    }


def _lead(outcome: Outcome) -> dict[str, Any]:
    """Return the first thing done or not done, for whoever shows one line per decision."""
    if outcome.decided:
        one = next((each for each in outcome.decided if each.leaves), outcome.decided[0])
        return {
            "reason": one.wish.target.reason if one.leaves else one.reason,
            "strategy": one.wish.strategy,
            "side": one.wish.side,
            "quantity": text(one.sized.quantity if one.leaves else one.wish.quantity),
            "price": text(one.sized.price),
        }
    order, reason = outcome.cancels[0]
    return {
        "reason": reason,
        "strategy": order.strategy,
        "side": order.side,
        "quantity": text(order.remaining),
        "price": text(order.price),
    }


def _kept(outcome: Outcome) -> list[AliveOrder]:
    sides = {one.wish.side: 1 for one in outcome.decided if one.joins == resting.DUPLICATE_ORDER}
    return [order for order in outcome.place.alive if order.side in sides]


def _level(outcome: Outcome) -> dict[str, Any]:
    here = outcome.place
    entries = here.status.levels if here.status else ()
    return {
        "desk": here.status.level if here.status else None,
        "instrument": here.state.level if here.state else None,
        "latched": here.status.latched if here.status else None,
        "entries": [
            f"{one.scope} {one.name} {one.source} {one.level} {one.reason}" for one in entries
        ],
    }


def _quote(quote: Quote | None, age_ms: int) -> dict[str, Any] | None:
    if quote is None:
        return None
    return {
        "bid": _text(quote.bid),
        "ask": _text(quote.ask),
        "channel": quote.channel,
        "venue_ms": quote.venue_ms,
        "age_ms": age_ms,
        "seq": quote.seq,
        "problem": quote.problem,
    }


def _account(outcome: Outcome, account: AccountState | None) -> dict[str, Any]:
    return {
        "cash": _text(outcome.money.cash),
        "investable": text(outcome.money.investable),
        "deploy": text(outcome.money.deploy()),
        "equity": _text(account.equity) if account else None,
        "day_pnl": _text(account.day_pnl) if account else None,
        "drawdown": _text(account.drawdown) if account else None,
    }


def _wish(one: Decided) -> dict[str, Any]:
    wish = one.wish
    return {
        "strategy": wish.strategy,
        "side": wish.side,
        "target": text(wish.target.quantity),
        "target_price": _text(wish.target.price),
        "target_reason": wish.target.reason,
        "position": text(wish.held.position),
        "buying": text(wish.held.buying),
        "selling": text(wish.held.selling),
        "wish": text(wish.signed),
        "price": text(one.sized.price),
        "quantity": text(one.sized.quantity),
        "status": one.sized.status,
        "reason": one.reason,
        "joins": one.joins,
        "leaves": one.leaves,
        **_sizing(one.sized.sizing),
    }


def _sizing(sizing: Sizing | None) -> Mapping[str, Any]:
    if sizing is None:
        return {"caps": {}, "binding": None, "allocated": None, "size_factor": None}
    return {
        "caps": {cap.code: text(cap.left) for cap in sizing.caps},
        "binding": sizing.binding,
        "allocated": text(sizing.allocated),
        "size_factor": text(sizing.size_factor),
    }


def _leg(intent: Intent) -> dict[str, Any]:
    return {
        "intent_id": intent.intent_id,
        "client_order_id": intent.client_order_id,
        "strategy": intent.strategy,
        "side": intent.side,
        "quantity": text(intent.quantity),
        "price": text(intent.price),
    }


def _order(order: AliveOrder, reason: str) -> dict[str, Any]:
    return {
        "client_order_id": order.client_order_id,
        "side": order.side,
        "price": text(order.price),
        "remaining": text(order.remaining),
        "reason": reason,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else text(value)
