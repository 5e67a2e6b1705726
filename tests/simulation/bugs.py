"""Deliberate bugs, as what replaces one function or value of the product.

Each takes the original and returns the wrong one. `mutants.py` says what is replaced by which.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from actors.executor.venue_calls import ORDERS, Answer, SubmitOrder
from actors.runtime.effects import Back, Call
from actors.venues.port import Lost
from messages.control import Reply
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level
from store.rows import OrderRow

Make = Callable[[Any], Any]


def always(value: Any) -> Make:
    """Return what makes a function that returns *value* whatever it is asked."""
    return lambda _: lambda *args, **given: value


def with_property(value: Any) -> Make:
    return lambda _: property(lambda self: value)


# sending


def calls_first(original: Any) -> Any:
    def carry_out(self: Any, effects: list[Any]) -> None:
        calls = [one for one in effects if isinstance(one[0], Call)]
        for effect, trail in calls if self.outlet is not None else ():
            self._perform(self.outlet, effect, trail)
        original(self, [one for one in effects if not isinstance(one[0], Call)])

    return carry_out


def sends_again(original: Any) -> Any:
    def called(self: Any, heard: Any, now: Any) -> Any:
        effects = list(original(self, heard, now))
        result = heard.result
        if isinstance(result, Answer) and isinstance(result.value, Lost):
            effects.append(Call(ORDERS, heard.request))
        return effects

    return called


def sends_at_start(original: Any) -> Any:
    def do(session: Any, now: Any) -> Any:
        effects = original(session, now)
        again = session.__dict__.setdefault("_sent_again", set())
        for order in session.books.all_alive() if session.may_trade() else ():
            if order.state is OrderState.UNKNOWN and order.client_order_id not in again:
                again.add(order.client_order_id)
                effects.append(Call(ORDERS, _request(order, now)))
        return effects

    return do


def _request(order: OrderRow, now: Any) -> SubmitOrder:
    return SubmitOrder(
        client_order_id=order.client_order_id,
        strategy=order.strategy,
        instrument=order.instrument,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        stamp_ms=order.stamp_ms,
        expires_ms=now.mono_ms + 1_000,
    )


def fresh_stamp(original: Any) -> Any:
    def ask(self: Any, request: Any) -> Any:
        if isinstance(request, SubmitOrder):
            request = replace(request, stamp_ms=self._next_stamp())
        return original(self, request)

    return ask


def twice_the_size(original: Any) -> Any:
    def ask(self: Any, request: Any) -> Any:
        if isinstance(request, SubmitOrder):
            request = replace(request, quantity=request.quantity * 2)
        return original(self, request)

    return ask


# the gate


def gate_with(**changed: Any) -> Make:
    def make(original: Any) -> Any:
        def may_send(gate: Any, order: Any, now_ms: int, *, kill_file: bool) -> Any:
            far = 1 << 60
            if "expires_ms" in changed:
                order = replace(order, expires_ms=far)
            if "permit" in changed:
                gate = replace(gate, permit_until_ms=far)
            if "latched" in changed:
                gate, kill_file = replace(gate, latched=False), False
            return original(gate, order, now_ms, kill_file=kill_file)

        return may_send

    return make


def only_talks(original: Any) -> Any:
    def kill(self: Any, reason: str, now: Any) -> Any:
        reply = Reply(ok=True, code="OK", message="nothing is sent any more")
        return [Back(self.route, reply)]

    return kill


def in_memory_only(original: Any) -> Any:
    """The kill latch is in the gate, neither in the file nor in the journal."""

    def kill(self: Any, reason: str, now: Any) -> Any:
        with self.gate_lock:
            self._gate = replace(self._gate, latched=True)
        reply = Reply(ok=True, code="OK", message="nothing is sent any more")
        return [Back(self.route, reply)]

    return kill


def from_arrival(original: Any) -> Any:
    def permitted(self: Any, permit: Any) -> Any:
        effects = original(self, permit)
        if permit.issuer in self._session.permits._echoed:
            self._session.permits._echoed[permit.issuer] = self.clock.mono_ms()
            self._set_gate()
        return effects

    return permitted


def any_nonce(original: Any) -> Any:
    def hear_permit(self: Any, permit: Any, *, kill_epoch: int) -> Any:
        if permit.nonce not in self._issued and self._issued:
            permit = replace(permit, nonce=next(reversed(self._issued)))
        return original(self, permit, kill_epoch=kill_epoch)

    return hear_permit


def one_is_enough(original: Any) -> Any:
    def until_ms(self: Any, permit_ms: int) -> int:
        return max(self._echoed.values(), default=self._started_ms - 1 - permit_ms) + permit_ms

    return until_ms


def level_not_written(original: Any) -> Any:
    """An operator's level is answered and published, and forgotten with the process."""

    def commit(self: Any, entries: Any) -> None:
        original(self, [one for one in entries if getattr(one, "kind", "") != "LevelChanged"])

    return commit


def all_may_send(_: Any) -> Any:
    return dict.fromkeys(Level, (Side.BUY, Side.SELL))


def without(code: str) -> Make:
    """A batch that breaks the rule *code* is taken all the same."""

    def make(original: Any) -> Any:
        def breach(batch: Any, version: int, desk: Any, moment: Any, taken: int) -> Any:
            if code == "STALE_VERSION":
                batch = replace(batch, version=version)
            if code == "EXPIRED":
                batch = replace(batch, deadline_ns=1 << 62)
            if code == "NO_PERMIT":
                moment = replace(moment, gate=replace(moment.gate, permit_until_ms=1 << 60))
            return original(batch, version, desk, moment, taken)

        return breach

    return make


def larger(original: Any) -> Any:
    def review(batch: Any, *args: Any, **given: Any) -> Any:
        found = original(batch, *args, **given)
        if found.approved is None:
            return found
        grown = tuple(
            replace(one, quantity=Amount(one.quantity * 2)) for one in found.approved.batch.intents
        )
        approved = replace(found.approved, batch=replace(found.approved.batch, intents=grown))
        return replace(found, approved=approved)

    return review


def told_as_active(original: Any) -> Any:
    """Nobody outside learns of a level."""

    def status(*args: Any, **given: Any) -> Any:
        return replace(original(*args, **given), levels=(), level=Level.ACTIVE)

    return status


def state_as_active(original: Any) -> Any:
    def state(*args: Any, **given: Any) -> Any:
        return replace(original(*args, **given), level=Level.ACTIVE)

    return state
