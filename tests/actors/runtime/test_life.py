"""How an actor shows that it lives."""

import pytest

from actors.runtime.life import HELLO_RETRY_MS, Life
from actors.runtime.settings import RuntimeSettings
from messages.life import Heartbeat, Hello
from tests.actors.runtime.hands import HandClock

HELLO = Hello(role="executor", pid=7, parent_pid=1)


class Actor:
    """Vitals, and what was said."""

    turns, queued, refused, dropped = 3, 2, 1, 4

    def __init__(self) -> None:
        self.waits_for = ""
        self.heard = True
        self.said: list[object] = []

    def waiting_for(self) -> str:
        return self.waits_for

    def longest_turn_ms(self) -> int:
        return 9

    def say(self, message: object) -> bool:
        if self.heard:
            self.said.append(message)
        return self.heard

    def beats(self) -> list[Heartbeat]:
        return [one for one in self.said if isinstance(one, Heartbeat)]


@pytest.fixture
def actor():
    return Actor()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def life(actor, clock):
    return Life(hello=HELLO, say=actor.say, vitals=actor, clock=clock, settings=RuntimeSettings())


def test_hello_is_the_first_word_and_is_said_once(actor, clock, life):
    life.ring()
    clock.pass_ms(250)
    life.ring()

    assert actor.said[0] == HELLO
    assert actor.said.count(HELLO) == 1


def test_hello_is_tried_again_soon_while_nobody_hears(actor, clock, life):
    actor.heard = False
    life.ring()
    assert life.due_ms() == HELLO_RETRY_MS

    actor.heard = True
    clock.pass_ms(HELLO_RETRY_MS)
    life.ring()

    assert [type(one) for one in actor.said] == [Hello, Heartbeat]


@pytest.mark.parametrize(("passed", "beats"), [(249, 1), (250, 2), (251, 2)])
def test_it_beats_every_quarter_of_a_second(actor, clock, life, passed, beats):
    life.ring()

    clock.pass_ms(passed)
    life.ring()

    assert len(actor.beats()) == beats


def test_a_change_of_readiness_is_said_at_once(actor, clock, life):
    actor.waits_for = "states"
    life.ring()

    actor.waits_for = ""
    clock.pass_ms(1)
    life.ring()

    assert [beat.waiting_for for beat in actor.beats()] == ["states", ""]


def test_a_beat_carries_the_vitals(actor, life):
    life.ring()

    assert actor.beats() == [
        Heartbeat(
            role="executor",
            pid=7,
            waiting_for="",
            turns=3,
            loop_lag_ms=0,
            longest_turn_ms=9,
            queued=2,
            refused=1,
            dropped=4,
        )
    ]


def test_a_loop_that_was_late_says_by_how_much_once(actor, clock, life):
    life.ring()
    clock.pass_ms(250 + 700)
    life.ring()
    clock.pass_ms(250)
    life.ring()

    assert [beat.loop_lag_ms for beat in actor.beats()] == [0, 700, 0]


def test_it_is_due_when_the_next_beat_is(clock, life):
    life.ring()
    clock.pass_ms(100)

    assert life.due_ms() == 150
