"""How one turn of an actor goes: reactions in order, one commit, then everything else."""

import os

import pytest
from msgspec import Struct

from actors.runtime import failures
from actors.runtime.actor import NOWHERE, Actor
from actors.runtime.effects import (
    After,
    Back,
    Call,
    Called,
    Exit,
    Raised,
    Route,
    Tick,
    Write,
)
from actors.runtime.failures import InvariantBroken
from actors.runtime.inbox import Inbox
from actors.runtime.lanes import LaneFull, LaneSpec
from actors.runtime.wire import Heard, Trail
from messages.control import Kill
from messages.life import Stop
from messages.records import RecordsAck
from tests.actors.runtime.hands import Outlet, parts

TRAIL = Trail(cor=b"c" * 16, cau=b"a" * 16)
OTHER = Trail(cor=b"d" * 16, cau=b"b" * 16)


class Urgent:
    """A control socket on which messages wait."""

    rank = 0

    def __init__(self, *messages: object) -> None:
        self.handle, self._write = os.pipe()
        self.waiting: list[Heard] = []
        self.say(*messages)

    def say(self, *messages: object) -> None:
        self.waiting += [Heard(message=one) for one in messages]
        os.write(self._write, b"!" * len(messages))

    def drain(self) -> list[Heard]:
        waiting, self.waiting = self.waiting, []
        os.read(self.handle, len(waiting))
        return waiting


class Echo(Actor):
    """Reacts with what the message carries."""

    role = "executor"

    def __init__(self, *, commits: bool = True) -> None:
        super().__init__(parts())
        self.outlet = Outlet()
        self.heard: list[object] = []
        self.routes: list[Route] = []
        self._commits = commits

    def started(self):
        return [Write("first"), After(5, Tick("x"))]

    def react(self, message):
        self.heard.append(message)
        self.routes.append(self.route)
        return message.effects if isinstance(message, Do) else []

    def commit(self, entries):
        if not self._commits:
            return super().commit(entries)
        self.outlet.done.append(("commit", list(entries)))
        return None

    def lanes(self):
        return [LaneSpec(name="reads", threads=1, depth=7, handler_factory=lambda: str)]


class Do(Struct, frozen=True):
    effects: tuple[object, ...]


def test_writes_of_a_turn_are_committed_once_and_before_anything_is_said():
    actor = Echo()
    said = RecordsAck(upto=1)

    actor.turn([Do((said, Write("a"))), Do((Write("b"),))])

    assert actor.outlet.done == [("commit", ["a", "b"]), ("say", said, None)]


def test_a_turn_without_writes_commits_nothing():
    actor = Echo(commits=False)

    actor.turn([Do((RecordsAck(upto=1),))])

    assert len(actor.outlet.done) == 1


def test_nothing_is_said_when_the_commit_raises():
    actor = Echo(commits=False)

    with pytest.raises(InvariantBroken):
        actor.turn([Do((Write("a"), RecordsAck(upto=1)))])

    assert actor.outlet.done == []


def test_effects_are_carried_out_in_the_order_they_were_returned():
    actor = Echo()
    route = Route("executor.control", b"me")
    first, second = RecordsAck(upto=1), RecordsAck(upto=2)

    actor.turn([Do((first, After(7, Tick("t")), Back(route, second), Exit(0, "done")))])

    assert actor.outlet.done == [
        ("say", first, None),
        ("after", 7, Tick("t")),
        ("back", route, second, None),
        ("exit", 0, "done"),
    ]


def test_what_is_said_follows_from_the_message_it_was_returned_for():
    actor = Echo()
    one, two = RecordsAck(upto=1), RecordsAck(upto=2)

    actor.turn([Heard(message=Do((one,)), trail=TRAIL), Heard(message=Do((two,)), trail=OTHER)])

    assert actor.outlet.done == [("say", one, TRAIL), ("say", two, OTHER)]


def test_the_result_of_a_call_carries_on_the_trail_of_the_call():
    actor = Echo()
    actor.turn([Heard(message=Do((Call("reads", "r"),)), trail=TRAIL)])
    [(_, call)] = actor.outlet.done

    actor.turn([Called(call.lane, Do((RecordsAck(upto=1),)), "result", call.trail)])
    actor.react = lambda message: [RecordsAck(upto=2)]
    actor.turn([Called(call.lane, call.request, "result", call.trail)])

    assert actor.outlet.done[-1] == ("say", RecordsAck(upto=2), TRAIL)


