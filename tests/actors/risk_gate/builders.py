"""Ordinary values for the gate: a wish to buy one at 1,000 in a world where nothing forbids it."""

from msgspec.structs import replace

from actors.risk_gate.approvals import Approval, coming
from actors.risk_gate.ask import Ask
from actors.risk_gate.belief import Belief
from actors.risk_gate.checks import evaluate, first_broken
from actors.risk_gate.settings import Modes, OwnLimits, Settings
from messages.money import amount
from messages.orders import CancelWish, Intent, IntentBatch, QuoteSeen, Side, Sizing
from messages.records import AuditStatus
from messages.targets import AllocatorState
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    MONO_MS,
    WALL_MS,
    account,
    feed,
    held,
    quote,
    rules,
    state,
    status,
)

MUCH = 1_000_000
NOW_NS = MONO_MS * 1_000_000


def modes(**over):
    given = {
        "drawdown_max_try": MUCH,
        "exposure_max_try": MUCH,
        "position_max_ratio": 1000,
    } | over
    return Modes(**{k: _amount(k, v) for k, v in given.items()})


def limits(**over):
    given = {
        "order_notional_max_try": MUCH,
        "position_max_try": MUCH,
        "gross_max_try": MUCH,
        "cash_target_try": 0,
        "unknown_max": 0,
        "orders_max": 100,
        "instrument_orders_max": 100,
        "orders_per_s_max": 100,
        "orders_per_min_max": 1000,
        "cooldown_ms": 0,
        "repeated_max": 100,
        "daily_loss_max_try": 1000,
        "drawdown_max_ratio": "0.1",
        "fee_day_max_try": 150,
        "loss_streak_max": 5,
        "modes": modes(),
    } | over
    return Settings(**{k: _amount(k, v) for k, v in given.items()})


def own_limits(**over):
    return OwnLimits(**{k: _amount(k, v) for k, v in over.items()})


def intent(name="i1", *, side=Side.BUY, price=1000, quantity=1, strategy="first", target=1, leg=0):
    return Intent(
        intent_id=name,
        leg=leg,
        client_order_id=f"desk-{name}",
        strategy=strategy,
        side=side,
        quantity=amount(quantity),
        price=amount(price),
        sizing=sizing(target),
    )


def sell(name="s1", **over):
    return intent(name, side=Side.SELL, **over)


def sizing(target=1):
    zero = amount(0)
    return Sizing(
        quote=QuoteSeen(
            bid=amount(999), ask=amount(1001), channel="book", venue_ms=None, age_ms=0, seq=1
        ),
        target_quantity=amount(target),
        target_price=None,
        reason="WANTED",
        targets_seq=1,
        position=zero,
        buying=zero,
        selling=zero,
        wish=amount(target),
        limit_price=amount(1000),
        cash=zero,
        investable=zero,
        deploy=zero,
        size_factor=amount(1),
        caps=(),
        binding="OK",
        status="accepted",
        allocated=amount(1000),
        quantity=amount(target),
    )


def batch(*intents, cancels=(), instrument=BTC, decision="d1", **over):
    given = {
        "decision_id": decision,
        "instrument": instrument,
        "version": 4,
        "lineage": "life",
        "kill_epoch": 0,
        "deadline_ns": NOW_NS + 1_000_000_000,
        "intents": tuple(intents),
        "cancels": tuple(CancelWish(client_order_id=one, reason="STALE") for one in cancels),
    } | over
    return IntentBatch(**given)


def approved(one, *, ago_ms=0, instrument=BTC, seen=False, booked=False, **over):
    """An approval of intent *one*, *ago_ms* before now."""
    given = {
        "intent_id": one.intent_id,
        "decision_id": "d0",
        "instrument": instrument,
        "version": 4,
        "strategy": one.strategy,
        "side": one.side,
        "price": one.price,
        "quantity": one.quantity,
        "target": one.sizing.target_quantity,
        "at_ms": MONO_MS - ago_ms,
        "until_ns": NOW_NS + 2_000_000_000,
        "seen": seen,
        "booked": booked,
    } | over
    return Approval(**given)


def world(*messages, instruments=(BTC, ETH), own=None, unheard=()):
    """A gate that heard an ordinary world and then *messages*, at MONO_MS.

    *unheard* are kinds and instruments of that world which it never heard.
    """
    belief = Belief(own or limits(), instruments=instruments, quote_asset="TRY")
    ordinary = [one for name in instruments for one in (rules(name), quote(name), state(name))]
    for message in (*ordinary, account(), status(), feed(), *messages):
        if (type(message), getattr(message, "instrument", "")) not in unheard:
            take(belief, message)
    return belief


def take(belief, message, now_ms=MONO_MS):
    belief.take(message, name=getattr(message, "instrument", ""), now_ms=now_ms)


def ask(*messages, wish=None, own=None, before=(), after_ms=0, said=None, unheard=(), **about):
    """The question whether *wish* may leave a world with *messages*, *after_ms* later."""
    given = own or limits()
    belief = world(*messages, own=given, unheard=unheard)
    one = wish or intent()
    now_ms = MONO_MS + after_ms
    lately = sorted(before, key=lambda each: each.at_ms)
    return Ask(
        intent=one,
        batch=said or batch(one),
        facts=belief.facts(BTC, now_ms=now_ms, now_ns=now_ms * 1_000_000, **about),
        limits=given,
        approved=tuple(lately),
        coming=coming(lately, now_ms * 1_000_000),
    )


def refusal(*messages, **about):
    """The code of the first rule that is broken, None when the wish may leave."""
    broken = first_broken(evaluate(ask(*messages, **about)))
    return broken.code if broken else None


def audit(**over):
    given = {
        "audited_seq": 1,
        "head_hash": "ab",
        "lag_ms": 0,
        "breach": None,
        "at_ms": WALL_MS,
    } | over
    return AuditStatus(**given)


def allocator_state(**ages):
    return AllocatorState(targets_age_ms=ages or {"first": 0, "second": 0}, at_ms=WALL_MS)


def owning(quantity, *, strategy="first", alive=(), **over):
    """A state in which *strategy* holds *quantity* and the account no more."""
    mine = held(quantity, **over)
    return state(position=quantity, by={strategy: mine}, alive=alive)


def changed(message, **over):
    return replace(message, **over)


def _amount(name, value):
    if value is not None and name.endswith(("_try", "_ratio")):
        return amount(value)
    return value
