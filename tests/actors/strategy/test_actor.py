"""What the strategy actor says, message by message."""

from decimal import Decimal

import pytest

from actors.runtime.effects import Exit
from actors.strategy.interface import Target
from actors.strategy.strategies.mean_reversion import MeanReversionRun
from messages.money import amount
from messages.records import Mid, RecordsAck, WarmUp
from tests.actors.strategy.sights import BTC, ETH
from tests.actors.strategy.stage import Stage, queries, records, run, targets, timers
from tests.builders import (
    account,
    alive,
    holding,
    quote,
    rules,
    state,
)


class Steady:
    """A strategy that wants *quantity* of everything it sees, and notes what it saw."""

    def __init__(self, quantity="1"):
        self.quantity = Decimal(quantity)
        self.saw = []

    def decide(self, now_ms, cash, seen):
        self.saw.append((now_ms, cash, seen))
        return {name: Target(quantity=self.quantity, reason="STEADY") for name in seen}


class Failing:
    def decide(self, now_ms, cash, seen):
        raise LookupError("lost")


class Slow:
    """A strategy that lets *ms* pass while it decides."""

    def __init__(self, ms):
        self.clock, self.ms = None, ms

    def decide(self, now_ms, cash, seen):
        self.clock.pass_ms(self.ms)
        return {}


def stage(**strategies):
    return Stage(strategies=strategies or {"one": Steady()})


def test_it_begins_with_what_it_says_and_with_a_look_for_its_past():
    assert timers(stage().began) == {"repeat": 0, "warm_up": 0}


def test_a_fresh_quote_is_a_question_and_a_new_target_is_said_at_once():
    here = stage().warm()

    said = here.asked()["one"]

    assert said.targets == {BTC: Target(quantity=amount(1), reason="STEADY")}
    assert said.decided_ms == here.clock.wall


def test_a_strategy_sees_its_cash_and_every_fresh_instrument():
    one = Steady()
    here = stage(one=one).warm()
    here.clock.pass_ms(1_000)
    here.informed(cash=777)

    here.asked(ETH)
    here.clock.pass_ms(1_000)
    here.asked(BTC)

    assert one.saw[-1][1] == amount(777)
    assert sorted(one.saw[-1][2]) == [BTC, ETH]


@pytest.mark.parametrize(("after_ms", "asked"), [(999, 1), (1_000, 2)])
def test_each_strategy_is_asked_at_most_so_often(after_ms, asked):
    one = Steady()
    here = stage(one=one).warm()
    here.asked()
    here.clock.pass_ms(after_ms)

    here.asked()

    assert len(one.saw) == asked


def test_targets_are_said_again_every_second_under_their_number():
    here = stage().warm()
    first = here.asked()["one"]

    again = here.tick("repeat")

    assert targets(again) == {"one": first}
    assert timers(again) == {"repeat": 1_000}


def test_before_anything_was_decided_it_says_that_it_wants_nothing():
    said = targets(stage().tick("repeat"))["one"]

    assert (said.targets, said.contained) == ({}, None)


def test_nothing_is_decided_on_an_account_that_is_not_known():
    here = stage()
    here.clock.pass_ms(5_000)
    here.tick("warm_up")
    for name in (BTC, ETH):
        here.hear(rules(name))
        here.hear(state(name))

    assert here.asked() == {}

    here.hear(account())
    assert list(here.asked()) == ["one"]


def test_nothing_is_decided_on_stale_quotes():
    here = stage().warm()

    assert here.asked(problem="STALE") == {}
    assert here.asked(problem="RECOVERING") == {}


def test_while_an_order_is_alive_the_last_target_is_kept():
    one = Steady("1")
    here = stage(one=one).warm()
    here.asked()
    here.hear(state(orders=[alive(strategy="one")]))
    one.quantity = Decimal(2)
    here.clock.pass_ms(1_000)

    assert here.asked() == {}

    here.hear(state())
    here.clock.pass_ms(1_000)
    assert here.asked()["one"].targets[BTC].quantity == 2


def test_an_order_of_another_strategy_keeps_nothing():
    one = Steady("1")
    here = stage(one=one).warm()
    here.asked()
    here.hear(state(orders=[alive(strategy="two")]))
    one.quantity = Decimal(2)
    here.clock.pass_ms(1_000)

    assert here.asked()["one"].targets[BTC].quantity == 2


def test_what_is_held_beyond_the_configuration_can_be_left_and_not_entered():
    one = Steady("9")
    here = Stage(run("one", instruments=(BTC,)), strategies={"one": one}).warm()
    here.hear(state(ETH, by_strategy={"one": holding(3)}))
    here.hear(quote(ETH, problem="STALE"))

    here.hear(quote(BTC))
    here.clock.pass_ms(1_000)
    said = targets(here.hear(quote(ETH)))["one"]

    assert said.targets[BTC].quantity == 9
    assert said.targets[ETH].quantity == 3