def test_the_route_is_that_of_the_message_reacted_to():
    actor = Echo()
    route = Route("executor.control", b"me")

    actor.turn([Heard(message="a", route=route), "b"])

    assert actor.routes == [route, NOWHERE]


def test_a_call_to_a_full_lane_comes_back_as_raised():
    actor = Echo()
    actor.outlet = Outlet(room=0)

    actor.turn([Do((Call("reads", "r"),))])
    [heard] = actor.actor_inbox.get().message

    assert isinstance(heard.message, Called)
    assert isinstance(heard.message.result, Raised)
    assert isinstance(heard.message.result.error, LaneFull)


def test_room_of_a_lane_is_its_depth_while_the_actor_is_not_alive():
    actor = Echo()
    actor.outlet = None

    assert actor.room("reads") == 7


def test_control_that_arrives_in_a_turn_goes_before_what_waits():
    actor = Echo()
    kill = Kill(reason="r")
    urgent = Urgent(kill)
    actor.actor_inbox.add(urgent)

    actor.turn(["a", "b"])

    assert actor.heard == [kill, "a", "b"]


def test_control_that_arrives_with_the_last_message_is_in_the_same_commit():
    actor = Echo()
    urgent = Urgent()
    actor.actor_inbox.add(urgent)
    react = actor.react

    def arriving(message):
        if message == "last":
            urgent.say(Do((Write("kill"),)))
        return react(message)

    actor.react = arriving
    actor.turn([Do((Write("a"),)), "last"])

    assert actor.outlet.done == [("commit", ["a", "kill"])]


def test_start_opens_the_outlet_and_then_does_what_the_role_does_first():
    actor = Echo()

    actor.on_start()

    assert actor.outlet.done == [("open",), ("commit", ["first"]), ("after", 5, Tick("x"))]


def test_calls_made_ahead_are_on_their_way_before_the_role_starts():
    actor = Echo()
    actor.ahead = lambda: [Call("lane", "early")]

    actor.on_start()

    assert actor.outlet.done[:3] == [
        ("open",),
        ("call", Call("lane", "early")),
        ("commit", ["first"]),
    ]


def test_a_stop_ends_the_process_in_order_unless_the_role_says_otherwise():
    actor = Echo()

    actor.turn([Stop(reason="ORDERED")])

    assert actor.outlet.done == [("exit", 0, "ORDERED")]
    assert actor.heard == []


def test_a_repeated_stop_is_told_once_and_another_reason_once_more():
    actor = Echo()

    actor.turn([Stop(reason="ORDERED"), Stop(reason="ORDERED"), Stop(reason="PARENT_GONE")])

    assert actor.outlet.done == [("exit", 0, "ORDERED"), ("exit", 0, "PARENT_GONE")]


def test_what_is_no_effect_breaks_an_invariant():
    with pytest.raises(InvariantBroken, match="not an effect"):
        Echo().turn([Do(("words",))])


def test_an_actor_that_was_only_constructed_reacts_and_says_nothing():
    actor = Echo()
    actor.outlet = None

    actor.turn([Do((RecordsAck(upto=1), After(1, Tick("x"))))])

    assert len(actor.heard) == 1


def test_the_longest_turn_is_forgotten_once_it_was_told():
    actor = Echo()
    react = actor.react

    def slow(message):
        actor.clock.pass_ms(30)
        return react(message)

    actor.react = slow
    actor.turn(["a"])

    assert [actor.take_longest_turn_ms(), actor.take_longest_turn_ms()] == [30, 0]


def test_constructing_an_actor_makes_an_unbound_inbox_of_its_own():
    one, other = Echo(), Echo()

    assert isinstance(one.actor_inbox, Inbox)
    assert one.actor_inbox is not other.actor_inbox


class Carrying(Exception):
    exit_code = 71


class Odd(Exception):
    exit_code = "many"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("x"), 70),
        (InvariantBroken("x"), 72),
        (Carrying("x"), 71),
        (Odd("x"), 70),
        (MemoryError(), 73),
        (OSError(24, "too many open files"), 73),
        (OSError(23, "too many open files in system"), 73),
        (OSError(28, "no space left on device"), 71),
        (OSError(30, "read-only file system"), 71),
        (OSError(2, "no such file"), 70),
        (KeyboardInterrupt(), 70),
        (failures.AlreadyRunning("x"), 75),
        (failures.BuildDiffers("x"), 78),
    ],
)
def test_an_error_says_with_which_code_the_process_ends(error, code):
    assert failures.exit_code(error) == code
