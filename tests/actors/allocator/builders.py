"""Ordinary values for the allocator: one instrument at a mid of 1,000, 10,000 TRY, nothing held.

A unit costs 1,000, the smallest order is 100. Every builder takes what is to be different.
"""

import random
from decimal import Decimal
from pathlib import Path

import structlog
from msgspec.structs import replace

from actors.allocator import allocation
from actors.allocator.batches import Moment
from actors.allocator.outstanding import Outstanding
from actors.allocator.places import place as place_of
from actors.allocator.refusals import Refusals
from actors.allocator.resting import Leaving
from actors.allocator.settings import Settings
from actors.runtime.newest import Newest
from actors.runtime.parts import Parts
from actors.runtime.settings import DeskSettings
from messages.instrument import Instrument
from messages.market import FeedStatus, FeedVerdict, Quote
from messages.money import amount
from messages.orders import OrderState, Side
from messages.state import (
    AccountState,
    AliveOrder,
    ExecutorStatus,
    InstrumentState,
    Level,
    LevelEntry,
    Scope,
    StrategyPosition,
)
from messages.targets import Target, Targets

BTC, ETH = "BTC_TRY", "ETH_TRY"
WALL_MS = 1_700_000_000_000
MONO_MS = 5_000_000


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.passed_ms = 0

    def pass_ms(self, ms):
        self.passed_ms += ms

    def wall_ms(self):
        return WALL_MS + self.passed_ms

    def wall_ns(self):
        return self.wall_ms() * 1_000_000

    def mono_ms(self):
        return MONO_MS + self.passed_ms

    def mono_ns(self):
        return self.mono_ms() * 1_000_000


def parts(role, clock, log=None):
    """Everything an actor is handed; *log* collects what it logs."""
    sink = log if log is not None else structlog.testing.CapturingLogger()
    return Parts(
        role=role,
        run_id="run",
        run_dir=Path("nowhere"),
        clock=clock,
        log=structlog.wrap_logger(
            sink, processors=[], wrapper_class=structlog.make_filtering_bound_logger(0)
        ),
        rng=random.Random(1),
    )


def desk_settings(**over):
    given = {
        "mode": "sim",
        "prefix": "desk",
        "instruments": (BTC,),
        "strategies": ("first", "second"),
    } | over
    return DeskSettings(**given)


def settings(**over):
    given = {
        "cash_target_try": 0,
        "position_max_try": 1_000_000,
        "pass_max_try": 1_000_000,
        "order_max_try": 1_000_000,
        "orders_per_pass_max": 100,
    } | over
    named = {k: amount(v) if k.endswith(("_try", "_ratio")) else v for k, v in given.items()}
    return Settings(**named)


def rules(instrument=BTC, **over):
    base, quote = instrument.split("_")
    given = {
        "instrument": instrument,
        "base": base,
        "quote": quote,
        "price_increment": amount(1),
        "quantity_step": amount("0.0001"),
        "notional_min": amount(100),
    } | over
    return Instrument(**given)


def quote(instrument=BTC, *, bid=999, ask=1001, **over):
    given = {
        "instrument": instrument,
        "bid": None if bid is None else amount(bid),
        "bid_quantity": amount(1),
        "ask": None if ask is None else amount(ask),
        "ask_quantity": amount(1),
        "median": amount(1000),
        "channel": "book",
        "venue_ms": WALL_MS,
        "age_ms": 0,
        "seq": 1,
        "problem": None,
        "at_ms": WALL_MS,
    } | over
    return Quote(**given)


def order(name="o1", *, side=Side.BUY, price=1000, quantity=1, filled=0, **over):
    given = {
        "client_order_id": name,
        "venue_order_id": 7,
        "strategy": "first",
        "side": side,
        "price": amount(price),
        "quantity": amount(quantity),
        "filled_quantity": amount(filled),
        "state": OrderState.LIVE,
        "cancel_wanted": False,
        "sent_ms": WALL_MS,
        "confirmed_ms": WALL_MS,
    } | over
    return AliveOrder(**given)


def held(position=0, *, buying=0, selling=0, cost=None):
    return StrategyPosition(
        position=amount(position),
        cost=None if cost is None else amount(cost),
        buying=amount(buying),
        selling=amount(selling),
    )


