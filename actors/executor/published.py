"""What the executor says of itself: whole states, made from the books and the session."""

from decimal import Decimal

from actors.executor import day, levels, valuing
from actors.executor.books import Books, base_of, left
from actors.executor.resolver import unknown
from actors.executor.session import Now, Session
from messages.money import ZERO, Amount, average
from messages.orders import Side
from messages.state import (
    AccountState,
    AliveOrder,
    ExecutorStatus,
    InstrumentState,
    Scope,
    StrategyPosition,
)
from store.rows import FREE, HELD, OrderRow


def instrument_state(session: Session, instrument: str, now: Now) -> InstrumentState:
    """Return all there is to know of *instrument*."""
    books = session.books
    level, reason = levels.of_instrument(books.levels, instrument)
    row = books.instrument(instrument)
    alive = list(books.alive(instrument).values())
    owners = [name for name, traded in books.positions if traded == instrument and name]
    names = dict.fromkeys([*owners, *(order.strategy for order in alive)])
    return InstrumentState(
        instrument=instrument,
        lineage=session.lineage,
        version=row.version,
        level=level,
        reason=reason,
        position=Amount(books.owned(base_of(instrument))),
        by_strategy={name: _position(books, name, instrument, alive) for name in names},
        alive=tuple(_alive(order) for order in alive),
        last_send_ms={"buy": row.last_buy_ms, "sell": row.last_sell_ms},
        at_ms=now.wall_ms,
    )


def account_state(session: Session, now: Now) -> AccountState:
    """Return the money of the account, by the books."""
    books = session.books
    today = day.day_of(now.wall_ms)
    row = day.current(books.day, today)
    result = day.result(row, valuing.equity(session, now))
    pace = session.pace(now.mono_ms)
    locked = session.foreign.locked()
    return AccountState(
        free={
            asset: Amount(max(ZERO, value - locked.get(asset, ZERO)))
            for asset, value in books.balances(FREE).items()
        },
        held={asset: Amount(value) for asset, value in books.balances(HELD).items()},
        equity=_amount(result.equity),
        day_pnl=_amount(result.day_pnl),
        drawdown=_amount(result.drawdown),
        drawdown_ratio=_amount(result.drawdown_ratio),
        realised_today=row.realised,
        fees_today=row.fees,
        loss_streak=day.streak(books.meta(day.STREAK), today),
        sent_1s=pace.last_s,
        sent_60s=pace.last_min,
        alive=len(books.all_alive()),
        at_ms=now.wall_ms,
    )


def executor_status(session: Session, nonce: str, now: Now, *, waiting_for: str) -> ExecutorStatus:
    """Return how the executor is, with the *nonce* that permits must echo."""
    books, clock = session.books, session.clock
    gate = session.gate()
    offset_ms = None if clock is None else clock.now_ms(now.mono_ms) - now.wall_ms
    return ExecutorStatus(
        nonce=nonce,
        epoch=session.epoch,
        kill_epoch=session.kill_epoch,
        level=levels.of_scope(books.levels, Scope.DESK, ""),
        levels=levels.entries(books.levels),
        latched=gate.latched,
        armed=gate.not_armed,
        dry_run=gate.dry_run,
        reconciled=session.reconciled,
        waiting_for=waiting_for,
        unknown_orders=sum(len(orders) for orders in unknown(books).values()),
        permits=session.permits.ages(now.mono_ms),
        head_seq=books.seq,
        clock_offset_ms=offset_ms,
        at_ms=now.wall_ms,
    )


def _position(
    books: Books, strategy: str, instrument: str, alive: list[OrderRow]
) -> StrategyPosition:
    row = books.position(strategy, instrument)
    mine = [order for order in alive if order.strategy == strategy]
    cost = None
    if row.cost is not None and row.position > 0:
        cost = Amount(average(row.cost, row.position))
    return StrategyPosition(
        position=row.position,
        cost=cost,
        buying=Amount(sum((left(one) for one in mine if one.side is Side.BUY), ZERO)),
        selling=Amount(sum((left(one) for one in mine if one.side is Side.SELL), ZERO)),
    )


def _alive(order: OrderRow) -> AliveOrder:
    return AliveOrder(
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        strategy=order.strategy,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        filled_quantity=max(order.filled_quantity, order.booked_quantity),
        state=order.state,
        cancel_wanted=order.cancel_wanted,
        sent_ms=order.created_ms,
        confirmed_ms=order.confirmed_ms,
    )


def _amount(value: Decimal | None) -> Amount | None:
    return None if value is None else Amount(value)
