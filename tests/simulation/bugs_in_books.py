"""Deliberate bugs in what is believed and written, as what replaces a part of the product.

Each takes the original and returns the wrong one. `mutants.py` says what is replaced by which.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from actors.executor import facts
from actors.executor.facts import Seen
from actors.executor.postings import Leg, legs
from actors.executor.resolver import Evidence
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, CancelOrder
from actors.venues.port import Lost
from messages.money import Amount, floor_to
from messages.orders import OrderState, Side
from store.rows import FREE, MARKET, OrderRow

Make = Callable[[Any], Any]


# what an answer means


def lost_is_no(original: Any) -> Any:
    def of_outcome(outcome: Any, http: Any) -> Seen:
        if isinstance(outcome, Lost):
            return Seen(fact=Fact.REJECT, code="LOST", http=http)
        return original(outcome, http)

    return of_outcome


def cancel_is_final(original: Any) -> Any:
    def cancelled(session: Any, request: Any, result: Any, now: Any) -> Any:
        writes = original[CancelOrder](session, request, result, now)
        order = session.books.orders.get(request.client_order_id)
        if order is None or order.state is not OrderState.LIVE or not isinstance(result, Answer):
            return writes
        over = Seen(
            fact=Fact.DONE, filled=order.booked_quantity, ended=OrderState.CANCELLED, code="C"
        )
        context = session.context(order.instrument, now)
        return [*writes, *facts.merge(session.books, order, over, context)]

    return {**original, CancelOrder: cancelled}


def final_too_soon(original: Any) -> Any:
    def settled(draft: Any, after: OrderRow, terms: Any) -> OrderRow:
        if after.state is OrderState.CLOSING and facts.is_done(after):
            after = replace(after, state=OrderState(after.outcome.removeprefix(facts.DONE)))
        return original(draft, after, terms)

    return settled


def no_restart(original: Any) -> Any:
    return lambda session, now: []


def absent_at_once(original: Any) -> Any:
    return lambda self, order, scan: [order.client_order_id]


def too_early(original: Any) -> Any:
    def missed(self: Any, order: OrderRow, scan: Any) -> list[str]:
        before = self.evidence.get(order.client_order_id, Evidence())
        if before.missed_ms is not None:
            return [order.client_order_id]
        self.evidence[order.client_order_id] = replace(before, missed_ms=scan.began_ms)
        return []

    return missed


def first_page_only(original: Any) -> Any:
    def page(self: Any, request: Any, rows: int, now_ms: int) -> None:
        scan = self.scans.get(request.instrument)
        if scan is not None and scan.request() == request:
            self.scans[request.instrument] = replace(scan, paged_ms=now_ms)

    return page


def unknown_is_nothing(original: Any) -> Any:
    """What may have arrived is shown to nobody, and counted by nobody."""

    def instrument_state(session: Any, instrument: str, now: Any) -> Any:
        state = original(session, instrument, now)
        by_strategy = dict(state.by_strategy)
        for one in state.alive:
            if one.state is OrderState.UNKNOWN:
                own = by_strategy[one.strategy]
                name = "buying" if one.side is Side.BUY else "selling"
                less = {name: Amount(getattr(own, name) - one.remaining)}
                by_strategy[one.strategy] = replace(own, **less)
        alive = tuple(one for one in state.alive if one.state is not OrderState.UNKNOWN)
        return replace(state, by_strategy=by_strategy, alive=alive)

    return instrument_state


def nothing_unknown(original: Any) -> Any:
    def executor_status(*args: Any, **given: Any) -> Any:
        return replace(original(*args, **given), unknown_orders=0)

    return executor_status


def entries_go_on(original: Any) -> Any:
    """An order whose outcome is unknown does not keep others from being sent."""

    def breach(*args: Any) -> Any:
        broken = original(*args)
        return None if broken is not None and broken.code == "UNKNOWN_OPEN" else broken

    return breach


# fills and money


def fills_as(change: Callable[[Any], Any]) -> Make:
    def make(original: Any) -> Any:
        return lambda session, rows, now: original(session, [change(one) for one in rows], now)

    return make


def rounded(fill: Any) -> Any:
    return replace(fill, quantity=floor_to(fill.quantity, Decimal("0.00001")))


def by_order(fill: Any) -> Any:
    return replace(fill, trade_id=str(fill.venue_order_id))


def renamed(original: Any) -> Any:
    """A fill is booked once, under a name that the venue does not know."""
    return lambda *, trade_id, **given: original(trade_id=f"{trade_id}0", **given)


def booked_as_renamed(original: Any) -> Any:
    return lambda self, name: original(self, name) or original(self, f"{name}0")


def known_as_renamed(original: Any) -> Any:
    def known(self: Any, names: Any) -> dict[str, str]:
        found = original(self, [f"{one}0" for one in names])
        return {name.removesuffix("0"): order for name, order in found.items()}

    return known


def no_overlap(original: Any) -> Any:
    def begin(instrument: str, books: Any, asking: Any, *, now_ms: int, venue_ms: int) -> Any:
        found = original(instrument, books, asking, now_ms=now_ms, venue_ms=venue_ms)
        return replace(found, since_ms=max(0, books.cursor(instrument) or 0))

    return begin


def always_moves(original: Any) -> Any:
    return lambda sweep, books, *, booked: True


def without_transfer(kind: str) -> Make:
    def make(original: Any) -> Any:
        def transfer(self: Any, name: str, legs: Any) -> None:
            if not name.startswith(kind):
                original(self, name, legs)

        return transfer

    return make


def one_sided(original: Any) -> Any:
    """Only the first leg of a fill is posted."""

    def transfer(self: Any, name: str, legs: Any) -> None:
        moves = list(legs)
        with patch("actors.executor.draft.unbalanced", lambda _: {}):
            original(self, name, moves[:-1] if name.startswith("fill") else moves)

    return transfer


def refund_forgotten(original: Any) -> Any:
    """What the taker's rate set aside too much is gone."""

    def execution(cost: Any, *, part: Decimal) -> Any:
        moves = original(cost, part=part)
        if cost.side is Side.SELL:
            return moves
        kept = part - cost.notional
        return legs([*moves, Leg(FREE, cost.quote, -kept), Leg(MARKET, cost.quote, kept)])

    return execution


