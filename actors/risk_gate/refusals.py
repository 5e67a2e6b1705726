"""Which refusal is worth a record and a line in the log, and what that record holds.

Only the first of a kind: the same answer to the same strategy's wish on the same side is counted
until something else happens. Bodies are plain values (decision-rules 15).
"""

from typing import Any

from messages import codec
from messages.money import text
from messages.orders import Check, Intent, RefusedIntent, Side

REFUSED = "refused"
Wish = tuple[str, str, Side]


class Refusals:
    """The last answer to each kind of wish, and how often it was given since."""

    def __init__(self) -> None:
        self.count = 0
        self._last: dict[Wish, str] = {}
        self._same: dict[Wish, int] = {}

    def approved(self, instrument: str, intent: Intent) -> None:
        """Note that a wish of this kind was let out."""
        self._last.pop(_wish(instrument, intent), None)

    def news(self, no: RefusedIntent) -> int | None:
        """Return how often the answer before was repeated, None when *no* is only one more."""
        self.count += 1
        wish = _wish(no.instrument, no.intent)
        if self._last.get(wish) == no.broken.code:
            self._same[wish] = self._same.get(wish, 0) + 1
            return None
        self._last[wish] = no.broken.code
        return self._same.pop(wish, 0)


def body(no: RefusedIntent, *, run_id: str, at_ms: int, same_before: int) -> dict[str, Any]:
    """Return what to remember of *no*: the intent as it was wished and every check."""
    intent = no.intent
    return {
        "decision_id": no.decision_id,
        "run_id": run_id,
        "at_ms": at_ms,
        "outcome": REFUSED,
        "reason": no.broken.code,
        "observed": no.broken.observed,
        "limit": no.broken.limit,
        "instrument": no.instrument,
        "strategy": intent.strategy,
        "side": intent.side,
        "quantity": text(intent.quantity),
        "price": text(intent.price),
        "intent_id": intent.intent_id,
        "client_order_id": intent.client_order_id,
        "target_reason": intent.sizing.reason,
        "sizing": codec.unpack(codec.pack(intent.sizing)),  # as others will read it
        "checks": [_check(one) for one in no.checks],
        "same_before": same_before,
    }


def _check(one: Check) -> dict[str, Any]:
    return {
        "code": one.code,
        "observed": one.observed,
        "limit": one.limit,
        "passed": one.passed,
    }


def _wish(instrument: str, intent: Intent) -> Wish:
    return instrument, intent.strategy, intent.side
