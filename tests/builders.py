"""Ordinary values, so that a test names only what it is about.

`quote()` is a fresh quote of BTC_TRY at 2,999,000 to 3,001,000; `state()` holds nothing and has no
order. Amounts are given as text, int or Decimal.
"""

from decimal import Decimal

from messages.instrument import Instrument
from messages.market import FeedStatus, FeedVerdict, InstrumentFeed, Quote
from messages.money import Amount, amount
from messages.orders import OrderState, Side
from messages.state import (
    AccountState,
    AliveOrder,
    ExecutorStatus,
    InstrumentState,
    Level,
    StrategyPosition,
)

WALL_MS = 1_774_252_925_790
BTC = "BTC_TRY"


def rules(instrument=BTC, **given):
    """The rules of *instrument*: whole lira, 8 decimals, orders from 100."""
    base, quote = instrument.split("_")
    ordinary = {
        "price_increment": "1",
        "quantity_step": "0.00000001",
        "notional_min": "100",
    }
    return Instrument(instrument=instrument, base=base, quote=quote, **_amounts(ordinary | given))


def quote(instrument=BTC, **given):
    ordinary = {
        "bid": "2999000",
        "bid_quantity": "0.5",
        "ask": "3001000",
        "ask_quantity": "0.5",
        "median": "3000000",
        "channel": "book",
        "venue_ms": None,
        "age_ms": 0,
        "seq": 1,
        "problem": None,
        "at_ms": WALL_MS,
    }
    return Quote(instrument=instrument, **_amounts(ordinary | given))


def feed_status(*instruments, **given):
    """Everything is well, with *instruments* tradable."""
    well = InstrumentFeed(tradable=True, problem=None, age_ms=0, trade_age_ms=0)
    ordinary = {
        "connected": True,
        "verdict": FeedVerdict.NORMAL,
        "reason": "OK",
        "instruments": dict.fromkeys(instruments, well),
        "reconnects": 0,
        "unreadable": 0,
        "at_ms": WALL_MS,
    }
    return FeedStatus(**ordinary | given)


def holding(position=0, *, cost=None, buying=0, selling=0):
    """What one strategy holds of one instrument."""
    return StrategyPosition(
        position=amount(position),
        cost=None if cost is None else amount(cost),
        buying=amount(buying),
        selling=amount(selling),
    )


def alive(side=Side.BUY, strategy="mean_reversion", **given):
    """An order that rests at the venue."""
    ordinary = {
        "client_order_id": "desk-a",
        "venue_order_id": 7,
        "price": "2999000",
        "quantity": "0.0001",
        "filled_quantity": "0",
        "state": OrderState.LIVE,
        "cancel_wanted": False,
        "sent_ms": WALL_MS,
        "confirmed_ms": WALL_MS,
    }
    return AliveOrder(side=side, strategy=strategy, **_amounts(ordinary | given))


def state(instrument=BTC, *, orders=(), **given):
    """The state of *instrument*; *by_strategy* says who holds what, and the position is the sum."""
    by_strategy = given.get("by_strategy", {})
    held = sum((one.position for one in by_strategy.values()), Decimal(0))
    ordinary = {
        "lineage": "8f2a",
        "version": 1,
        "level": Level.ACTIVE,
        "reason": "",
        "position": held,
        "by_strategy": by_strategy,
        "last_send_ms": {},
        "at_ms": WALL_MS,
    }
    return InstrumentState(instrument=instrument, alive=tuple(orders), **ordinary | given)


def account(cash=25_000, **given):
    """An account with *cash* free TRY and nothing lost."""
    ordinary = {
        "free": {"TRY": amount(cash)},
        "held": {"TRY": amount(0)},
        "equity": "25000",
        "day_pnl": "0",
        "drawdown": "0",
        "drawdown_ratio": "0",
        "realised_today": "0",
        "fees_today": "0",
        "loss_streak": 0,
        "sent_1s": 0,
        "sent_60s": 0,
        "alive": 0,
        "at_ms": WALL_MS,
    }
    return AccountState(**_amounts(ordinary | given))


def executor_status(**given):
    """An executor that trades."""
    ordinary = {
        "nonce": "n",
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
    }
    return ExecutorStatus(**ordinary | given)


def _amounts(given):
    """Return *given* with every text that reads as a number as an amount."""
    return {name: _amount(value) for name, value in given.items()}


def _amount(value):
    if isinstance(value, Decimal):
        return Amount(value)
    is_number = isinstance(value, str) and value[:1].isdigit()
    return amount(value) if is_number else value
