"""Books that could be a desk's: entries in the order an executor would write them, sums right.

Each method returns the entry it made and remembers what follows from it, so that any sequence of
calls is a sound history. Times are counted, nothing is random.
"""

import sqlite3
from decimal import Decimal

from msgspec.structs import replace

from messages.money import ZERO, Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store.columns import TABLES
from store.fold import Tables
from store.identity import Host, Identity
from store.open import STORE_FILE
from store.rows import (
    EXTERNAL,
    FEES,
    FREE,
    HELD,
    MARKET,
    TAXES,
    BalanceRow,
    Entry,
    FillRow,
    HttpRow,
    InstrumentRow,
    IntentRow,
    LevelRow,
    MetaRow,
    OrderRow,
    PositionRow,
    PostingRow,
    RecordRow,
)
from store.writer import Writer

GROSS = Decimal("0.0018")
PRICE = Decimal(3_000_000)


class Clock:
    """A wall clock that stands still unless moved."""

    def __init__(self, at_ms=1_700_000_000_000):
        self.at_ms = at_ms

    def wall_ms(self):
        return self.at_ms


IDENTITY = Identity(mode="sim", base_url="http://127.0.0.1:9999", key_hash="")
HOST = Host(machine_id="m1", boot_id="b1")


def opened(run_dir, **given):
    """The writer of the store in *run_dir*, for the same desk on the same host each time."""
    words = {"identity": IDENTITY, "clock": Clock(), "host": HOST} | given
    return Writer.open(run_dir, words.pop("identity"), words.pop("clock"), **words)


def rich():
    """A history that can afford whatever a test wants, and the entry that makes it so."""
    history = History()
    return history, history.opening("TRY", "1000000000")


def everything_in(run_dir):
    """All tables of the store in *run_dir*, whatever they hold."""
    connection = sqlite3.connect(f"file:{run_dir / STORE_FILE}?mode=ro", uri=True)
    tables = Tables()
    for table in TABLES:
        tables.apply(table.row(found) for found in connection.execute(table.read))
    connection.close()
    return tables


def tamper(run_dir, *statements):
    """Do what no part of the desk can do: change the store behind its back."""
    connection = sqlite3.connect(run_dir / STORE_FILE, isolation_level=None)
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for one in statements:
        connection.execute(one)
    connection.close()


