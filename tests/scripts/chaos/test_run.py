"""How long each role was gone, read from the supervisor's log."""

from scripts.chaos.nemesis import Killed
from scripts.chaos.run import restarts


def ready(child, pid, at_ms):
    return {"event": "actor_ready", "child": child, "child_pid": pid, "at_ms": at_ms}


def test_time_counts_from_the_kill_to_the_first_ready_successor():
    kills = [Killed("executor", 7, 1_000), Killed("executor", 8, 5_000)]
    lines = [
        ready("executor", 7, 900),
        ready("strategy", 9, 1_010),
        ready("executor", 8, 1_300),
        ready("executor", 10, 5_100),
    ]

    [one] = restarts(kills, lines)

    assert (one.role, one.count, one.p99_ms) == ("executor", 2, 300)


def test_the_victim_itself_is_not_its_successor():
    assert restarts([Killed("executor", 7, 1_000)], [ready("executor", 7, 1_000)]) == []


def test_who_never_came_back_is_not_counted():
    assert restarts([Killed("executor", 7, 1_000)], [ready("executor", 6, 900)]) == []