def test_a_strategy_that_fails_is_contained_alone_logged_and_recorded():
    here = stage(bad=Failing(), good=Steady()).warm()

    effects = here.hear(quote())

    said = targets(effects)
    assert (said["bad"].targets, said["bad"].contained) == ({}, "STRATEGY_RAISED")
    assert list(said["good"].targets) == [BTC]
    record = records(effects)[0]
    assert (record.kind, record.body["strategy"]) == ("anomaly", "bad")
    assert here.lines("strategy_contained")[0]["detail"] == "LookupError: lost"


def test_a_contained_strategy_keeps_saying_so_and_is_recorded_once():
    here = stage(bad=Failing()).warm()
    here.hear(quote())
    here.clock.pass_ms(1_000)

    assert records(here.hear(quote())) == []
    assert targets(here.tick("repeat"))["bad"].contained == "STRATEGY_RAISED"


@pytest.mark.parametrize(("ms", "code"), [(1_000, None), (1_001, "STRATEGY_TOO_SLOW")])
def test_a_strategy_that_takes_too_long_is_contained(ms, code):
    slow = Slow(ms)
    here = stage(slow=slow).warm()
    slow.clock = here.clock
    here.hear(quote())

    assert targets(here.tick("repeat"))["slow"].contained == code


def test_a_record_is_said_again_until_it_was_kept():
    here = stage(bad=Failing()).warm()
    kept = records(here.hear(quote()))
    here.clock.pass_ms(1_000)
    assert records(here.tick("repeat")) == kept

    here.hear(RecordsAck(upto=kept[-1].seq))
    here.clock.pass_ms(1_000)

    assert records(here.tick("repeat")) == []


def test_a_past_is_asked_for_when_the_rules_are_known_and_again_until_it_comes():
    here = stage()
    assert queries(here.tick("warm_up")) == []
    here.informed()

    first = here.tick("warm_up")
    again = here.tick("warm_up")

    assert queries(first) == queries(again)
    assert queries(first)[0].instruments == (BTC, ETH)
    assert timers(first) == {"warm_up": 250}


def test_nothing_is_decided_before_the_past_came():
    one = Steady()
    here = stage(one=one).informed()
    here.tick("warm_up")
    assert here.asked() == {}
    at_ms = here.clock.wall - 1_000

    here.hear(WarmUp(mids={BTC: (Mid(at_ms=at_ms, mid=amount(5)),)}))
    said = here.asked()

    assert [(at, cash) for at, cash, _ in one.saw] == [
        (at_ms, 0),
        (here.clock.wall, amount(25_000)),
    ]
    assert list(said) == ["one"]


def test_the_next_one_asks_as_soon_as_the_one_before_has_its_past():
    here = stage(one=Steady(), two=Steady()).informed()
    here.tick("warm_up")

    effects = here.hear(WarmUp(mids={}))

    assert len(queries(effects)) == 1
    here.hear(WarmUp(mids={}))
    assert timers(here.tick("warm_up")) == {}
    assert sorted(here.asked()) == ["one", "two"]


def test_without_an_answer_it_begins_without_a_past_and_says_so():
    here = stage()
    here.clock.pass_ms(5_000)
    here.tick("warm_up")
    here.informed()

    assert list(here.asked()) == ["one"]
    assert here.lines("warm_up_missed") == [
        {"strategy": "one", "event": "warm_up_missed"},
    ]


def test_a_strategy_that_fails_in_its_past_is_contained_at_once():
    here = stage(bad=Failing()).informed()
    here.tick("warm_up")

    effects = here.hear(WarmUp(mids={BTC: (Mid(at_ms=here.clock.wall, mid=amount(5)),)}))

    assert targets(effects)["bad"].contained == "STRATEGY_RAISED"
    assert len(records(effects)) == 1


def test_it_is_ready_when_every_state_was_heard_warm_or_not():
    here = stage()
    assert here.actor.waiting_for() == "the state of the account"
    here.hear(account())
    assert here.actor.waiting_for() == "the state of BTC_TRY ETH_TRY"
    here.hear(state(BTC))

    here.hear(state(ETH))

    assert here.actor.waiting_for() == ""


def test_a_run_that_is_switched_off_says_nothing():
    off = run("off", kind=MeanReversionRun, enabled=False)

    here = Stage(run("on"), off)

    assert list(targets(here.tick("repeat"))) == ["on"]


def test_at_a_stop_every_wish_is_taken_back():
    here = stage().warm()
    here.asked()

    effects = list(here.actor.stopping("ORDERED"))

    assert (targets(effects)["one"].targets, targets(effects)["one"].contained) == ({}, "STOPPED")
    assert effects[-1] == Exit(0, "ORDERED")


def test_a_message_it_does_not_know_ends_it():
    with pytest.raises(TypeError, match="does not know Exit"):
        stage().hear(Exit(0, "no message"))


def test_the_real_strategies_take_a_first_position_on_their_first_quote():
    here = Stage(run("mean_reversion")).warm()

    said = here.asked()["mean_reversion"]

    assert said.targets[BTC].reason == "BOOTSTRAP_POSITION"
    assert said.targets[BTC].quantity * 3_000_000 <= 200
