"""What becomes of an approved batch: orders in the store, or a reason why not.

A batch is held against one version of its instrument and raises it once. Each leg stands alone: one
that is refused writes nothing and disturbs no other. An intent that was accepted before gets the
answer it got then. Taking an order back always passes.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.executor import day, facts, gate, limits
from actors.executor.books import Books
from actors.executor.draft import Draft
from actors.executor.facts import Context, Seen
from actors.executor.gate import Gate
from actors.executor.postings import hold, set_aside
from actors.executor.settings import Limits
from actors.executor.states import Fact
from actors.executor.venue_calls import SubmitOrder
from actors.runtime.effects import Write
from messages import codec, ids
from messages.money import ZERO, Amount, text
from messages.orders import (
    ALIVE,
    ApprovedBatch,
    BrokenRule,
    Intent,
    IntentAck,
    IntentBatch,
    IntentRefused,
    OrderState,
    Side,
)
from store.rows import FREE, InstrumentRow, IntentRow, MetaRow, OrderRow


class Desk(Struct, frozen=True, kw_only=True):
    """What holds for every order of this desk."""

    prefix: str
    lineage: str
    kill_epoch: int
    limits: Limits
    send_budget_ms: int


class Moment(Struct, frozen=True, kw_only=True):
    """What holds right now. *room* is how many orders the lane still takes."""

    context: Context
    view: limits.View
    gate: Gate
    kill_file: bool
    room: int
    now_ns: int
    stamp_ms: int  # the first stamp to sign; each further leg takes the next
    is_hushed: bool = False  # somebody waits to compare books and venue: no entries meanwhile


class Accepted(Struct, frozen=True, kw_only=True):
    """The answer: what is durable first, then what is sent, then what is said."""

    writes: list[Write]
    ack: IntentAck | None
    refused: list[IntentRefused]
    sends: list[SubmitOrder]


def to_look_up(batch: IntentBatch, books: Books) -> list[str]:
    """Return the intents of *batch* that only the store can tell new from accepted.

    One that names the newest version cannot have been accepted: acceptance raises the version.
    """
    if batch.version >= books.instrument(batch.instrument).version:
        return []
    return [one.intent_id for one in batch.intents if books.intent(one.intent_id) is None]


def answer(
    approved: ApprovedBatch,
    *,
    books: Books,
    desk: Desk,
    moment: Moment,
    stored: Mapping[str, IntentRow],
) -> Accepted:
    """Return what *approved* leads to, already taken into *books*.

    *stored* are the intents found of those that `to_look_up` names.
    """
    batch = approved.batch
    verdicts = {one.intent_id: codec.body(one)["checks"] for one in approved.verdicts}
    writes, cancelled = _cancels(batch, books, moment.context)
    version = books.instrument(batch.instrument).version
    named: list[str] = []
    refused: list[IntentRefused] = []
    sends: list[SubmitOrder] = []
    for intent in batch.intents:
        before = books.intent(intent.intent_id) or stored.get(intent.intent_id)
        broken = _conflict(intent, batch, before, desk)
        if before is not None and broken is None:
            named.append(before.client_order_id)
            continue
        taken = len(sends)
        broken = broken or _batch_breach(batch, version, desk, moment, taken)
        broken = broken or _leg_breach(intent, batch.instrument, books, desk, moment, taken)
        if broken is not None:
            refused.append(_refusal(batch, intent.intent_id, broken))
            continue
        send = _send(intent, batch, desk, moment, taken)
        why = {"sizing": codec.body(intent.sizing), "verdict": verdicts.get(intent.intent_id)}
        writes.append(_accept(intent, batch, books, moment, send, why, first=not sends))
        sends.append(send)
        named.append(intent.client_order_id)
    ack = None
    if named or cancelled or not batch.intents:
        ack = IntentAck(
            decision_id=batch.decision_id,
            instrument=batch.instrument,
            client_order_ids=tuple(named),
            cancels=tuple(cancelled),
        )
    return Accepted(writes=writes, ack=ack, refused=refused, sends=sends)


def body_hash(intent: Intent) -> str:
    """Return the hash of what an order of *intent* would be, however its size was reasoned."""
    said = (intent.side, text(intent.quantity), text(intent.price), intent.strategy)
    return ids.content_hash("|".join(said).encode())


def _cancels(batch: IntentBatch, books: Books, context: Context) -> tuple[list[Write], list[str]]:
    writes: list[Write] = []
    named: list[str] = []
    for wish in batch.cancels:
        order = books.orders.get(wish.client_order_id)
        if order is None or order.state not in ALIVE:
            continue
        writes += facts.merge(books, order, Seen(fact=Fact.CANCEL, code=wish.reason), context)
        named.append(wish.client_order_id)
    return writes, named


def _conflict(
    intent: Intent, batch: IntentBatch, before: IntentRow | None, desk: Desk
) -> BrokenRule | None:
    if before is not None:
        if before.body_hash == body_hash(intent):
            return None
        return _broken("INTENT_CONFLICT", body_hash(intent), before.body_hash)
    if batch.lineage != desk.lineage:
        return _broken("STALE_VERSION", f"lineage {batch.lineage}", desk.lineage)
    derived = ids.intent_id(
        lineage=batch.lineage, instrument=batch.instrument, version=batch.version, leg=intent.leg
    )
    if intent.intent_id != derived:
        return _broken("INTENT_CONFLICT", intent.intent_id, derived)
    named = ids.client_order_id(prefix=desk.prefix, intent=derived)
    if intent.client_order_id != named:
        return _broken("INTENT_CONFLICT", intent.client_order_id, named)
    return None


def _batch_breach(
    batch: IntentBatch, version: int, desk: Desk, moment: Moment, taken: int
) -> BrokenRule | None:
    now_ms = moment.view.now_ms
    if moment.gate.latched or moment.kill_file:
        return _broken("KILLED", "the kill switch is latched", "resumed")
    if batch.kill_epoch != desk.kill_epoch:
        return _broken("KILLED", f"kill epoch {batch.kill_epoch}", f"{desk.kill_epoch}")
    if batch.version != version:
        return _broken("STALE_VERSION", f"{batch.version}", f"{version}")
    if moment.now_ns >= batch.deadline_ns:
        late_ms = (moment.now_ns - batch.deadline_ns) // 1_000_000
        return _broken("EXPIRED", f"{late_ms} ms late", "0 ms")
    if moment.gate.stopping or not moment.gate.ready:
        seen = "stopping" if moment.gate.stopping else "not reconciled"
        return _broken("BUSY", seen, "reconciled")
    if now_ms >= moment.gate.permit_until_ms:
        return _broken("NO_PERMIT", f"{now_ms - moment.gate.permit_until_ms} ms past", "0 ms")
    if taken >= moment.room:
        return _broken("BUSY", "the orders lane is full", f"{moment.room} more")
    return None


def _leg_breach(
    intent: Intent, instrument: str, books: Books, desk: Desk, moment: Moment, taken: int
) -> BrokenRule | None:
    level = gate.level_of(moment.gate, intent.strategy, instrument)
    if intent.side not in gate.MAY_SEND[level]:
        return _broken("LEVEL", level.value, "a level that lets it through")
    unknown = [o for o in books.alive(instrument).values() if o.state is OrderState.UNKNOWN]
    if unknown and intent.side is Side.BUY:
        return _broken("UNKNOWN_OPEN", f"{len(unknown)} ({unknown[0].client_order_id})", "0")
    if moment.is_hushed and intent.side is Side.BUY:
        return _broken("BUSY", "books and venue are being compared", "compared")
    pace = limits.Pace(
        last_s=moment.view.pace.last_s + taken, last_min=moment.view.pace.last_min + taken
    )
    view = replace(moment.view, pace=pace)
    if broken := limits.first_breach(
        intent, instrument, books=books, view=view, limits=desk.limits
    ):
        return broken
    needed = hold(
        instrument, intent.side, intent.quantity, intent.price, moment.context.terms.gross
    )
    free = books.balance(FREE, needed.asset) - view.locked.get(needed.asset, ZERO)
    if free < needed.amount:
        return _broken("FUNDS", f"{text(free)} {needed.asset}", text(needed.amount))
    return None


def _send(
    intent: Intent, batch: IntentBatch, desk: Desk, moment: Moment, taken: int
) -> SubmitOrder:
    return SubmitOrder(
        client_order_id=intent.client_order_id,
        strategy=intent.strategy,
        instrument=batch.instrument,
        side=intent.side,
        price=intent.price,
        quantity=intent.quantity,
        stamp_ms=moment.stamp_ms + taken,
        expires_ms=moment.view.now_ms + desk.send_budget_ms,
    )


def _accept(
    intent: Intent,
    batch: IntentBatch,
    books: Books,
    moment: Moment,
    send: SubmitOrder,
    why: dict[str, Any],
    *,
    first: bool,
) -> Write:
    """Return the entry that makes the order so, before its first byte may leave."""
    terms = moment.context.terms
    draft = Draft(books, at_ms=terms.now_ms)
    held = hold(batch.instrument, intent.side, intent.quantity, intent.price, terms.gross)
    draft.transfer(f"hold:{intent.client_order_id}", set_aside(held.asset, held.amount))
    row = draft.raise_version(batch.instrument) if first else books.instrument(batch.instrument)
    spent = limits.day_value(books, terms.today) + intent.notional
    draft.put(
        _intent_row(intent, batch, terms.now_ms, why),
        _order_row(intent, send, held.asset, Amount(held.amount), terms.now_ms),
        _sent_on(row, intent.side, terms.now_ms),
        MetaRow(key=day.SENT, value=f"{send.stamp_ms}|{terms.today}|{text(spent)}"),
    )
    cause = {
        "decision_id": batch.decision_id,
        "instrument": batch.instrument,
        "strategy": intent.strategy,
        "side": intent.side.value,
        "quantity": text(intent.quantity),
        "price": text(intent.price),
        "version": batch.version,
    }
    return draft.write("OrderAccepted", intent.client_order_id, cause)


def _sent_on(row: InstrumentRow, side: Side, now_ms: int) -> InstrumentRow:
    if side is Side.BUY:
        return replace(row, last_buy_ms=now_ms)
    return replace(row, last_sell_ms=now_ms)


def _intent_row(intent: Intent, batch: IntentBatch, now_ms: int, why: dict[str, Any]) -> IntentRow:
    return IntentRow(
        intent_id=intent.intent_id,
        instrument=batch.instrument,
        version=batch.version,
        leg=intent.leg,
        strategy=intent.strategy,
        client_order_id=intent.client_order_id,
        decision_id=batch.decision_id,
        body_hash=body_hash(intent),
        why=why,
        at_ms=now_ms,
    )


def _order_row(
    intent: Intent, send: SubmitOrder, asset: str, held: Amount, now_ms: int
) -> OrderRow:
    zero = Amount(0)
    return OrderRow(
        client_order_id=intent.client_order_id,
        intent_id=intent.intent_id,
        instrument=send.instrument,
        strategy=intent.strategy,
        side=intent.side,
        price=intent.price,
        quantity=intent.quantity,
        state=OrderState.SENDING,
        stamp_ms=send.stamp_ms,
        venue_order_id=None,
        filled_quantity=zero,
        booked_quantity=zero,
        hold_asset=asset,
        hold_left=held,
        cancel_wanted=False,
        cancel_reason="",
        outcome="",
        created_ms=now_ms,
        confirmed_ms=None,
        ended_ms=None,
    )


def _refusal(batch: IntentBatch, intent_id: str, broken: BrokenRule) -> IntentRefused:
    return IntentRefused(
        decision_id=batch.decision_id,
        instrument=batch.instrument,
        intent_id=intent_id,
        broken=broken,
    )


def _broken(code: str, observed: str, limit: str) -> BrokenRule:
    return BrokenRule(code=code, observed=observed, limit=limit)
