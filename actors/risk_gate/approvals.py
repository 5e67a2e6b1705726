"""What was approved lately: it counts before the states of the executor show it.

An approval counts as exposure until a newer version of its instrument was heard, as money until a
state of the account was heard after that, and for the rates for a minute. Moments monotonic.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from messages.orders import IntentBatch, IntentRefused, Side
from messages.state import InstrumentState

MINUTE_MS = 60_000
LATE_NS = 1_000_000_000  # after its deadline an order that was taken has long shown in the states


class Approval(Struct, frozen=True, kw_only=True):
    """One order that was let out."""

    intent_id: str
    decision_id: str
    instrument: str
    version: int
    strategy: str
    side: Side
    price: Decimal
    quantity: Decimal
    target: Decimal  # what the strategy wanted to hold
    at_ms: int
    until_ns: int
    seen: bool = False  # in the state of its instrument
    booked: bool = False  # in the state of the account

    @property
    def notional(self) -> Decimal:
        return self.price * self.quantity


class Approvals:
    """Approvals of the last minute and what is still on its way, oldest first."""

    def __init__(self, *, window_ms: int = MINUTE_MS) -> None:
        self._window_ms = max(window_ms, MINUTE_MS)
        self._kept: list[Approval] = []
        self._positions: dict[str, Decimal] = {}
        self._filled_ms: dict[str, int] = {}

    def all(self) -> tuple[Approval, ...]:
        return tuple(self._kept)

    def filled_ms(self, instrument: str) -> int | None:
        """Return when the position of *instrument* last changed, None when it never did."""
        return self._filled_ms.get(instrument)

    def add(self, approved: Iterable[Approval], *, now_ms: int, now_ns: int) -> None:
        """Keep *approved* and forget what no rule can ask for any more."""
        self._kept = [one for one in self._kept if self._counts(one, now_ms, now_ns)]
        self._kept += approved

    def refused(self, no: IntentRefused) -> None:
        """Forget what the executor did not take: one intent, or the whole decision."""
        self._kept = [one for one in self._kept if not _meant(one, no)]

    def state_heard(self, state: InstrumentState, now_ms: int) -> None:
        """Note what *state* must already show, and whether something was filled."""
        name = state.instrument
        if self._positions.get(name, state.position) != state.position:
            self._filled_ms[name] = now_ms
        self._positions[name] = state.position
        self._kept = [
            replace(one, seen=True)
            if one.instrument == name and one.version != state.version
            else one
            for one in self._kept
        ]

    def account_heard(self) -> None:
        """Note that the account now shows everything seen before."""
        self._kept = [replace(one, booked=True) if one.seen else one for one in self._kept]

    def _counts(self, one: Approval, now_ms: int, now_ns: int) -> bool:
        on_way = not one.booked and now_ns < one.until_ns
        return on_way or now_ms - one.at_ms < self._window_ms


def coming(approved: Iterable[Approval], now_ns: int) -> tuple[Approval, ...]:
    """Return those of *approved* that some state does not show yet and that may still come."""
    return tuple(one for one in approved if not (one.seen and one.booked) and now_ns < one.until_ns)


def approval(batch: IntentBatch, number: int, now_ms: int) -> Approval:
    """Return what to remember of intent *number* of *batch*."""
    intent = batch.intents[number]
    return Approval(
        intent_id=intent.intent_id,
        decision_id=batch.decision_id,
        instrument=batch.instrument,
        version=batch.version,
        strategy=intent.strategy,
        side=intent.side,
        price=intent.price,
        quantity=intent.quantity,
        target=intent.sizing.target_quantity,
        at_ms=now_ms,
        until_ns=batch.deadline_ns + LATE_NS,
    )


def _meant(one: Approval, no: IntentRefused) -> bool:
    return one.intent_id == no.intent_id or (not no.intent_id and one.decision_id == no.decision_id)