class History:
    """The books so far, and how to go on."""

    def __init__(self):
        self.at_ms = 1_700_000_000_000
        self.balances = {}
        self.positions = {}
        self.versions = {}
        self.orders = {}
        self.count = 0

    def opening(self, asset, amount):
        legs = [(EXTERNAL, asset, -Decimal(amount)), (FREE, asset, Decimal(amount))]
        return self._entry("OpeningBooked", asset, self._transfer(f"opening:{asset}", legs))

    def accept(self, *, side=Side.BUY, quantity="0.001", strategy="ma_cross", why=None):
        """An order in state SENDING, its hold, its intent; its name is `names[-1]`."""
        self.count += 1
        number, quantity = self.count, Decimal(quantity)
        name, intent = f"bb-{number * 2654435761 % 2**64:026x}", f"{number * 40503 % 2**64:032x}"
        asset = "TRY" if side is Side.BUY else "BTC"
        held = quantity * PRICE * (1 + GROSS) if side is Side.BUY else quantity
        version = self._raised()
        order = OrderRow(
            client_order_id=name,
            intent_id=intent,
            instrument="BTC_TRY",
            strategy=strategy,
            side=side,
            price=Amount(PRICE),
            quantity=Amount(quantity),
            state=OrderState.SENDING,
            stamp_ms=self.at_ms,
            venue_order_id=None,
            filled_quantity=Amount(0),
            booked_quantity=Amount(0),
            hold_asset=asset,
            hold_left=Amount(held),
            cancel_wanted=False,
            cancel_reason="",
            outcome="",
            created_ms=self.at_ms,
            confirmed_ms=None,
            ended_ms=None,
        )
        self.orders[name] = order
        rows = [
            *self._transfer(f"hold:{name}", [(FREE, asset, -held), (HELD, asset, held)]),
            version,
            IntentRow(
                intent_id=intent,
                instrument="BTC_TRY",
                version=version.version - 1,
                leg=0,
                strategy=strategy,
                client_order_id=name,
                decision_id=f"d-{number}",
                body_hash="0f" * 8,
                why=WHY if why is None else why,
                at_ms=self.at_ms,
            ),
            order,
            MetaRow(key="last_stamp_ms", value=f"{self.at_ms}"),
        ]
        return self._entry("OrderAccepted", name, rows, {"decision_id": f"d-{number}"})

    @property
    def names(self):
        return list(self.orders)

    def live(self, name):
        order = replace(
            self.orders[name],
            state=OrderState.LIVE,
            venue_order_id=9_000_000 + self.count,
            confirmed_ms=self.at_ms,
        )
        self.orders[name] = order
        http = HttpRow(
            client_order_id=name,
            at_ms=self.at_ms,
            what="POST",
            path="/api/v1/order",
            status=200,
            answered_ms=self.at_ms + 20,
            meaning="Ack",
            answer='{"success":true}',
        )
        return self._entry("OrderLive", name, [order, http], {"code": ""})

    def fill(self, name, quantity, *, trade_id=None, late=False):
        """A fill at the order's price with maker fee and VAT, all of its part of the hold used.

        A *late* one comes after the order was over, and is paid from what is free.
        """
        order, quantity = self.orders[name], Decimal(quantity)
        notional = quantity * PRICE
        fee, tax = notional * Decimal("0.001"), notional * Decimal("0.0002")
        last = quantity >= order.quantity - order.booked_quantity
        buy = order.side is Side.BUY
        part = order.hold_left if last else (notional * (1 + GROSS) if buy else quantity)
        part = ZERO if late else part
        paid, got, gave = ("TRY", "BTC", notional) if buy else ("BTC", "TRY", quantity)
        bought = quantity if buy else notional
        legs = [
            (HELD, paid, -part),
            (FREE, paid, part - gave),
            (MARKET, paid, gave),
            (MARKET, got, -bought),
            (FREE, got, bought),
            (FREE, "TRY", -(fee + tax)),
            (FEES, "TRY", fee),
            (TAXES, "TRY", tax),
        ]
        trade = trade_id or f"t{len(self.orders)}-{order.booked_quantity}-{self.at_ms}"
        self.orders[name] = order = replace(
            order,
            booked_quantity=Amount(order.booked_quantity + quantity),
            filled_quantity=Amount(max(order.filled_quantity, order.booked_quantity + quantity)),
            hold_left=Amount(order.hold_left - part),
            state=OrderState.CLOSING if last and not late else order.state,
        )
        rows = [
            *self._transfer(f"fill:{trade}", _merged(legs)),
            order,
            self._moved(order.strategy, quantity if buy else -quantity),
            FillRow(
                trade_id=trade,
                client_order_id=name,
                venue_order_id=order.venue_order_id or 1,
                instrument="BTC_TRY",
                strategy=order.strategy,
                side=order.side,
                price=Amount(PRICE),
                quantity=Amount(quantity),
                fee=Amount(fee),
                tax=Amount(tax),
                fee_asset="TRY",
                realised=None if buy else Amount(0),
                late=late,
                at_ms=self.at_ms,
                booked_ms=self.at_ms + 5,
            ),
        ]
        return self._entry("FillBooked", name, rows, {"trade_id": trade})

    def end(self, name, state):
        """The order is over in *state*; the rest of its hold is free again."""
        order = self.orders[name]
        rest = order.hold_left
        legs = [(HELD, order.hold_asset, -rest), (FREE, order.hold_asset, rest)] if rest else []
        order = replace(order, state=state, hold_left=Amount(0), ended_ms=self.at_ms)
        self.orders[name] = order
        rows = [*self._transfer(f"release:{name}:{state}", legs), order]
        if order.booked_quantity < order.quantity:
            rows.append(self._raised())
        return self._entry(f"Order{state.title().replace('_', '')}", name, rows, {"to": state})

    def level(self, level, *, scope=Scope.DESK, name="", source="operator"):
        row = LevelRow(
            scope=scope, name=name, source=source, level=Level(level), reason="x", at_ms=self.at_ms
        )
        return self._entry("LevelChanged", f"{scope}:{name}", [row])

    def records(self, batch_id, *bodies, kind="decision", sender="allocator"):
        rows = [
            RecordRow(
                batch_id=batch_id,
                leg=leg,
                sender=sender,
                kind=kind,
                at_ms=self.at_ms + leg,
                instrument="BTC_TRY",
                body=body,
            )
            for leg, body in enumerate(bodies)
        ]
        return self._entry("RecordsKept", "", rows)

    def traded(self, orders, *, quantity="0.001"):
        """Entries of *orders* orders, each accepted, confirmed, filled in two parts and over."""
        for _ in range(orders):
            yield self.accept(quantity=quantity)
            name = self.names[-1]
            yield self.live(name)
            half = Decimal(quantity) / 2
            yield self.fill(name, half)
            yield self.fill(name, half)
            yield self.end(name, OrderState.FILLED)
            self.orders.pop(name)

    def _entry(self, kind, subject, rows, cause=None):
        self.at_ms += 1
        return Entry(
            kind=kind, subject=subject, at_ms=self.at_ms, cause=cause or {}, rows=tuple(rows)
        )

    def _transfer(self, name, legs):
        for leg, (account, asset, amount) in enumerate(legs):
            total = self.balances.get((account, asset), ZERO) + amount
            self.balances[account, asset] = total
            yield PostingRow(
                transfer=name, leg=leg, account=account, asset=asset, amount=Amount(amount)
            )
            yield BalanceRow(account=account, asset=asset, amount=Amount(total))

    def _raised(self):
        self.versions["BTC_TRY"] = self.versions.get("BTC_TRY", 0) + 1
        return InstrumentRow(instrument="BTC_TRY", version=self.versions["BTC_TRY"])

    def _moved(self, strategy, change):
        held = self.positions.get(strategy, ZERO) + change
        self.positions[strategy] = held
        return PositionRow(
            strategy=strategy,
            instrument="BTC_TRY",
            position=Amount(held),
            cost=Amount(held * PRICE),
            realised=Amount(0),
        )


