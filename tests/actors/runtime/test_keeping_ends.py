"""A desk of test actors in real processes: permitted, stopped, left alone."""

import os
import signal

import msgspec
import pytest

from actors.runtime.settings import RuntimeSettings
from messages.control import Kill, Resume
from messages.life import Stop
from tests.actors.runtime.stage import EAGER, Stage, alive, parent_of, pids, stopped, until
from tests.actors.runtime.troupe import ORDER, Play

pytestmark = pytest.mark.slow

# Permission.


def permits(desk: Stage) -> int:
    return sum(one["event"] == "Permit" for one in desk.heard("executor"))


def test_a_permit_echoes_the_nonce_while_all_are_ready(stage):
    desk = stage(Play(parts={"executor": {"deed": "repeat status"}}))

    until(lambda: permits(desk) >= 3, "permits")

    [first, *_] = [one for one in desk.heard("executor") if one["event"] == "Permit"]
    assert first["issuer"] == "supervisor"
    assert first["nonce"].startswith("n")


def test_there_is_no_permit_while_one_is_not_ready(stage):
    desk = stage(
        Play(
            parts={
                "executor": {"deed": "repeat status"},
                "strategy": {"ready_after_ms": 60_000},
            }
        )
    )
    until(lambda: desk.report()["level"] == "ACTIVE", "the executor is heard")
    until(lambda: len(desk.heard("executor")) >= 1, "a while")

    assert permits(desk) == 0


def test_a_kill_ends_the_permit_and_a_resume_gives_it_again(stage):
    desk = stage(Play(parts={"executor": {"deed": "repeat status"}}))
    until(lambda: permits(desk) >= 1, "permits")

    assert desk.ask("supervisor.control", Kill(reason="r")).ok
    before = permits(desk)
    level = desk.report()["level"]
    until(lambda: desk.report()["permits"] == () and status_heard(desk), "a while")
    assert permits(desk) <= before + 1  # one may have been on its way
    assert level == "ACTIVE"

    assert desk.ask("supervisor.control", Resume()).ok
    until(lambda: permits(desk) > before + 1, "permits again")


def status_heard(desk: Stage) -> bool:
    """Return whether the executor said its status some more times."""
    seen = desk.report()["actors"][4]["heartbeat_age_ms"]
    until(lambda: desk.report()["actors"][4]["heartbeat_age_ms"] < seen, "a heartbeat")
    until(lambda: desk.report()["actors"][4]["heartbeat_age_ms"] > 150, "the next but one")
    return True


# How it ends.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_desk_in_order_and_nothing_is_left(stage, free_port, number):
    desk = stage(Play(port=free_port()))
    desk.all_ready()
    everybody = desk.everybody()

    desk.keeper.send_signal(number)

    assert desk.ends() == 0
    assert stopped(desk) == [*ORDER, "exchange"]
    until(lambda: not any(alive(pid) for pid in everybody), "everybody gone")


def test_stop_on_the_control_socket_is_answered_and_obeyed(stage):
    desk = stage(Play())
    desk.all_ready()

    assert desk.ask("supervisor.control", Stop(reason="OPERATOR")).ok
    assert desk.ends() == 0
    assert [one["reason"] for one in desk.heard("strategy") if one["event"] == "stopping"] == [
        "ORDERED"
    ]


def test_a_desk_that_runs_for_a_time_stops_by_itself(stage):
    desk = stage(Play(run_s=1))

    assert desk.ends() == 0
    times = {line["event"]: line["at_ms"] for line in desk.log("supervisor")}
    # Two stamps of the wall clock, each cut to the ms: they may be one closer than they are.
    assert 999 <= times["desk_stopping"] - times["desk_ready"] < 5_000


def test_whoever_overruns_its_time_is_killed_and_the_stop_goes_on(stage):
    desk = stage(Play(parts={"allocator": {"stubborn_ms": 60_000}}, stop_ms=400))
    desk.all_ready()

    desk.keeper.send_signal(signal.SIGTERM)

    assert desk.ends() == 0
    assert stopped(desk) == list(ORDER)
    killed = [line for line in desk.log("supervisor") if line["event"] == "actor_killed"]
    assert [(line["child"], line["why"]) for line in killed] == [("allocator", "STOP_OVERRUN")]


def test_a_second_signal_leaves_nobody_more_than_a_second(stage):
    desk = stage(Play(parts={"allocator": {"stubborn_ms": 60_000}}, stop_ms=60_000))
    desk.all_ready()
    desk.keeper.send_signal(signal.SIGINT)
    until(lambda: any(o["event"] == "stopping" for o in desk.heard("allocator")), "it was told")

    desk.keeper.send_signal(signal.SIGINT)

    assert desk.ends(5) == 0


def test_a_signal_during_the_start_stops_the_desk_too(stage):
    desk = stage(Play(parts={"strategy": {"ready_after_ms": 60_000}}))
    until(lambda: "actor_started" in desk.events(), "somebody started")

    desk.keeper.send_signal(signal.SIGTERM)

    assert desk.ends() == 0


def test_nothing_outlives_the_keeper_but_the_one_that_has_to(stage, free_port):
    desk = stage(
        Play(
            parts={"executor": {"stubborn_ms": 700}}, outlives_s={"executor": 10}, port=free_port()
        )
    )
    executor = pids(desk.all_ready())["executor"]
    everybody = desk.everybody()

    desk.keeper.kill()

    until(lambda: not any(alive(pid) for pid in everybody - {executor}), "the others gone", 1.5)
    assert alive(executor)
    until(lambda: not alive(executor), "the executor gone", 2)
    reasons = {one["reason"] for one in desk.heard("executor") if one["event"] == "stopping"}
    assert reasons <= {"PARENT_GONE", "SIGTERM"}
    assert "PARENT_GONE" in reasons


def test_the_one_that_outlives_the_keeper_has_an_end_whatever_it_does(stage):
    desk = stage(Play(parts={"executor": {"stubborn_ms": 600_000}}, outlives_s={"executor": 1}))
    executor = pids(desk.all_ready())["executor"]

    desk.keeper.kill()

    until(lambda: not alive(executor), "the executor gone", 2.5)


def test_a_keeper_whose_forkserver_stands_still_ends_and_takes_all_along(stage):
    desk = stage(Play(runtime=RuntimeSettings(hang_s=2), supervision=EAGER))
    before = pids(desk.all_ready())
    everybody = desk.everybody()
    forkserver = parent_of(before["executor"])

    os.kill(forkserver, signal.SIGSTOP)
    os.kill(before["strategy"], signal.SIGKILL)

    assert desk.ends() == 1
    until(lambda: not any(alive(pid) for pid in everybody), "everybody gone", 2)


def test_sigterm_to_one_actor_ends_it_in_order_and_it_comes_back(stage):
    desk = stage(Play(outlives_s={"executor": 10}))
    old = pids(desk.all_ready())["executor"]

    os.kill(old, signal.SIGTERM)
    desk.ready_again("executor", old)

    assert {"event": "stopping", "reason": "SIGTERM"} in desk.heard("executor")


def test_a_play_is_read_as_it_is_written():
    play = Play(parts={"strategy": {"deed": "raise"}}, outlives_s={"executor": 3})

    assert msgspec.json.decode(msgspec.json.encode(play), type=Play) == play
