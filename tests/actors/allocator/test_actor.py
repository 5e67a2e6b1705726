"""The allocator through `react`: what it says to what it hears."""

import pytest
from structlog.testing import CapturingLogger

from actors.allocator.actor import build
from actors.runtime.effects import After, Tick
from actors.runtime.unacked import FULL_AT
from messages.orders import (
    BrokenRule,
    IntentAck,
    IntentBatch,
    IntentRefused,
    RefusedIntent,
    Side,
)
from messages.records import Record, RecordsAck
from messages.state import Level, PermitAge
from messages.targets import AllocatorState
from tests.actors.allocator.builders import (
    BTC,
    FixedClock,
    account,
    desk_settings,
    feed,
    held,
    order,
    parts,
    quote,
    rules,
    settings,
    state,
    status,
    targets,
)

NO = BrokenRule(code="COOLDOWN", observed="3000 ms", limit="60000 ms")


class Desk:
    """An allocator, its clock, and what it says."""

    def __init__(self, *, started_ms=0, **own):
        self.clock, self.log = FixedClock(), CapturingLogger()
        self.clock.pass_ms(started_ms)
        self.actor = build(
            parts("allocator", self.clock, self.log), desk=desk_settings(), own=settings(**own)
        )

    def hear(self, *messages):
        return [said for one in messages for said in self.actor.react(one)]

    def wake(self, ms=100):
        """Let time pass until the next look, everything being repeated meanwhile."""
        self.clock.pass_ms(ms)
        return self.hear(Tick("pass"))

    def ordinary(self):
        self.hear(rules(), quote(), feed(), status(), account(), state())
        return self


def batches(said):
    return [one for one in said if isinstance(one, IntentBatch)]


def records(said):
    return [one for one in said if isinstance(one, Record)]


def ack(batch):
    return IntentAck(
        decision_id=batch.decision_id,
        instrument=batch.instrument,
        client_order_ids=tuple(one.client_order_id for one in batch.intents),
        cancels=tuple(one.client_order_id for one in batch.cancels),
    )


def refusal(batch):
    return RefusedIntent(
        decision_id=batch.decision_id,
        instrument=batch.instrument,
        intent=batch.intents[0],
        broken=NO,
        checks=(),
    )


def test_it_waits_for_states_and_wishes_nothing_before():
    desk = Desk()

    said = desk.hear(rules(), quote(), feed(), targets(BTC_TRY=2))

    assert desk.actor.waiting_for() == "the state of BTC_TRY"
    assert batches(said) == []


def test_it_is_ready_when_states_were_heard():
    assert Desk().ordinary().actor.waiting_for() == ""


def test_a_target_becomes_a_batch_at_once():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)

    (batch,) = batches(desk.hear(targets(BTC_TRY=2)))

    assert (batch.instrument, len(batch.intents)) == (BTC, 1)


def test_a_repeated_target_says_nothing_more_while_the_batch_is_on_its_way():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    desk.hear(targets(BTC_TRY=2))

    assert batches(desk.hear(targets(BTC_TRY=3)) + desk.wake()) == []


def test_after_the_executor_took_it_nothing_is_wished_twice():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    (batch,) = batches(desk.hear(targets(BTC_TRY=2)))
    rests = order(batch.intents[0].client_order_id, price=999, quantity=2)

    said = desk.hear(ack(batch), state(version=5, alive=[rests], by={"first": held(0, buying=2)}))

    assert batches(said + desk.wake()) == []
    assert [one.body["outcome"] for one in records(said)] == ["sent"]


def test_a_refused_wish_is_said_again_after_a_second_and_not_before():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    (batch,) = batches(desk.hear(targets(BTC_TRY=2)))
    desk.hear(refusal(batch))

    assert batches(desk.wake(100) + desk.wake(800)) == []
    assert len(batches(desk.wake(500))) == 1


def test_a_refused_wish_is_said_at_once_when_the_version_moved():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    (batch,) = batches(desk.hear(targets(BTC_TRY=2)))
    desk.hear(refusal(batch))
    desk.clock.pass_ms(100)

    assert len(batches(desk.hear(state(version=5)))) == 1


def test_a_batch_nobody_answers_is_given_up_at_its_deadline():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    (batch,) = batches(desk.hear(targets(BTC_TRY=2)))

    assert batches(desk.wake(900)) == []
    (again,) = batches(desk.wake(500))

    assert again.intents[0].intent_id == batch.intents[0].intent_id
    assert again.decision_id != batch.decision_id
    assert "batch_unanswered" in [call.kwargs["event"] for call in desk.log.calls]


def test_a_no_of_the_executor_frees_the_instrument_and_is_recorded_once():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    said = desk.hear(targets(BTC_TRY=2))
    for _ in range(3):
        (batch,) = batches(said)
        no = IntentRefused(decision_id=batch.decision_id, instrument=BTC, intent_id="", broken=NO)
        said = desk.hear(no)
        assert len(records(said)) <= 1
        said += desk.wake(1_000)
    kept = records(desk.hear(Tick("say")))

    assert [one.body["reason"] for one in kept] == ["COOLDOWN"]


