"""The gate through `react`: what it says to what it hears."""

import pytest
from structlog.testing import CapturingLogger

from actors.risk_gate.actor import build
from actors.runtime.effects import After, Back, Route, Tick
from actors.runtime.unacked import FULL_AT
from messages import codec
from messages.control import Kill, Reply, Resume, SetLevel, StatusQuery
from messages.life import Permit
from messages.market import FeedVerdict
from messages.money import amount
from messages.orders import ApprovedBatch, BrokenRule, IntentAck, IntentRefused, RefusedIntent
from messages.records import Record, RecordsAck
from messages.state import Level, Scope
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    FixedClock,
    account,
    desk_settings,
    entry,
    feed,
    order,
    parts,
    quote,
    rules,
    state,
    status,
)
from tests.actors.risk_gate.builders import (
    allocator_state,
    audit,
    batch,
    intent,
    limits,
    modes,
    sell,
)

ASKER = Route(socket="risk_gate.control", peer=b"someone")
NO = BrokenRule(code="NO_PERMIT", observed="silence", limit="2000 ms")


class Desk:
    """A gate, its clock, and what it says."""

    def __init__(self, **own):
        self.clock, self.log = FixedClock(), CapturingLogger()
        self.actor = build(
            parts("risk_gate", self.clock, self.log),
            desk=desk_settings(instruments=(BTC, ETH)),
            own=limits(**own),
        )

    def hear(self, *messages):
        self.actor.route = ASKER
        return [said for one in messages for said in self.actor.react(one)]

    def ordinary(self):
        self.hear(*ordinary())
        return self

    def events(self):
        return [call.kwargs["event"] for call in self.log.calls]


def ordinary():
    names = (BTC, ETH)
    world = [one for name in names for one in (rules(name), quote(name), state(name))]
    return [*world, account(), feed(), allocator_state(), audit(), status()]


def of(kind, said):
    return [one for one in said if isinstance(one, kind)]


def answer(said):
    (back,) = of(Back, said)
    assert back.route == ASKER
    return back.message


def test_it_waits_for_the_state_of_every_instrument_and_of_the_account():
    desk = Desk()

    assert desk.actor.waiting_for() == "the state of BTC_TRY, ETH_TRY"
    desk.hear(state(BTC), state(ETH))
    assert "AccountState" in desk.actor.waiting_for()
    desk.hear(account(), status())
    assert desk.actor.waiting_for() == ""


def test_what_is_approved_leaves_and_what_is_refused_goes_back():
    said = Desk().ordinary().hear(batch(intent("a"), intent("b", price=5000)))

    (approved,) = of(ApprovedBatch, said)
    (refused,) = of(RefusedIntent, said)
    assert [one.intent_id for one in approved.batch.intents] == ["a"]
    assert (refused.intent.intent_id, refused.broken.code) == ("b", "PRICE_COLLAR")


def test_an_approval_counts_for_the_next_batch_until_a_state_shows_it():
    desk = Desk(position_max_try=1500).ordinary()
    desk.hear(batch(intent("a")))

    again = desk.hear(batch(intent("b", price=990), decision="d2"))
    assert [one.broken.code for one in of(RefusedIntent, again)] == ["MAX_POSITION_NOTIONAL"]

    desk.hear(state(version=5, alive=[order("desk-a", price=400)]))
    later = desk.hear(batch(intent("b", price=990), version=5, decision="d3"))
    assert len(of(ApprovedBatch, later)) == 1


def test_what_the_executor_refused_does_not_count_and_its_answers_are_passed_on():
    desk = Desk(position_max_try=1500).ordinary()
    desk.hear(batch(intent("a")))
    refused = IntentRefused(decision_id="d1", instrument=BTC, intent_id="a", broken=NO)
    ack = IntentAck(decision_id="d1", instrument=BTC, client_order_ids=("desk-a",))

    assert desk.hear(refused, ack) == [refused, ack]
    again = desk.hear(batch(intent("b", price=990), decision="d2"))
    assert len(of(ApprovedBatch, again)) == 1


def test_an_order_elsewhere_meets_what_was_approved_a_moment_ago():
    desk = Desk(gross_max_try=1500).ordinary()
    desk.hear(batch(intent("a")))

    said = desk.hear(batch(intent("b"), instrument=ETH, decision="d2"))

    assert [one.broken.code for one in of(RefusedIntent, said)] == ["MAX_GROSS_EXPOSURE"]


def test_a_refusal_is_recorded_and_logged_once_with_every_check():
    desk = Desk().ordinary()

    first = desk.hear(batch(intent(price=5000)))
    same = desk.hear(batch(intent(price=5000), decision="d2"))
    other = desk.hear(batch(intent(quantity="0.01"), decision="d3"))

    (record,) = of(Record, first)
    assert (record.kind, record.instrument) == ("decision", BTC)
    assert (record.body["outcome"], record.body["reason"]) == ("refused", "PRICE_COLLAR")
    assert (record.body["strategy"], record.body["side"]) == ("first", "buy")
    assert len(record.body["checks"]) > 20
    assert record.body["sizing"]["target_quantity"] == "1"
    assert of(Record, same) == []
    assert [one.body["reason"] for one in of(Record, other)] == ["MIN_NOTIONAL"]
    assert of(Record, other)[0].body["same_before"] == 1
    assert desk.events().count("intent_refused") == 2


def test_a_refusal_record_survives_the_wire():
    (record,) = of(Record, Desk().ordinary().hear(batch(intent(price=5000))))

    heard = codec.convert(codec.unpack(codec.pack(record)), Record)

    assert heard.body["checks"][0]["code"] == "LEVEL"
    assert heard.body["sizing"]["caps"] == ()


