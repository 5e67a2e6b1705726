"""Entries of the journal as the executor writes them: an order accepted, a fill booked.

Each pair buys a little and is filled at once, so that however many are written the books stay
true: postings sum to zero and balances are their sums.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from messages import codec
from messages.ids import client_order_id, content_hash, intent_id
from messages.money import Amount
from messages.orders import Cap, Check, OrderState, QuoteSeen, Side, Sizing, Verdict
from store.rows import (
    FREE,
    HELD,
    MARKET,
    BalanceRow,
    Entry,
    FillRow,
    InstrumentRow,
    IntentRow,
    OrderRow,
    PositionRow,
    PostingRow,
)

INSTRUMENT, BASE, QUOTE = "BTC_TRY", "BTC", "TRY"
STRATEGY = "mean_reversion"
BEGAN_MS = 1_774_252_925_790
PRICE, QUANTITY = Amount(3_000_000), Amount("0.0001")
COST = Amount(300)
OPENING = Amount(10**15)
CHECKS = 24  # the gate writes down about as many

SIZING = Sizing(
    quote=QuoteSeen(
        bid=PRICE, ask=Amount(3_000_500), channel="book", venue_ms=BEGAN_MS, age_ms=4, seq=7
    ),
    target_quantity=QUANTITY,
    target_price=None,
    reason="MEAN_REVERSION_BUY",
    targets_seq=3,
    position=Amount(0),
    buying=Amount(0),
    selling=Amount(0),
    wish=QUANTITY,
    limit_price=PRICE,
    cash=Amount(25_000),
    investable=Amount(24_700),
    deploy=Amount("24650.5"),
    size_factor=Amount(1),
    caps=(
        Cap(code="CASH_TARGET", left=Amount("24650.5")),
        Cap(code="MAX_POSITION_EXPOSURE_CAP", left=Amount(5_000)),
        Cap(code="CYCLE_CAP", left=Amount(1_000)),
    ),
    binding="OK",
    status="accepted",
    allocated=COST,
    quantity=QUANTITY,
)
VERDICT = tuple(
    Check(code=f"CHECK_{n}", observed="12.5", limit="3000", passed=True) for n in range(CHECKS)
)
WHY: dict[str, Any] = {
    "sizing": codec.body(SIZING),
    "verdict": codec.body(Verdict(intent_id="", checks=VERDICT))["checks"],
}


class Ledger:
    """The running sums behind the entries: what is free, held and traded so far."""

    def __init__(self, lineage: str) -> None:
        self._lineage = lineage
        self._free = OPENING
        self._held = Amount(0)
        self._traded = Amount(0)  # of the base asset
        self._paid = Amount(0)
        self._count = 0  # orders so far; the newest has this number

    def accepted(self) -> Entry:
        """Return the entry of the next order: intent, order, hold, version."""
        self._count = n = self._count + 1
        intent = intent_id(lineage=self._lineage, instrument=INSTRUMENT, version=n, leg=0)
        self._free, self._held = _sum(self._free, -COST), _sum(self._held, COST)
        name = client_order_id(prefix="bench", intent=intent)
        row = IntentRow(
            intent_id=intent,
            instrument=INSTRUMENT,
            version=n,
            leg=0,
            strategy=STRATEGY,
            client_order_id=name,
            decision_id=f"{n:032x}",
            body_hash=content_hash(intent.encode()),
            why=WHY,
            at_ms=BEGAN_MS + n,
        )
        return Entry(
            kind="OrderAccepted",
            subject=name,
            at_ms=BEGAN_MS + n,
            cause={"intent_id": intent, "version": n},
            rows=(
                row,
                self._order(name, intent, OrderState.SENDING),
                *_moved(f"hold:{name}", QUOTE, COST, source=FREE, target=HELD),
                BalanceRow(account=FREE, asset=QUOTE, amount=self._free),
                BalanceRow(account=HELD, asset=QUOTE, amount=self._held),
                InstrumentRow(instrument=INSTRUMENT, version=n + 1, last_buy_ms=BEGAN_MS + n),
            ),
        )

    def newest_trades(self, most: int) -> list[str]:
        """Return the trade ids of the newest *most* orders."""
        return [str(n) for n in range(max(1, self._count - most + 1), self._count + 1)]

    def filled(self) -> Entry:
        """Return the entry of the fill that ends the order of the newest `accepted`."""
        n = self._count
        intent = intent_id(lineage=self._lineage, instrument=INSTRUMENT, version=n, leg=0)
        name = client_order_id(prefix="bench", intent=intent)
        self._held = _sum(self._held, -COST)
        self._paid = _sum(self._paid, COST)
        self._traded = _sum(self._traded, QUANTITY)
        fill = FillRow(
            trade_id=str(n),
            client_order_id=name,
            venue_order_id=n,
            instrument=INSTRUMENT,
            strategy=STRATEGY,
            side=Side.BUY,
            price=PRICE,
            quantity=QUANTITY,
            fee=Amount(0),
            tax=Amount(0),
            fee_asset=QUOTE,
            realised=None,
            late=False,
            at_ms=BEGAN_MS + n,
            booked_ms=BEGAN_MS + n,
        )
        return Entry(
            kind="FillBooked",
            subject=name,
            at_ms=BEGAN_MS + n,
            cause={"trade_id": fill.trade_id},
            rows=(
                fill,
                self._order(name, intent, OrderState.FILLED),
                *_moved(f"fill:{n}", QUOTE, COST, source=HELD, target=MARKET),
                *_moved(f"fill:{n}", BASE, QUANTITY, source=MARKET, target=FREE, leg=2),
                BalanceRow(account=HELD, asset=QUOTE, amount=self._held),
                BalanceRow(account=MARKET, asset=QUOTE, amount=self._paid),
                BalanceRow(account=MARKET, asset=BASE, amount=_sum(Amount(0), -self._traded)),
                BalanceRow(account=FREE, asset=BASE, amount=self._traded),
                PositionRow(
                    strategy=STRATEGY,
                    instrument=INSTRUMENT,
                    position=self._traded,
                    cost=self._paid,
                    realised=Amount(0),
                ),
            ),
        )

    def pairs(self, count: int) -> Iterator[Entry]:
        """Give *count* orders, each followed by the fill that ends it."""
        for _ in range(count):
            yield self.accepted()
            yield self.filled()

    def _order(self, name: str, intent: str, state: OrderState) -> OrderRow:
        ended = state is OrderState.FILLED
        filled = QUANTITY if ended else Amount(0)
        return OrderRow(
            client_order_id=name,
            intent_id=intent,
            instrument=INSTRUMENT,
            strategy=STRATEGY,
            side=Side.BUY,
            price=PRICE,
            quantity=QUANTITY,
            state=state,
            stamp_ms=BEGAN_MS + self._count,
            venue_order_id=self._count if ended else None,
            filled_quantity=filled,
            booked_quantity=filled,
            hold_asset=QUOTE,
            hold_left=Amount(0) if ended else COST,
            cancel_wanted=False,
            cancel_reason="",
            outcome="",
            created_ms=BEGAN_MS + self._count,
            confirmed_ms=BEGAN_MS + self._count if ended else None,
            ended_ms=BEGAN_MS + self._count if ended else None,
        )


def _moved(
    transfer: str, asset: str, amount: Decimal, *, source: str, target: str, leg: int = 0
) -> tuple[PostingRow, PostingRow]:
    return (
        PostingRow(transfer=transfer, leg=leg, account=source, asset=asset, amount=Amount(-amount)),
        PostingRow(
            transfer=transfer, leg=leg + 1, account=target, asset=asset, amount=Amount(amount)
        ),
    )


def _sum(one: Decimal, other: Decimal) -> Amount:
    return Amount(one + other)
