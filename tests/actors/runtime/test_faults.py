"""Where a process can be made to die: what the variable says, what is counted, what is used up."""

import os
import signal

import pytest
from msgspec import Struct

from actors.runtime import faults
from actors.runtime.actor import Actor
from actors.runtime.effects import Call, Write
from actors.runtime.faults import Crash, FaultUnreadable, Mine, armed, next_of, parse
from tests.actors.runtime.hands import Outlet, parts


class Entry(Struct, frozen=True):
    kind: str


class Request(Struct, frozen=True):
    pass


class Writing(Actor):
    """Commits what it is told and calls for it."""

    role = "executor"

    def react(self, message):
        return [Write(Entry(message)), Call("orders", Request())]

    def commit(self, entries):
        self.outlet.done.append(("commit", len(entries)))


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("executor.C3:2", [Crash("executor", "C3", 2)]),
        ("executor.C3", [Crash("executor", "C3", 1)]),
        (
            "executor.K1:3, risk_gate.TURN:40",
            [Crash("executor", "K1", 3), Crash("risk_gate", "TURN", 40)],
        ),
    ],
)
def test_variable_names_role_point_and_passing(said, asked):
    assert parse(said) == asked


@pytest.mark.parametrize("said", ["executor", "executor.C99", ".C3:1", "executor.C3:0", "x.C3:a"])
def test_what_names_no_point_is_refused_with_the_points_there_are(said):
    with pytest.raises(FaultUnreadable, match="C3") as no:
        parse(said)

    assert no.value.exit_code == 78


@pytest.mark.parametrize(("passings", "died"), [(1, 0), (2, 1), (3, 1)])
def test_it_goes_off_once_at_its_passing(passings, died):
    deaths = []
    mine = Mine(Crash("executor", "C3", 2), lambda: deaths.append(1))

    for _ in range(passings):
        mine(faults.AFTER_COMMIT, [Entry("FillBooked"), Entry("OrderAccepted")])

    assert len(deaths) == died


@pytest.mark.parametrize(
    ("where", "kind"),
    [(faults.BEFORE_COMMIT, "OrderAccepted"), (faults.AFTER_COMMIT, "FillBooked")],
)
def test_another_place_or_another_thing_does_not_count(where, kind):
    deaths = []
    mine = Mine(Crash("executor", "C3", 1), lambda: deaths.append(1))

    mine(where, [Entry(kind)])

    assert deaths == []


def test_points_are_used_up_one_after_the_other_each_role_its_own():
    wanted = parse("executor.C1,risk_gate.TURN,executor.C1:2")

    assert next_of("executor", wanted, []) == Crash("executor", "C1", 1)
    assert next_of("executor", wanted, ["executor.C1:1"]) == Crash("executor", "C1", 2)
    assert next_of("executor", wanted, ["risk_gate.TURN:1"]) == Crash("executor", "C1", 1)
    assert next_of("executor", wanted, ["executor.C1:1", "executor.C1:2"]) is None


def test_without_the_variable_nothing_is_counted(run_dir):
    assert armed("executor", run_dir, {}, mode="sim") is faults.nothing


def test_live_refuses_to_be_made_to_die(run_dir):
    with pytest.raises(FaultUnreadable, match="live"):
        armed("executor", run_dir, {faults.VARIABLE: "executor.C3"}, mode="live")


def test_a_turn_passes_its_points_in_order():
    passed = []
    actor = Writing(parts())
    actor.outlet = Outlet()
    actor.pass_by = lambda where, things: passed.append((where, len(list(things))))

    actor.turn(["OrderAccepted"])

    assert passed == [
        (faults.BEFORE_COMMIT, 1),
        (faults.AFTER_COMMIT, 1),
        (faults.CALLING, 1),
        (faults.TURN_OVER, 1),
    ]


def test_the_process_dies_by_sigkill_and_its_successor_does_not(run_dir):
    environ = {faults.VARIABLE: "executor.C1:2"}
    child = os.fork()
    if child == 0:
        pass_by = armed("executor", run_dir, environ, mode="sim")
        for _ in range(5):
            pass_by(faults.BEFORE_COMMIT, [Entry("OrderAccepted")])
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert (run_dir / faults.USED).read_text() == "executor.C1:2\n"
    assert armed("executor", run_dir, environ, mode="sim") is faults.nothing