def test_its_own_state_tells_how_old_the_targets_are():
    desk = Desk().ordinary()
    desk.hear(targets("first"))
    desk.clock.pass_ms(700)

    said = desk.hear(Tick("say"))

    assert [one.targets_age_ms for one in said if isinstance(one, AllocatorState)] == [
        {"first": 700}
    ]
    assert After(1_000, Tick("say")) in said


def test_a_strategy_heard_for_the_first_time_is_told_of_at_once():
    desk = Desk().ordinary()

    first, again, other = (desk.hear(targets(name)) for name in ("first", "first", "second"))

    ages = [
        [one.targets_age_ms for one in said if isinstance(one, AllocatorState)]
        for said in (first, again, other)
    ]
    assert ages == [[{"first": 0}], [], [{"first": 0, "second": 0}]]


def test_a_record_is_repeated_until_it_is_acknowledged():
    desk = Desk().ordinary()
    desk.clock.pass_ms(100)
    (record,) = records(desk.hear(targets(BTC_TRY="0.01")))

    assert records(desk.hear(Tick("say"))) == []
    desk.clock.pass_ms(1_000)
    assert records(desk.hear(Tick("say"))) == [record]

    desk.hear(RecordsAck(upto=record.seq))
    desk.clock.pass_ms(1_000)
    assert records(desk.hear(Tick("say"))) == []


def test_when_records_cannot_be_kept_it_is_not_ready_and_sends_no_order():
    desk = Desk().ordinary()
    for number in range(FULL_AT):
        # Forbidden and too small in turn: each outcome differs from the one before.
        level = (Level.ACTIVE, Level.PAUSED)[number % 2]
        desk.hear(status(level=level), account(), state(), quote(), targets(BTC_TRY="0.01"))
        desk.wake(500)
    desk.hear(status())
    desk.clock.pass_ms(100)

    said = desk.hear(targets(BTC_TRY=2), state(version=5, alive=[order(price=900)]))
    said += desk.wake()

    assert desk.actor.waiting_for() == "records to be acknowledged"
    assert [one.intents for one in batches(said)] == [()]
    assert [len(one.cancels) for one in batches(said)] == [1]


def test_a_stale_order_is_taken_back_within_a_second():
    desk = Desk().ordinary()
    desk.hear(state(alive=[order()], version=5))
    said = []
    for _ in range(10):
        said += desk.wake(100)
        desk.hear(quote(bid=1099, ask=1101))

    (batch,) = batches(said)
    assert [one.client_order_id for one in batch.cancels] == ["o1"]


@pytest.mark.parametrize("sold", [0, 1])
def test_a_sell_that_was_taken_back_is_said_again_while_its_target_stands(sold):
    desk = Desk().ordinary()
    desk.hear(state(position=3, by={"first": held(3)}))
    desk.clock.pass_ms(100)
    (batch,) = batches(desk.hear(targets(BTC_TRY=0)))
    name, price = batch.intents[0].client_order_id, batch.intents[0].price
    left = 3 - sold
    rests = order(name, side=Side.SELL, price=price, quantity=3)
    going = order(name, side=Side.SELL, price=price, quantity=3, filled=sold, cancel_wanted=True)
    selling = {"first": held(3, selling=3)}
    desk.hear(ack(batch), state(version=5, position=3, alive=[rests], by=selling))
    selling = {"first": held(left, selling=left)}
    desk.hear(state(version=5, position=left, alive=[going], by=selling))
    assert batches(desk.wake() + desk.hear(targets(BTC_TRY=0))) == []

    desk.clock.pass_ms(100)
    (again,) = batches(desk.hear(state(version=6, position=left, by={"first": held(left)})))

    assert [(one.side, one.quantity) for one in again.intents] == [(Side.SELL, left)]


def test_a_message_it_does_not_know_ends_it():
    with pytest.raises(TypeError, match="RecordsGone"):
        Desk().hear(type("RecordsGone", (), {})())


def test_it_begins_with_its_timers():
    assert list(Desk().actor.started()) == [After(100, Tick("pass")), After(1_000, Tick("say"))]


def test_a_new_life_of_the_allocator_numbers_its_records_above_the_old_ones():
    seqs = []
    for started_ms in (0, 50):
        desk = Desk(started_ms=started_ms).ordinary()
        desk.clock.pass_ms(100)
        seqs += [one.seq for one in records(desk.hear(targets(BTC_TRY="0.01")))]

    assert seqs[1] > seqs[0] + 1_000


NEVER = (PermitAge(issuer="risk_gate", age_ms=None), PermitAge(issuer="supervisor", age_ms=9))
GIVEN = (PermitAge(issuer="risk_gate", age_ms=0), PermitAge(issuer="supervisor", age_ms=9))


def test_a_first_order_waits_for_the_first_permits_and_comes_with_the_next_look():
    desk = Desk().ordinary()
    desk.hear(status(permits=NEVER))

    before = [*desk.hear(targets(BTC_TRY=1)), *desk.wake()]
    desk.hear(status(permits=GIVEN))

    assert batches(before) == records(before) == []
    assert batches(desk.wake())


def test_what_rests_is_taken_back_before_the_first_permits():
    desk = Desk().ordinary()
    desk.hear(status(permits=NEVER), state(alive=[order(price=900)], version=5))

    said = batches([*desk.hear(targets(BTC_TRY=2)), *desk.wake()])

    assert [(one.intents, len(one.cancels)) for one in said] == [((), 1)]