def state(instrument=BTC, *, position=0, by=None, alive=(), **over):
    """A state; *by* maps strategies to what they hold, *position* is the whole account's."""
    given = {
        "instrument": instrument,
        "lineage": "life",
        "version": 4,
        "level": Level.ACTIVE,
        "reason": "",
        "position": amount(position),
        "by_strategy": by or {},
        "alive": tuple(alive),
        "last_send_ms": {"buy": 0, "sell": 0},
        "at_ms": WALL_MS,
    } | over
    return InstrumentState(**given)


def account(free=10_000, **over):
    given = {
        "free": {} if free is None else {"TRY": amount(free)},
        "held": {},
        "equity": amount(10_000),
        "day_pnl": amount(0),
        "drawdown": amount(0),
        "drawdown_ratio": amount(0),
        "realised_today": amount(0),
        "fees_today": amount(0),
        "loss_streak": 0,
        "sent_1s": 0,
        "sent_60s": 0,
        "alive": 0,
        "at_ms": WALL_MS,
    } | over
    return AccountState(**given)


def status(**over):
    given = {
        "nonce": "n1",
        "epoch": 1,
        "kill_epoch": 0,
        "level": Level.ACTIVE,
        "levels": (),
        "latched": False,
        "armed": None,
        "dry_run": False,
        "reconciled": True,
        "waiting_for": "",
        "unknown_orders": 0,
        "permits": (),
        "head_seq": 1,
        "clock_offset_ms": 0,
        "at_ms": WALL_MS,
    } | over
    return ExecutorStatus(**given)


def entry(level, *, scope=Scope.DESK, name="", source="operator", reason="lunch"):
    return LevelEntry(
        scope=scope, name=name, source=source, level=level, reason=reason, at_ms=WALL_MS
    )


def feed(verdict=FeedVerdict.NORMAL):
    return FeedStatus(
        connected=True,
        verdict=verdict,
        reason="OK" if verdict is FeedVerdict.NORMAL else "ALL_STALE",
        instruments={},
        reconnects=0,
        unreadable=0,
        at_ms=WALL_MS,
    )


def target(quantity, *, price=None, reason="WANTED"):
    return Target(
        quantity=amount(quantity), price=None if price is None else amount(price), reason=reason
    )


def targets(strategy="first", **over):
    """Targets of *strategy*: BTC_TRY=1 wants one of it."""
    wanted = {name: one if isinstance(one, Target) else target(one) for name, one in over.items()}
    return Targets(strategy=strategy, seq=1, targets=wanted, contained=None, decided_ms=WALL_MS)


def heard(*messages, at_ms=MONO_MS):
    """Everything of *messages* as heard at *at_ms*."""
    newest = Newest()
    for message in messages:
        name = getattr(message, "instrument", "") or getattr(message, "strategy", "")
        newest.take(message, name=name, now_ms=at_ms)
    return newest


def place(*messages, status=None, now_ms=MONO_MS, instrument=BTC):
    """The place *instrument* as it follows from an ordinary world with *messages* over it."""
    world = heard(rules(instrument), quote(instrument), state(instrument), *messages)
    return place_of(instrument, world, now_ms=now_ms, status=status or ordinary_status())


def ordinary_status():
    return status()


def moment(now_ms=MONO_MS):
    return Moment(mono_ms=now_ms, mono_ns=now_ms * 1_000_000, wall_ms=WALL_MS + now_ms - MONO_MS)


def desk(own=None, *, instruments=(BTC,), strategies=("first", "second")):
    return allocation.Desk(
        run_id="run",
        prefix="desk",
        quote="TRY",
        instruments=instruments,
        strategies=strategies,
        settings=own or settings(),
    )


def believed(*messages, at_ms=MONO_MS):
    """What the allocator believes in an ordinary world with *messages* over it."""
    names = [m.instrument for m in messages if isinstance(m, Instrument)] or [BTC]
    world = [one for name in names for one in (rules(name), quote(name), state(name))]
    newest = heard(*world, account(), status(), feed(), *messages, at_ms=at_ms)
    return allocation.Believed(
        newest=newest, outstanding=Outstanding(), refusals=Refusals(), leaving=Leaving()
    )


def changed(message, **over):
    return replace(message, **over)


def total(values):
    return sum(values, Decimal(0))
