"""How long an actor was gone, by what the supervisor's log says."""

import pytest

from scripts.bench.restarts import Back, back

KILLED_MS = 1_000.4
OLD, NEW = 10, 11


def line(event, at_ms, *, child="executor", pid=NEW):
    return {"event": event, "child": child, "child_pid": pid, "at_ms": at_ms}


READY = line("actor_ready", 1_200)
LIVE = line("actor_live", 1_040)


@pytest.mark.parametrize(
    ("lines", "came"),
    [
        ([], None),
        ([LIVE], None),
        ([LIVE, READY], Back(live_ms=pytest.approx(39.6), ready_ms=pytest.approx(199.6))),
        ([READY], Back(live_ms=pytest.approx(199.6), ready_ms=pytest.approx(199.6))),
        ([line("actor_ready", 1_200, child="strategy")], None),
        ([line("actor_ready", 1_200, pid=OLD)], None),
        ([line("actor_ready", 1_000)], Back(live_ms=0, ready_ms=0)),  # whole ms
    ],
)
def test_gone_is_from_the_kill_to_the_first_heartbeat_and_to_ready(lines, came):
    assert back(lines, "executor", OLD, KILLED_MS) == came


def test_only_the_first_heartbeat_counts():
    lines = [LIVE, line("actor_live", 1_100), READY]

    assert back(lines, "executor", OLD, KILLED_MS).live_ms == pytest.approx(39.6)
