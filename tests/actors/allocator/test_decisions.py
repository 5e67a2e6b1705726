"""Which decisions are worth a record, and what a record holds."""

from decimal import Decimal

from actors.allocator import allocation
from actors.allocator.decisions import Decisions
from messages import codec
from messages.orders import BrokenRule
from messages.records import Record
from messages.state import Level
from tests.actors.allocator.builders import (
    account,
    believed,
    desk,
    entry,
    held,
    moment,
    order,
    quote,
    state,
    status,
    targets,
)

NO = BrokenRule(code="NO_PERMIT", observed="risk_gate 3000 ms", limit="2000 ms")


def outcome(*messages, count=1):
    (one,) = allocation.run(desk(), believed(*messages), at=moment(), count=count)
    return one


def decided(decisions, one):
    return decisions.decided(one, account(), moment())


SENT = (targets(BTC_TRY=2),)
REJECTED = (targets(BTC_TRY="0.05"),)


def test_what_leaves_is_remembered_when_the_executor_took_it():
    decisions, one = Decisions("run"), outcome(*SENT)

    assert decided(decisions, one) is None
    worth = decisions.taken(one.decision_id)

    assert worth.body["outcome"] == "sent"
    assert worth.body["reason"] == "WANTED"  # the strategy's own
    assert decisions.taken(one.decision_id) is None


def test_what_is_not_done_is_remembered_once_until_it_differs():
    decisions = Decisions("run")

    first = decided(decisions, outcome(*REJECTED))
    same = [decided(decisions, outcome(*REJECTED)) for _ in range(3)]
    other = decided(decisions, outcome(*REJECTED, status(level=Level.PAUSED)))

    assert (first.body["outcome"], first.body["reason"]) == ("rejected", "MIN_NOTIONAL")
    assert same == [None, None, None]
    assert (other.body["reason"], other.body["same_before"]) == ("LEVEL", 3)


def test_nothing_wished_is_no_decision_and_changes_none():
    decisions = Decisions("run")
    decided(decisions, outcome(*REJECTED))

    assert decided(decisions, outcome(targets(BTC_TRY=0))) is None
    assert decided(decisions, outcome(*REJECTED)) is None


def test_a_rejection_after_an_order_is_news_again():
    decisions, sent = Decisions("run"), outcome(*SENT)
    decided(decisions, outcome(*REJECTED))
    decided(decisions, sent)
    decisions.taken(sent.decision_id)

    assert decided(decisions, outcome(*REJECTED)).body["reason"] == "MIN_NOTIONAL"


def test_a_no_of_the_executor_is_remembered_once_with_what_it_saw():
    decisions = Decisions("run")
    tries = [outcome(*SENT, count=number) for number in range(3)]
    for one in tries:
        decided(decisions, one)

    answers = [decisions.refused(one.decision_id, "BTC_TRY", NO) for one in tries]

    assert [bool(one) for one in answers] == [True, False, False]
    assert answers[0].body["outcome"] == "refused"
    assert answers[0].body["reason"] == "NO_PERMIT"
    assert answers[0].body["observed"] == "risk_gate 3000 ms"


def test_a_decision_nobody_answered_is_remembered_as_such():
    decisions, one = Decisions("run"), outcome(*SENT)
    decided(decisions, one)

    assert decisions.unanswered(one.decision_id, "BTC_TRY").body["outcome"] == "unanswered"


def test_what_waits_for_an_answer_is_bounded():
    decisions = Decisions("run")
    tries = [outcome(*SENT, count=number) for number in range(70)]
    for one in tries:
        decided(decisions, one)

    assert decisions.taken(tries[0].decision_id) is None
    assert decisions.taken(tries[-1].decision_id) is not None


def test_a_cancel_is_remembered_with_the_order_and_its_reason():
    one = outcome(state(alive=[order(price=900)]))

    body = decided(Decisions("run"), one).body

    assert (body["outcome"], body["reason"], body["strategy"]) == ("cancelled", "STALE", "first")
    assert [(each["client_order_id"], each["reason"]) for each in body["orders"]] == [
        ("o1", "STALE")
    ]


def test_an_order_kept_for_a_like_wish_is_named():
    rests = order(price=999, quantity=2)
    one = outcome(targets(BTC_TRY=4), state(alive=[rests], by={"first": held(0, buying=2)}))

    body = decided(Decisions("run"), one).body

    assert (body["outcome"], body["reason"]) == ("kept", "DUPLICATE_ORDER")
    assert [each["client_order_id"] for each in body["orders"]] == ["o1"]


def test_a_record_tells_enough_to_run_the_pass_again():
    world = (targets(BTC_TRY=20), status(levels=(entry(Level.ACTIVE),)), quote(age_ms=120))
    decisions, one = Decisions("run"), outcome(*world)
    decided(decisions, one)

    body = decisions.taken(one.decision_id).body

    assert body["quote"]["age_ms"] == 120
    assert (body["quote"]["bid"], body["quote"]["ask"]) == ("999", "1001")
    assert (body["account"]["cash"], body["account"]["deploy"]) == ("10000", "9980.03992015")
    (wish,) = body["wishes"]
    assert (wish["wish"], wish["status"], wish["binding"]) == ("20", "scaled", "CASH_TARGET")
    assert wish["caps"]["CASH_TARGET"] == "9980.03992015"
    assert Decimal(wish["quantity"]) == one.batch.intents[0].quantity
    (leg,) = body["legs"]
    assert leg["client_order_id"] == one.batch.intents[0].client_order_id


def test_a_record_survives_the_wire_as_it_is():
    decisions, one = Decisions("run"), outcome(*REJECTED)
    body = decided(decisions, one).body

    said = Record(seq=1, kind="decision", at_ms=1, instrument="BTC_TRY", body=body)
    heard = codec.convert(codec.unpack(codec.pack(said)), Record)

    assert heard.body["wishes"][0]["caps"] == body["wishes"][0]["caps"]
    assert heard.body["side"] == "buy"
