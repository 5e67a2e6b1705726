"""What rings when."""

import pytest

from actors.runtime.timers import TIMERS_MAX, Timers, TooManyTimers
from tests.actors.runtime.hands import HandClock


@pytest.mark.parametrize(("passed", "rung"), [(99, []), (100, ["a"]), (101, ["a"])])
def test_a_timer_rings_at_its_time_and_not_before(passed, rung):
    timers = Timers(clock := HandClock())
    timers.after(100, "a")

    clock.pass_ms(passed)

    assert timers.ring() == rung


def test_a_timer_rings_once():
    timers = Timers(HandClock())
    timers.after(0, "a")

    assert [timers.ring(), timers.ring()] == [["a"], []]


def test_the_sooner_one_rings_first_and_equals_ring_as_they_were_set():
    timers = Timers(clock := HandClock())
    for delay, name in ((20, "c"), (10, "a"), (10, "b")):
        timers.after(delay, name)

    clock.pass_ms(30)

    assert timers.ring() == ["a", "b", "c"]


def test_it_says_in_how_many_ms_the_next_one_is_due():
    timers = Timers(clock := HandClock())
    assert timers.due_ms() is None

    timers.after(50, "a")
    clock.pass_ms(20)
    assert timers.due_ms() == 30

    clock.pass_ms(100)
    assert timers.due_ms() == 0


def test_a_delay_in_the_past_is_due_at_once():
    timers = Timers(HandClock())
    timers.after(-5, "a")

    assert timers.ring() == ["a"]


def test_timers_that_are_set_without_end_are_found_out():
    timers = Timers(HandClock())
    for number in range(TIMERS_MAX):
        timers.after(1_000, number)

    with pytest.raises(TooManyTimers):
        timers.after(1_000, "one too many")
