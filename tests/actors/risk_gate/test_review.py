"""What leaves of a batch, and that no size grows from wish to wire."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from actors.allocator import allocation
from actors.risk_gate.review import review
from messages.orders import ApprovedBatch, Side
from messages.state import Level
from tests.actors.allocator import builders as allocator
from tests.actors.allocator.builders import BTC, account, held, rules, state, status, targets, total
from tests.actors.risk_gate.builders import (
    MONO_MS,
    NOW_NS,
    batch,
    intent,
    limits,
    owning,
    sell,
    world,
)


def reviewed(said, *heard, own=None, before=()):
    numbers = own or limits()
    belief = world(*heard, own=numbers)
    return review(
        said, belief.facts(BTC, now_ms=MONO_MS, now_ns=NOW_NS), numbers, before=tuple(before)
    )


def codes(verdict):
    return [one.broken.code for one in verdict.refused]


def test_what_is_approved_leaves_with_every_check_it_passed():
    verdict = reviewed(batch(intent()))

    assert verdict.approved.batch == batch(intent())
    (one,) = verdict.approved.verdicts
    assert one.intent_id == "i1"
    assert all(check.passed for check in one.checks)
    assert "MAX_GROSS_EXPOSURE" in [check.code for check in one.checks]


def test_one_intent_refused_does_not_refuse_the_others():
    said = batch(intent("a", price=5000), intent("b"))

    verdict = reviewed(said)

    assert [one.intent_id for one in verdict.approved.batch.intents] == ["b"]
    assert codes(verdict) == ["PRICE_COLLAR"]
    assert verdict.refused[0].decision_id == "d1"
    assert [one.code for one in verdict.refused[0].checks if not one.passed] == ["PRICE_COLLAR"] * 2


def test_an_approved_intent_counts_for_the_next():
    said = batch(intent("a"), intent("b", price=990))

    verdict = reviewed(said, own=limits(position_max_try=1989))

    assert [one.intent_id for one in verdict.approved.batch.intents] == ["a"]
    assert codes(verdict) == ["MAX_POSITION_NOTIONAL"]


def test_a_refused_intent_does_not_count_for_the_next():
    said = batch(intent("a", price=5000), intent("b"))

    verdict = reviewed(said, own=limits(position_max_try=1000))

    assert [one.intent_id for one in verdict.approved.batch.intents] == ["b"]


def test_two_intents_together_spend_the_cash_once():
    said = batch(intent("a"), intent("b", price=990))

    assert codes(reviewed(said, account(1900))) == ["CASH_RESERVE"]


def test_two_intents_together_sell_what_there_is():
    said = batch(sell("a"), sell("b", price=1010))

    assert codes(reviewed(said, owning("1.5"))) == ["EXCEEDS_POSITION"]


def test_intents_of_one_batch_cannot_meet_each_other():
    said = batch(sell("a", price=1000), intent("b", price=1000))

    assert codes(reviewed(said, owning(1))) == ["SELF_CROSS"]


def test_cancels_always_leave():
    halted = (status(level=Level.HALTED, latched=True), account(None))
    said = batch(intent(), cancels=["o1", "o2"], version=1, deadline_ns=0)

    verdict = reviewed(said, *halted)

    assert verdict.approved.batch.intents == ()
    assert [one.client_order_id for one in verdict.approved.batch.cancels] == ["o1", "o2"]
    assert len(verdict.refused) == 1


def test_when_nothing_may_leave_nothing_is_approved():
    verdict = reviewed(batch(intent()), status(level=Level.PAUSED))

    assert verdict.approved is None
    assert codes(verdict) == ["LEVEL"]


def test_every_intent_of_a_stale_batch_is_refused_as_such():
    said = batch(intent("a"), intent("b", price=990), version=3)

    assert codes(reviewed(said)) == ["STALE_VERSION", "STALE_VERSION"]


def test_what_leaves_is_remembered_for_the_next_batch():
    verdict = reviewed(batch(intent(), deadline_ns=NOW_NS + 5))

    (one,) = verdict.added
    assert (one.intent_id, one.instrument, one.version, one.at_ms) == ("i1", BTC, 4, MONO_MS)
    assert (one.notional, one.until_ns) == (1000, NOW_NS + 5 + 1_000_000_000)


AMOUNTS = st.integers(min_value=0, max_value=3_000_000).map(lambda n: Decimal(n).scaleb(-2))
QUANTITIES = st.integers(min_value=0, max_value=50_000).map(lambda n: Decimal(n).scaleb(-4))


@given(
    wanted=st.tuples(QUANTITIES, QUANTITIES),
    has=st.tuples(QUANTITIES, QUANTITIES),
    cash=AMOUNTS,
    order_max=AMOUNTS,
    limit=AMOUNTS,
    pricing=st.sampled_from(["passive", "cross"]),
)
def test_approved_is_at_most_allocated_and_that_at_most_wished(
    wanted, has, cash, order_max, limit, pricing
):
    heard = (
        rules(),
        state(position=sum(has), by={"first": held(has[0]), "second": held(has[1])}),
        account(cash),
    )
    own = allocator.settings(order_max_try=order_max, pricing=pricing)
    known = allocator.believed(
        *heard, targets("first", BTC_TRY=wanted[0]), targets("second", BTC_TRY=wanted[1])
    )
    (outcome,) = allocation.run(allocator.desk(own), known, at=allocator.moment(), count=1)
    if outcome.batch is None:
        return

    verdict = reviewed(outcome.batch, *heard, own=limits(order_notional_max_try=limit))

    left = verdict.approved or ApprovedBatch(batch=batch())
    assert len(left.batch.intents) + len(verdict.refused) == len(outcome.batch.intents)
    said = {one.intent_id: one for one in outcome.batch.intents}
    for one in left.batch.intents:
        assert one == said[one.intent_id]  # yes or no, never another size
        wish = abs(one.sizing.wish)
        assert one.quantity <= wish
        assert one.notional <= one.sizing.allocated <= wish * one.price
        assert one.notional <= limit
    sold = total(one.quantity for one in left.batch.intents if one.side is Side.SELL)
    bought = total(one.notional for one in left.batch.intents if one.side is Side.BUY)
    assert sold <= sum(has)
    assert bought * Decimal("1.0018") <= max(cash, 0)
