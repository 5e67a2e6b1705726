"""A desk of test actors in real processes: started, killed, hung, stopped, left alone."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import zmq

from actors import topology
from actors.runtime import endpoints
from actors.runtime.settings import RuntimeSettings, SupervisionSettings
from messages.control import Kill, Resume, StatusQuery
from messages.life import Stop
from tests.actors.runtime.stage import Stage, alive, until
from tests.actors.runtime.troupe import ORDER, Play

pytestmark = pytest.mark.slow

QUICK = SupervisionSettings(silence_ms=600)
EAGER = SupervisionSettings(restarts_max=1_000, backoff_first_ms=0, backoff_max_ms=0)


@pytest.fixture
def stage(run_dir) -> Iterator[Callable[[Play], Stage]]:
    """A function that starts a troupe in this test's own run directory."""
    running: list[Stage] = []

    def start(play: Play) -> Stage:
        running.append(Stage(run_dir, play))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[Stage]:
    """One desk for all tests that only look at it."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    one = Stage(run_dir, Play())
    one.all_ready()
    yield one
    one.close()
    shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture(scope="module")
def eager() -> Iterator[Stage]:
    """One desk for all tests that only kill an actor: it restarts without a limit or a delay."""
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    one = Stage(run_dir, Play(supervision=EAGER))
    one.all_ready()
    yield one
    one.close()
    shutil.rmtree(run_dir, ignore_errors=True)


def pids(report: dict) -> dict[str, int]:
    return {one["role"]: one["pid"] for one in (*report["actors"], *report["services"])}


def stopped(stage: Stage) -> list[str]:
    return [line["child"] for line in stage.log("supervisor") if "child" in line
            and line["event"] == "actor_stopped"]  # fmt: skip


# What a desk looks like from outside.


def test_six_actors_are_six_processes_and_all_are_ready(desk):
    report = desk.all_ready()

    assert [one["role"] for one in report["actors"]] == list(topology.ROLES)
    assert len(set(pids(report).values())) == 6
    assert all(alive(pid) for pid in pids(report).values())


def test_a_report_says_what_is_promised_and_nothing_else(desk):
    report = desk.report()

    assert set(report) == {
        "mode", "level", "host", "actors", "services", "permits", "unknown_orders", "feeds"
    }  # fmt: skip
    assert set(report["actors"][0]) == {
        "role", "pid", "host", "state", "restarts", "heartbeat_age_ms"
    }  # fmt: skip
    assert (report["mode"], report["level"]) == ("sim", "UNKNOWN")
    assert report["actors"][0]["heartbeat_age_ms"] < 3_000


def test_actors_are_told_apart_by_name_in_the_process_table(desk):
    names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids(desk.report()).values()}

    assert names == set(topology.ROLES)


def test_ctrl_c_does_not_reach_the_actors(desk):
    before = pids(desk.report())
    for pid in before.values():
        os.kill(pid, signal.SIGINT)

    assert pids(desk.all_ready()) == before


def test_nobody_lives_between_the_keeper_and_the_actors_but_the_forkserver(desk):
    parents = {parent_of(pid) for pid in pids(desk.report()).values()}

    assert len(parents) == 1
    assert parent_of(parents.pop()) == desk.keeper.pid


def test_the_forkserver_has_one_thread_and_no_socket_of_ours(desk):
    forkserver = parent_of(desk.actor("executor")["pid"])

    assert len(list(Path(f"/proc/{forkserver}/task").iterdir())) == 1


def test_every_module_was_loaded_before_the_fork(desk):
    assert "preload_missed" not in desk.events("executor")


def test_files_of_a_run_are_readable_by_their_owner_alone(desk):
    modes = {path.stat().st_mode & 0o077 for path in (desk.run_dir / "logs").iterdir()}

    assert modes == {0}


@pytest.mark.parametrize(
    "frames",
    [[b""], [b"", b"\xc1"], [b"", b"x" * 1_500_000], [b""] * 100],
    ids=["nothing", "garbage", "too long", "many frames"],
)
def test_garbage_on_the_control_socket_is_answered_and_the_desk_goes_on(desk, frames):
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.linger = 0
    line.connect(endpoints.read(desk.run_dir).sockets["supervisor.control"])
    line.send_multipart(frames)

    assert line.poll(5_000)
    context.destroy(linger=0)
    assert desk.report()["mode"] == "sim"


def test_each_actor_answers_on_its_own_control_socket(desk):
    assert desk.ask("executor.control", StatusQuery()).ok
    assert desk.ask("risk_gate.control", StatusQuery()).ok


# Who fails comes back.


@pytest.mark.parametrize("role", topology.ROLES)
def test_a_killed_actor_is_replaced_alone(eager, role):
    before = pids(eager.all_ready())

    os.kill(before[role], signal.SIGKILL)
    again = eager.ready_again(role, before[role])

    after = pids(eager.all_ready())
    assert again["restarts"] == 1
    assert {name for name in before if before[name] != after[name]} == {role}


@pytest.mark.parametrize(
    ("deed", "code"),
    [("raise", 70), ("break", 72), ("fail in started", 70), ("exit", 0)],
)
def test_an_actor_that_ends_by_itself_says_why_and_is_replaced(stage, deed, code):
    desk = stage(Play(parts={"strategy": {"deed": deed}}, supervision=EAGER))
    until(lambda: desk.events().count("actor_failed") >= 2, "failed twice")

    failed = next(line for line in desk.log("supervisor") if line["event"] == "actor_failed")

    assert (failed["child"], failed["exit_code"]) == ("strategy", code)
    last = next(line for line in desk.log("strategy") if line["event"] != "actor_started")
    assert last["event"] == ("actor_failed" if code else "actor_stopped")
    assert last["exit_code"] == code


def test_a_hung_actor_is_dumped_killed_and_replaced(stage):
    desk = stage(Play(parts={"strategy": {"deed": "sleep"}}, supervision=QUICK))
    until(lambda: "actor_failed" in desk.events(), "the hung actor gone")

    telling = {"heartbeat_missed", "actor_killed", "actor_failed"}
    told = [line["event"] for line in desk.log("supervisor") if line["event"] in telling]
    assert told[:3] == ["heartbeat_missed", "actor_killed", "actor_failed"]
    assert "players.py" in (desk.run_dir / "logs" / "strategy.trace").read_text()


def test_a_stopped_process_is_killed_and_replaced(stage):
    desk = stage(Play(supervision=QUICK))
    old = pids(desk.all_ready())["executor"]

    os.kill(old, signal.SIGSTOP)

    assert desk.ready_again("executor", old)["restarts"] == 1
    assert not alive(old)


def test_a_loop_that_holds_the_interpreter_is_ended_by_its_own_watchdog(stage):
    desk = stage(
        Play(
            parts={"strategy": {"deed": "hold the interpreter"}},
            runtime=RuntimeSettings(hang_s=2),
            supervision=SupervisionSettings(silence_ms=60_000),
        )
    )
    until(lambda: "actor_failed" in desk.events(), "the watchdog fired")

    failed = next(line for line in desk.log("supervisor") if line["event"] == "actor_failed")
    assert failed["exit_code"] == 1
    assert "Timeout" in (desk.run_dir / "logs" / "strategy.trace").read_text()


def test_when_the_forkserver_dies_the_desk_comes_back(eager):
    before = pids(eager.all_ready())

    os.kill(parent_of(before["executor"]), signal.SIGKILL)

    def back() -> bool:
        report = eager.report()
        fresh = not set(pids(report).values()) & set(before.values())
        return fresh and all(one["state"] == "ready" for one in report["actors"])

    until(back, "all ready in new processes")
    assert not any(alive(pid) for pid in before.values())


def test_an_actor_that_fails_too_often_halts_the_desk_and_is_tried_slowly(stage):
    settings = SupervisionSettings(
        restarts_max=2, backoff_first_ms=0, backoff_max_ms=0, slow_retry_ms=60_000
    )
    desk = stage(Play(parts={"strategy": {"deed": "raise"}}, supervision=settings))
    until(lambda: "level_changed" in desk.events(), "the executor has the halt")

    halt = next(one for one in desk.heard("executor") if one["event"] == "SetLevel")
    assert halt["peer"] == "supervisor"
    assert desk.events().count("restart_limit_reached") == 1
    assert desk.actor("strategy")["state"] == "backoff"


def test_an_actor_that_refuses_its_first_start_ends_the_desk_with_its_code(stage):
    desk = stage(Play(parts={"executor": {"deed": "refuse", "ready_after_ms": 60_000}}))

    assert desk.ends() == 78
    assert "actor_failed" in desk.events("executor")


def test_an_actor_that_refuses_later_is_left_out_and_the_desk_goes_on(stage):
    desk = stage(Play(parts={"strategy": {"deed": "refuse", "deed_ms": 1_500}}))
    desk.all_ready()

    until(lambda: desk.actor("strategy")["state"] == "absent", "strategy left out")

    assert desk.actor("executor")["state"] == "ready"


def test_a_service_is_watched_and_replaced_on_the_same_port(stage, free_port):
    desk = stage(Play(port=free_port()))
    old = pids(desk.all_ready())["exchange"]

    os.kill(old, signal.SIGKILL)

    until(lambda: pids(desk.report())["exchange"] not in (old, None), "exchange again")
    assert desk.all_ready()["services"][0]["restarts"] == 1


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
    assert 1_000 <= times["desk_stopping"] - times["desk_ready"] < 1_500


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


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_play_is_read_as_it_is_written():
    play = Play(parts={"strategy": {"deed": "raise"}}, outlives_s={"executor": 3})

    assert msgspec.json.decode(msgspec.json.encode(play), type=Play) == play
