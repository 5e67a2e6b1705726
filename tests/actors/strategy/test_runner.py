"""One strategy at work: asked when, believed what, and stopped why."""

from collections.abc import Mapping
from decimal import Decimal, getcontext

import pytest

from actors.strategy.interface import Target
from actors.strategy.runner import Facts, Runner
from actors.strategy.strategies.mean_reversion import MeanReversionRun
from actors.strategy.universe import Universe
from messages.money import amount
from messages.records import Mid, WarmUp
from tests.actors.strategy.sights import BTC, ETH, RULES, seen

RUN = MeanReversionRun(name="one", instruments=(BTC, ETH))


class Scripted:
    """A strategy that answers, in order, what it is given; a callable is called."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def decide(self, now_ms, cash, seen):
        self.asked.append((now_ms, cash, seen))
        answer = self.answers.pop(0) if self.answers else {}
        return answer(seen) if callable(answer) else answer


def target(quantity="1", reason="WHY"):
    return Target(quantity=Decimal(quantity), reason=reason)


def facts(*, wall_ms=5, busy=(), names=(BTC, ETH), universe=(BTC, ETH)):
    return Facts(
        wall_ms=wall_ms,
        cash=Decimal(1000),
        universe=Universe(enter=tuple(universe), leave=()),
        rules={BTC: RULES, ETH: RULES},
        seen={name: seen() for name in names},
        busy=frozenset(busy),
    )


def runner(*answers):
    one = Runner(RUN, Scripted(*answers), first_seq=10)
    one.warm = True
    return one


def step(one, told=None, *, began_ms=0, took_ms=0, **given):
    """Ask it, and return whether what it says changed."""
    told = told or facts(**given)
    return one.decided(
        one.ask(told), told, began_ms=began_ms, ended_ms=began_ms + took_ms, most_ms=1_000
    )


def test_it_says_nothing_before_it_was_asked():
    said = runner().say()

    assert (said.strategy, said.targets, said.contained, said.seq) == ("one", {}, None, 10)


def test_a_decision_is_said_with_its_time_under_the_next_number():
    one = runner({BTC: target()})

    assert step(one, wall_ms=77)
    said = one.say()

    assert (said.targets, said.seq, said.decided_ms) == ({BTC: target()}, 11, 77)


def test_the_same_decision_again_is_no_change():
    one = runner({BTC: target()}, {BTC: target()})
    step(one)

    assert not step(one, wall_ms=78)
    assert (one.say().seq, one.say().decided_ms) == (11, 78)


def test_an_opinion_that_is_withdrawn_is_a_change():
    one = runner({BTC: target()}, {})
    step(one)

    assert step(one)
    assert one.say().targets == {}


@pytest.mark.parametrize(("now_ms", "due"), [(999, False), (1_000, True), (1_001, True)])
def test_it_is_asked_at_most_so_often(now_ms, due):
    one = runner()
    step(one, began_ms=0)

    assert one.is_due(now_ms, every_ms=1_000) is due


def test_it_is_asked_at_once_the_first_time_and_not_before_it_is_warm():
    one = Runner(RUN, Scripted(), first_seq=0)
    assert not one.is_due(0, every_ms=1_000)

    one.warm = True

    assert one.is_due(0, every_ms=1_000)


def test_while_an_order_is_alive_the_last_target_is_repeated():
    one = runner({BTC: target("1"), ETH: target("1")}, {BTC: target("2"), ETH: target("2")})
    step(one)

    step(one, busy=[BTC])

    assert one.say().targets == {BTC: target("1"), ETH: target("2")}


def test_while_an_order_is_alive_a_withdrawn_opinion_is_repeated_too():
    one = runner({BTC: target("1")}, {})
    step(one)

    assert not step(one, busy=[BTC])


def test_with_an_order_alive_from_an_earlier_life_there_is_no_opinion():
    one = runner({BTC: target()})

    step(one, busy=[BTC])

    assert one.say().targets == {}


def test_what_is_not_seen_keeps_its_last_target():
    one = runner({BTC: target("1"), ETH: target("1")}, {BTC: target("2")})
    step(one)

    step(one, names=[BTC])

    assert one.say().targets == {BTC: target("2"), ETH: target("1")}


def test_an_instrument_that_left_the_universe_has_no_target():
    one = runner({BTC: target(), ETH: target()}, {BTC: target()})
    step(one)

    step(one, names=[BTC], universe=[BTC])

    assert one.say().targets == {BTC: target()}


def raises(_seen):
    raise ZeroDivisionError("by zero")


class Hostile(Mapping):
    """A mapping that raises when it is looked into."""

    def __getitem__(self, key):
        raise KeyError(key)

    def __iter__(self):
        raise OSError("no")

    def __len__(self):
        return 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (raises, "STRATEGY_RAISED"),
        (Hostile(), "STRATEGY_RAISED"),
        (None, "NOT_A_TARGET"),
        ({BTC: target("-1")}, "NOT_A_TARGET"),
        ({"DOGE_TRY": target()}, "UNKNOWN_INSTRUMENT"),
    ],
)
def test_a_strategy_that_fails_is_contained_and_says_so(answer, code):
    one = runner({BTC: target()}, answer)
    step(one)

    assert step(one)

    said = one.say()
    assert (said.targets, said.contained, said.seq) == ({}, code, 12)
    assert one.fault_told()["fault"] == code


@pytest.mark.parametrize(("took_ms", "code"), [(999, None), (1_000, None), (1_001, "TOO_SLOW")])
def test_a_strategy_that_takes_too_long_is_contained(took_ms, code):
    one = runner({BTC: target()})

    step(one, took_ms=took_ms)

    contained = one.say().contained
    assert contained == (f"STRATEGY_{code}" if code else None)


def test_a_contained_strategy_is_never_asked_again():
    one = runner(raises)
    step(one)

    assert not one.is_due(10**9, every_ms=0)


def test_it_decides_with_28_digits_and_nothing_trapped_and_leaves_our_context_alone():
    before = getcontext().copy()

    def loose(_seen):
        third = Decimal(1) / 3
        nothing = Decimal(0) / 0
        return {BTC: Target(quantity=third, reason=f"{len(str(third))} {nothing}")}

    one = runner(loose)
    step(one)

    assert one.say().targets == {BTC: Target(quantity=amount("0.33"), reason="30 NaN")}
    assert getcontext().prec == before.prec
    assert getcontext().traps == before.traps


def test_it_cannot_change_what_others_see():
    shown = facts()
    one = runner(lambda given: given.clear() or {})

    step(one, shown)

    assert list(shown.seen) == [BTC, ETH]


def test_a_stop_takes_every_wish_back():
    one = runner({BTC: target()})
    step(one)

    said = one.say(stopped="STOPPED")

    assert (said.targets, said.contained) == ({}, "STOPPED")


def page(**mids):
    return WarmUp(
        mids={
            name: tuple(Mid(at_ms=at_ms, mid=amount(mid)) for at_ms, mid in points)
            for name, points in mids.items()
        }
    )


def test_a_past_is_lived_through_in_order_of_time_with_nothing_held_and_no_cash():
    strategy = Scripted()
    one = Runner(RUN, strategy, first_seq=0)

    one.replay(
        page(BTC_TRY=[(1_000, 10), (3_000, 12)], ETH_TRY=[(1_000, 5), (2_000, 6)]),
        {BTC: RULES, ETH: RULES},
    )

    assert one.warm
    told = [
        (at_ms, cash, {name: (s.bid, s.ask, s.position) for name, s in sights.items()})
        for at_ms, cash, sights in strategy.asked
    ]
    assert told == [
        (1_000, 0, {BTC: (10, 10, 0), ETH: (5, 5, 0)}),
        (2_000, 0, {ETH: (6, 6, 0)}),
        (3_000, 0, {BTC: (12, 12, 0)}),
    ]


def test_what_is_returned_about_the_past_is_dropped():
    one = Runner(RUN, Scripted({BTC: target()}), first_seq=0)

    one.replay(page(BTC_TRY=[(1_000, 10)]), {BTC: RULES})

    assert one.say().targets == {}


def test_a_past_without_rules_is_left_out():
    strategy = Scripted()

    Runner(RUN, strategy, first_seq=0).replay(page(DOGE_TRY=[(1, 1)]), {BTC: RULES})

    assert strategy.asked == []


def test_a_strategy_that_fails_in_its_past_is_contained():
    one = Runner(RUN, Scripted(raises), first_seq=0)

    one.replay(page(BTC_TRY=[(1_000, 10)]), {BTC: RULES})

    assert one.say().contained == "STRATEGY_RAISED"