def test_a_refusal_after_an_order_is_news_again():
    desk = Desk().ordinary()
    desk.hear(batch(intent(price=5000)), batch(intent("b"), decision="d2"))

    assert len(of(Record, desk.hear(batch(intent(price=5000), decision="d3")))) == 1


def test_a_permit_answers_each_nonce():
    desk = Desk().ordinary()

    said = desk.hear(status(nonce="n1"), status(nonce="n2"))

    assert [one.nonce for one in of(Permit, said)] == ["n1", "n2"]
    assert desk.events() == ["permit_given"]


def test_silence_ends_the_permit_and_one_line_says_why():
    desk = Desk().ordinary()
    desk.clock.pass_ms(3_001)

    said = desk.hear(status(nonce="n2"), status(nonce="n3"))

    assert of(Permit, said) == []
    assert [
        call.kwargs for call in desk.log.calls if call.kwargs["event"] == "permit_withheld"
    ] == [{"event": "permit_withheld", "reason": "STALE_STATE AccountState"}]


def test_a_kill_ends_the_permit_and_every_approval_and_says_so():
    desk = Desk().ordinary()

    reply = answer(desk.hear(Kill(reason="fat finger")))

    assert reply.ok
    assert of(Permit, desk.hear(status())) == []
    refused = of(RefusedIntent, desk.hear(batch(sell())))
    assert [one.broken.code for one in refused] == ["LEVEL"]
    assert "desk_killed" in desk.events()


def test_the_permit_comes_back_when_the_executor_was_resumed():
    desk = Desk().ordinary()
    desk.hear(Kill(reason="fat finger"), status(latched=True))

    assert not answer(desk.hear(Resume())).ok
    assert len(of(Permit, desk.hear(status(kill_epoch=1)))) == 1
    assert answer(desk.hear(Resume(code="1"))).ok


def test_a_question_is_answered_with_why_the_permit_is_withheld():
    desk = Desk()

    report = answer(desk.hear(StatusQuery())).report

    assert report["permit_withheld"] == "nothing was heard yet"
    assert report["waiting_for"] == "the state of BTC_TRY, ETH_TRY"


def test_a_broken_limit_lowers_the_desk_until_its_entry_is_seen():
    desk = Desk().ordinary()
    desk.hear(account(realised_today=amount(-1000)))

    (one,) = of(SetLevel, desk.hear(Tick("watch")))
    assert (one.scope, one.source, one.level) == (Scope.DESK, "risk_gate", Level.PAUSED)
    assert of(SetLevel, desk.hear(Tick("watch"))) == [one]

    mine = entry(Level.PAUSED, source="risk_gate", reason="DRAWDOWN_LIMIT")
    desk.hear(status(level=Level.PAUSED, levels=(mine,)))
    assert of(SetLevel, desk.hear(Tick("watch"))) == []


def test_it_says_no_level_while_the_executor_is_silent():
    desk = Desk().ordinary()
    desk.hear(account(realised_today=amount(-1000)))
    desk.clock.pass_ms(3_001)

    assert of(SetLevel, desk.hear(Tick("watch"))) == []


def test_data_that_was_never_good_lowers_nothing():
    early, late = Desk(), Desk().ordinary()
    early.hear(*ordinary()[:6], account(), status(), feed(FeedVerdict.OBSERVE))
    late.hear(feed(FeedVerdict.OBSERVE))

    assert of(SetLevel, early.hear(Tick("watch"))) == []
    assert [one.reason for one in of(SetLevel, late.hear(Tick("watch")))] == ["MARKET_DATA"]


def test_an_instrument_that_repeats_itself_is_paused_at_once():
    desk = Desk(repeated_max=2).ordinary()
    desk.hear(batch(intent("a")), state(version=5))

    said = desk.hear(batch(intent("b"), version=5, decision="d2"))

    (one,) = of(SetLevel, said)
    assert (one.scope, one.name, one.level) == (Scope.INSTRUMENT, BTC, Level.PAUSED)
    assert one.reason == "REPEATED_INTENT"


def test_records_are_repeated_until_acknowledged():
    desk = Desk().ordinary()
    (record,) = of(Record, desk.hear(batch(intent(price=5000))))
    desk.clock.pass_ms(1_000)

    assert of(Record, desk.hear(Tick("watch"))) == [record]
    desk.hear(RecordsAck(upto=record.seq))
    desk.clock.pass_ms(1_000)
    assert of(Record, desk.hear(Tick("watch"))) == []


def test_when_records_cannot_be_kept_the_permit_ends():
    desk = Desk().ordinary()
    for number in range(FULL_AT):
        desk.hear(batch(intent(price=(5000, "1000.5")[number % 2]), decision=f"d{number}"))

    assert desk.actor.waiting_for() == "records to be acknowledged"
    assert of(Permit, desk.hear(status())) == []
    assert of(Record, desk.hear(batch(intent(price=5000)))) == []


def test_an_answer_to_its_own_command_is_only_logged_when_it_is_no():
    desk = Desk().ordinary()

    assert desk.hear(Reply(ok=True, code="OK", message="")) == []
    assert desk.hear(Reply(ok=False, code="UNKNOWN_SOURCE", message="who?")) == []
    assert desk.events().count("level_refused") == 1


def test_it_begins_with_its_timer_and_goes_on_watching():
    desk = Desk(modes=modes(look_every_ms=700)).ordinary()

    assert list(desk.actor.started()) == [After(700, Tick("watch"))]
    assert desk.hear(Tick("watch"))[-1] == After(700, Tick("watch"))


def test_a_message_it_does_not_know_ends_it():
    with pytest.raises(TypeError, match="Stranger"):
        Desk().hear(type("Stranger", (), {})())