def _merged(legs):
    sums = {}
    for account, asset, amount in legs:
        sums[account, asset] = sums.get((account, asset), ZERO) + amount
    return [(account, asset, total) for (account, asset), total in sums.items() if total]


WHY = {
    "sizing": {
        "quote": {
            "bid": "3000000",
            "ask": "3000100",
            "channel": "book",
            "venue_ms": 1_700_000_000_000,
            "age_ms": 12,
            "seq": 9,
        },
        "target_quantity": "0.001",
        "target_price": None,
        "reason": "MA_CROSS_UP",
        "targets_seq": 7,
        "position": "0",
        "buying": "0",
        "selling": "0",
        "wish": "0.001",
        "limit_price": "3000000",
        "cash": "29000",
        "investable": "20000",
        "deploy": "0.7",
        "size_factor": "1",
        "caps": [
            {"code": code, "left": "12345.67"}
            for code in ("CASH", "DEPLOY", "POSITION_MAX", "ORDER_MAX", "DAY_MAX")
        ],
        "binding": "OK",
        "status": "accepted",
        "allocated": "3000",
        "quantity": "0.001",
    },
    "verdict": [
        {"code": code, "observed": "1", "limit": "2", "passed": True}
        for code in ("LEVEL", "STALE", "RATE", "PRICE_BAND", "NOTIONAL", "POSITION", "DAY")
    ],
}
