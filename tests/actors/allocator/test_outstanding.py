"""At most one batch per instrument, and money that stays spent until it shows."""

from decimal import Decimal

import pytest

from actors.allocator.outstanding import Outstanding
from messages.orders import (
    BrokenRule,
    CancelWish,
    IntentAck,
    IntentBatch,
    IntentRefused,
    RefusedIntent,
)
from tests.actors.allocator.builders import BTC, ETH, changed, state
from tests.messages.samples import INTENT

NO = BrokenRule(code="LEVEL", observed="PAUSED", limit="ACTIVE")
DEADLINE_NS = 1_000_000_000


def batch(*names, cancels=(), version=4, decision="d1"):
    return IntentBatch(
        decision_id=decision,
        instrument=BTC,
        version=version,
        lineage="life",
        kill_epoch=0,
        deadline_ns=DEADLINE_NS,
        intents=tuple(changed(INTENT, intent_id=name) for name in names),
        cancels=tuple(CancelWish(client_order_id=name, reason="STALE") for name in cancels),
    )


def said(*names, cancels=()):
    out = Outstanding()
    out.add(batch(*names, cancels=cancels), {name: Decimal(100) for name in names})
    return out


def ack(*orders, cancels=()):
    return IntentAck(
        decision_id="d1", instrument=BTC, client_order_ids=tuple(orders), cancels=tuple(cancels)
    )


def gate_refuses(name, decision="d1"):
    return RefusedIntent(
        decision_id=decision,
        instrument=BTC,
        intent=changed(INTENT, intent_id=name),
        broken=NO,
        checks=(),
    )


def executor_refuses(name):
    return IntentRefused(decision_id="d1", instrument=BTC, intent_id=name, broken=NO)


def test_a_batch_on_its_way_shuts_its_instrument_alone():
    out = said("a")

    assert out.blocks(BTC)
    assert not out.blocks(ETH)
    assert out.spent == 100


def test_an_instrument_is_free_when_every_intent_was_refused():
    out = said("a", "b")

    out.refused(gate_refuses("a"))
    assert (out.blocks(BTC), out.spent) == (True, 100)

    out.refused(executor_refuses("b"))
    assert (out.blocks(BTC), out.spent) == (False, 0)


def test_a_no_to_a_whole_batch_frees_it():
    out = said("a", "b")

    out.refused(executor_refuses(""))

    assert (out.blocks(BTC), out.spent) == (False, 0)


def test_a_batch_whose_cancels_are_on_their_way_still_waits():
    out = said("a", cancels=["o1"])

    out.refused(gate_refuses("a"))

    assert out.blocks(BTC)


def test_an_answer_to_another_decision_changes_nothing():
    out = said("a")

    out.refused(gate_refuses("a", decision="d0"))
    out.acknowledged(IntentAck(decision_id="d0", instrument=BTC, client_order_ids=("x",)))

    assert (out.blocks(BTC), out.spent) == (True, 100)


def test_a_taken_batch_waits_for_the_state_that_shows_it():
    out = said("a")

    out.acknowledged(ack("desk-a"))
    out.seen(state(version=4))
    assert out.blocks(BTC)

    out.seen(state(version=5))
    assert not out.blocks(BTC)


def test_a_taken_cancel_waits_for_the_next_state():
    out = said(cancels=["o1"])

    out.seen(state(version=4))
    assert out.blocks(BTC)

    out.acknowledged(ack(cancels=["o1"]))
    out.seen(state(version=4))
    assert not out.blocks(BTC)


def test_a_new_life_of_the_store_frees_what_was_said_in_the_old_one():
    out = said("a")

    out.seen(changed(state(version=4), lineage="another"))

    assert not out.blocks(BTC)


@pytest.mark.parametrize(
    ("now_ns", "free"), [(DEADLINE_NS - 1, False), (DEADLINE_NS, True), (DEADLINE_NS + 1, True)]
)
def test_a_deadline_frees_what_nobody_answered(now_ns, free):
    out = said("a")

    over = out.expire(now_ns)

    assert out.blocks(BTC) is not free
    assert [one.decision_id for one in over] == (["d1"] if free else [])


def test_a_batch_that_was_taken_is_not_unanswered():
    out = said("a")
    out.acknowledged(ack("desk-a"))

    assert out.expire(DEADLINE_NS) == []


def test_money_is_spent_until_an_account_is_heard_after_the_order_showed():
    out = said("a")

    out.account_seen()
    assert out.spent == 100

    out.seen(state(version=5))
    assert out.spent == 100

    out.account_seen()
    assert out.spent == 0


def test_money_of_a_batch_nobody_answered_stays_spent_until_it_must_have_shown():
    out = said("a")

    out.expire(DEADLINE_NS)
    out.account_seen()
    assert out.spent == 100

    out.expire(DEADLINE_NS + 1_000_000_000)
    out.account_seen()
    assert out.spent == 0


def test_what_a_refusal_is_about_is_known_while_its_batch_waits():
    out = said("a", "b")

    assert [one.intent_id for one in out.meant(executor_refuses("b"))] == ["b"]
    assert [one.intent_id for one in out.meant(executor_refuses(""))] == ["a", "b"]
    assert out.version(BTC, "d1") == 4
    assert out.version(BTC, "d0") is None
