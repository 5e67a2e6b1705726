"""A desk of test actors in real processes: started, killed, hung."""

import os
import signal
from pathlib import Path

import pytest
import zmq

from actors import topology
from actors.runtime import endpoints, sockets
from actors.runtime.settings import RuntimeSettings, SupervisionSettings
from messages.control import StatusQuery
from tests.actors.runtime.stage import EAGER, PATIENCE_S, QUICK, alive, parent_of, pids, until
from tests.actors.runtime.troupe import Play

pytestmark = pytest.mark.slow
MEGABYTE = 1_000_000
IMPATIENT = RuntimeSettings(hang_s=2)

# What a desk looks like from outside.


def memory(pid):
    """What a process has in memory now, in bytes."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


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


@pytest.mark.parametrize("socket", ["supervisor.control", "executor.control"])
@pytest.mark.parametrize("size", [sockets.COMMAND_FRAME_MAX + 1, 64 * MEGABYTE])
def test_a_frame_that_nobody_may_send_ends_its_connection_and_is_never_read(desk, socket, size):
    pid = pids(desk.report()).get(socket.partition(".")[0], desk.keeper.pid)
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.linger = 0
    line.set(zmq.RECONNECT_IVL, -1)
    ended = line.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    line.connect(endpoints.read(desk.run_dir).sockets[socket])
    before = memory(pid)

    line.send_multipart([b"", bytes(size)])

    assert ended.poll(5_000)
    assert not line.poll(0)
    line.disable_monitor()
    context.destroy(linger=0)
    assert memory(pid) - before < 8 * MEGABYTE
    assert desk.ask(socket, StatusQuery()).ok


def test_each_actor_answers_on_its_own_control_socket(desk):
    assert desk.ask("executor.control", StatusQuery()).ok
    assert desk.ask("risk_gate.control", StatusQuery()).ok


def test_actors_run_on_the_cores_that_were_named(stage):
    desk = stage(Play(runtime=RuntimeSettings(cpus=(0,))))

    cores = {one["role"]: os.sched_getaffinity(one["pid"]) for one in desk.all_ready()["actors"]}

    assert set(map(frozenset, cores.values())) == {frozenset({0})}


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


def test_a_forkserver_that_loads_for_long_is_waited_for_as_long_as_it_gets_on(stage):
    one = stage(Play(runtime=IMPATIENT, loads="tests.actors.runtime.slow"))

    one.all_ready()


def test_a_forkserver_that_gets_nowhere_ends_the_desk_with_its_stacks(stage):
    one = stage(Play(runtime=IMPATIENT, loads="tests.actors.runtime.stuck"))

    assert one.keeper.wait(PATIENCE_S) == 1
    assert "Timeout" in (one.run_dir / "logs" / "supervisor.trace").read_text()


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


def test_an_invariant_found_broken_halts_the_desk_and_the_actor_comes_back(stage):
    desk = stage(Play(parts={"allocator": {"deed": "break", "deed_ms": 500}}))
    until(lambda: "level_changed" in desk.events(), "the executor has the halt")

    halt = next(one for one in desk.heard("executor") if one["event"] == "SetLevel")
    failed = next(one for one in desk.log("supervisor") if one["event"] == "actor_failed")
    assert (halt["peer"], failed["exit_code"]) == ("supervisor", 72)


def test_a_halt_that_the_executor_cannot_keep_is_said_until_it_can(stage):
    parts = {"allocator": {"deed": "break", "deed_ms": 500}, "executor": {"deed": "keep nothing"}}
    desk = stage(Play(parts=parts))

    until(lambda: desk.events().count("level_changed") >= 2, "it is said again")

    answers = [one for one in desk.log("supervisor") if one["event"] == "level_changed"]
    assert {one["code"] for one in answers} == {"STORE_UNUSABLE"}


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
