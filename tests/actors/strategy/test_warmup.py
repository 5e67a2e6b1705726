"""Who waits for a past, and what is asked for it."""

import pytest

from actors.strategy.runner import Runner
from actors.strategy.strategies.ma_cross import MaCrossRun
from actors.strategy.strategies.mean_reversion import MeanReversionRun
from actors.strategy.warmup import WarmUps
from messages.money import amount
from messages.records import Mid, WarmUp, WarmUpQuery
from tests.actors.strategy.sights import BTC, ETH, RULES

KNOWN = {BTC: RULES}
WALL_MS = 10_000_000


class Deaf:
    def decide(self, now_ms, cash, seen):
        return {}


def runners():
    runs = (
        MeanReversionRun(name="one", instruments=(BTC,)),
        MaCrossRun(name="two", instruments=(BTC,), sample_s=2),
    )
    return [Runner(run, Deaf(), first_seq=0) for run in runs]


def waiting(wait_ms=5_000):
    return WarmUps(runners(), began_ms=0, wait_ms=wait_ms)


def page(*at_ms):
    return WarmUp(mids={BTC: tuple(Mid(at_ms=one, mid=amount(1)) for one in at_ms)})


def query(one, wall_ms=WALL_MS):
    return one.query(KNOWN, wall_ms=wall_ms)


def test_each_asks_for_its_own_window_in_its_own_steps_one_after_the_other():
    one = waiting()

    first = query(one)
    one.answered(page(), KNOWN)
    second = query(one)

    assert first == WarmUpQuery(instruments=(BTC,), since_ms=WALL_MS - 3_600_000, step_ms=10_000)
    assert second == WarmUpQuery(instruments=(BTC,), since_ms=WALL_MS - 120_000, step_ms=2_000)


def test_nothing_is_asked_before_the_rules_are_known():
    assert waiting().query({ETH: RULES}, wall_ms=WALL_MS) is None


def test_the_same_is_asked_again_while_no_answer_came():
    one = waiting()

    assert query(one).instruments == query(one).instruments


def test_an_answer_makes_the_one_that_asked_warm():
    one = waiting()
    query(one)

    warmed = one.answered(page(WALL_MS - 5), KNOWN)

    assert (warmed.run.name, warmed.warm) == ("one", True)


def test_after_the_last_answer_nobody_waits():
    one = waiting()
    for _ in range(2):
        query(one)
        one.answered(page(), KNOWN)

    assert one.done
    assert query(one) is None


def test_an_answer_nobody_asked_for_is_nobodys():
    one = waiting()

    assert one.answered(page(), KNOWN) is None
    assert not one.done


@pytest.mark.parametrize(
    ("oldest_ms", "taken"),
    [(WALL_MS - 122_001, False), (WALL_MS - 122_000, True), (WALL_MS - 120_000, True)],
)
def test_a_page_that_reaches_further_back_answers_an_earlier_question(oldest_ms, taken):
    one = waiting()
    query(one)
    one.answered(page(), KNOWN)
    query(one)  # the second wants 120 s in steps of 2

    assert (one.answered(page(oldest_ms), KNOWN) is not None) is taken


@pytest.mark.parametrize(("now_ms", "missed"), [(4_999, []), (5_000, ["one", "two"])])
def test_what_does_not_come_in_time_is_done_without(now_ms, missed):
    one = waiting()

    given_up = one.give_up(now_ms)

    assert [it.run.name for it in given_up] == missed
    assert all(it.warm for it in given_up)


def test_a_strategy_without_memory_does_not_wait():
    class Fresh(MeanReversionRun, frozen=True, kw_only=True, tag="fresh"):
        @property
        def warmup_s(self):
            return 0

    fresh = Runner(Fresh(name="fresh", instruments=(BTC,)), Deaf(), first_seq=0)

    assert fresh.warm
    assert WarmUps([fresh], began_ms=0, wait_ms=1).done