def sold_stays(original: Any) -> Any:
    def sold(row: Any, done: Any, dust_max: Decimal) -> Any:
        booked = original(row, done, dust_max)
        return replace(booked, row=replace(booked.row, position=row.position))

    return sold


def epoch_stays(original: Any) -> Any:
    def meta(connection: Any) -> dict[str, str]:
        found = dict(original(connection))
        if int(found.get("epoch", "0")) > 0:
            found["epoch"] = str(int(found["epoch"]) - 1)
        return found

    return meta


def no_charge(name: str) -> Make:
    return lambda original: lambda order, fill: original(order, replace(fill, **{name: Decimal(0)}))


# versions, dedupe, the journal


def version_stays(original: Any) -> Any:
    def ended(draft: Any, order: OrderRow, terms: Any) -> OrderRow:
        with patch.object(type(draft), "raise_version", lambda self, instrument: None):
            return original(draft, order, terms)

    return ended


def rises_with_fills(original: Any) -> Any:
    def book(draft: Any, order: Any, *args: Any, **given: Any) -> Any:
        draft.raise_version(order.instrument)
        return original(draft, order, *args, **given)

    return book


def not_chained(original: Any) -> Any:
    def sealed(entry: Any, *, before: Any, epoch: int) -> Any:
        return original(entry, before=replace(before, hash="00" * 32), epoch=epoch)

    return sealed


def less_durable(original: Any) -> Any:
    def changed(row: Any) -> Any:
        return ("synchronous", "NORMAL", 1) if row[0] == "synchronous" else row

    return tuple(changed(row) for row in original)


def repeats(original: Any) -> Any:
    def keep(session: Any, batch: Any, now: Any, *, known: bool) -> Any:
        session.kept_batches.clear()
        return original(session, batch, now, known=known)

    return keep


def none_known(_: Any) -> Any:
    """The store remembers nothing that is asked for by name."""
    return lambda *args, **given: {}


def cancels_once(original: Any) -> Any:
    """A DELETE without effect is not repeated."""

    def is_due(self: Any, key: str, now_ms: int) -> bool:
        return original(self, key, now_ms) and not (key.isdigit() and self.was_tried(key))

    return is_due


def missed_at_once(original: Any) -> Any:
    """What is not found is missed, however new it is."""

    def not_found(session: Any, order: Any, code: str, now: Any) -> Any:
        settings = replace(session.settings, visibility_lag_s=0)
        before, session.settings = session.settings, settings
        try:
            return original(session, order, code, now)
        finally:
            session.settings = before

    return not_found


# the auditor


def untold(original: Any) -> Any:
    """The auditor keeps to itself what it found."""
    return lambda head, breach, **given: original(head, None, **given)


def as_it_says(_: Any) -> Any:
    """What an entry says of its own seal is true."""
    return lambda row, before: row.hash
