"""In which order a desk stops, and who is not waited for."""

import pytest
from msgspec.structs import replace

from actors.runtime.stopping import HURRY_MS, Overran, Stopped, Tell, advance, begin

ORDER = {"strategy": 5_000, "executor": 25_000, "exchange": 500}


def test_one_after_the_other_is_told_each_when_the_one_before_is_gone():
    stop, alive, told = begin(ORDER), set(ORDER), []
    while True:
        stop, said = advance(stop, alive, 0)
        if isinstance(said, Stopped):
            break
        told.append(said)
        alive.remove(said.name)

    assert told == [Tell(name, first=True) for name in ORDER]


def test_the_word_is_said_again_until_it_is_gone():
    stop, _ = advance(begin(ORDER), set(ORDER), 0)

    _, said = advance(stop, set(ORDER), 100)

    assert said == Tell("strategy", first=False)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [(4_999, Tell("strategy", first=False)), (5_000, Overran("strategy"))],
)
def test_whoever_overruns_its_time_is_ended(passed, expected):
    stop, _ = advance(begin(ORDER), set(ORDER), 0)

    assert advance(stop, set(ORDER), passed)[1] == expected


def test_it_is_ended_once():
    stop, _ = advance(begin(ORDER), set(ORDER), 0)
    stop, _ = advance(stop, set(ORDER), 5_000)

    assert advance(stop, set(ORDER), 5_100)[1] is None


def test_the_time_of_the_next_begins_when_its_turn_does():
    stop, _ = advance(begin(ORDER), set(ORDER), 0)
    stop, _ = advance(stop, {"executor"}, 4_000)

    assert advance(stop, {"executor"}, 4_000 + 24_999)[1] == Tell("executor", first=False)
    assert advance(stop, {"executor"}, 4_000 + 25_000)[1] == Overran("executor")


@pytest.mark.parametrize(("name", "bound"), [("executor", HURRY_MS), ("exchange", 500)])
def test_in_a_hurry_nobody_has_more_than_a_second(name, bound):
    stop, _ = advance(replace(begin(ORDER), hurry=True), {name}, 0)

    assert advance(stop, {name}, bound - 1)[1] == Tell(name, first=False)
    assert advance(stop, {name}, bound)[1] == Overran(name)


def test_who_is_gone_already_is_passed_over():
    _, said = advance(begin(ORDER), {"exchange"}, 0)

    assert said == Tell("exchange", first=True)


def test_with_nobody_left_it_is_over():
    assert advance(begin(ORDER), set(), 0)[1] == Stopped()
