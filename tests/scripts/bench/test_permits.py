"""Real processes: whatever becomes of the risk gate, orders leave no longer than its last permit.

A permit counts two seconds from when the executor made its nonce, on the executor's own clock. So
from the moment the risk gate is gone no order may pass after these two seconds, however slow the
machine is.
"""

import os
import signal

import pytest

from actors.runtime.clock import SystemClock
from messages.control import StatusQuery
from messages.money import amount
from scripts.bench.desks import desk
from scripts.bench.permits import DEEDS, FLOW_S, LINK, OFFERED_S, cut, kill, offer, wait_ready
from scripts.bench.queued import Queue
from scripts.pace import Pace

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

PERMIT_NS = 2_000_000_000
BELOW = amount("0.99")  # times the ask: the order rests
WITHIN_MS = 60_000


@pytest.fixture
def trading(run_dir):
    with desk(run_dir, wants="patient", link=LINK) as quiet, Queue(quiet) as line:
        line.settle()
        yield quiet, line


@pytest.mark.parametrize("name", DEEDS)
def test_no_order_leaves_longer_than_the_permit_of_a_silent_risk_gate(trading, name):
    quiet, line = trading
    if name == "dead":
        kill(quiet)  # the first time it is back at once
        wait_ready(quiet)
        line.settle()
    offer(line, FLOW_S)
    flowing, clock = line.orders(), SystemClock()

    DEEDS[name](quiet)
    silent_ns = clock.mono_ns()
    offer(line, OFFERED_S)

    assert flowing
    assert 0 < line.passed_ns() < silent_ns + PERMIT_NS


def test_what_rests_is_cancelled_once_the_silence_has_lasted(trading):
    quiet, line = trading
    # It would take back at once what no strategy wants.
    os.kill(quiet.actors()["allocator"]["pid"], signal.SIGSTOP)
    line.offer(BELOW)
    until(lambda: line.orders() and alive(quiet))

    cut(quiet)
    until(lambda: not alive(quiet))

    told = [one["kind"] for one in quiet.log_lines("executor") if "kind" in one]
    assert told.index("PermitsLapsed") < told.index("CancelWanted")


def alive(quiet):
    return quiet.ask("executor.control", StatusQuery()).report["alive"]


def until(holds):
    clock, pace = SystemClock(), Pace(0)
    until_ms = clock.mono_ms() + WITHIN_MS
    while not holds():
        assert clock.mono_ms() < until_ms
        pace.rest(0.05)
