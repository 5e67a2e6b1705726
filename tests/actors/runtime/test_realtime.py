"""The threads a kill passes through run before all others, where the system allows it."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import zmq

from actors.runtime import realtime
from scripts.pace import Pace

ROOT = Path(__file__).parents[3]
NOBODY = 65_534
LOOKS_MAX = 500

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="who may take real-time priority is only known of root and nobody"
)


def some_thread_takes_it() -> bool:
    """Wait until a thread of this process is real-time; each takes it when it first runs."""
    tasks = Path("/proc/self/task")
    return any(
        os.SCHED_FIFO in [os.sched_getscheduler(int(one.name)) for one in tasks.iterdir()]
        for _ in Pace(10).beats(LOOKS_MAX)
    )


def test_asking_leaves_the_asking_thread_as_it_is():
    before = os.sched_getscheduler(0)

    assert realtime.allowed()
    assert os.sched_getscheduler(0) == before


def test_threads_that_carry_bytes_take_it():
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        assert realtime.of_sockets(context)
        context.socket(zmq.PULL).close()

        assert some_thread_takes_it()
    finally:
        context.destroy()


def test_an_executor_listens_in_real_time_and_works_as_ever(house):
    house.role("executor", urgent={int: print})

    assert some_thread_takes_it()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_without_permission_sockets_are_made_as_ever():
    program = textwrap.dedent(f"""
        import json, os, resource, zmq
        from actors.runtime import realtime
        resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
        os.setgid({NOBODY})
        os.setuid({NOBODY})
        context = zmq.Context()
        told = [realtime.take(), realtime.allowed(), realtime.of_sockets(context)]
        context.socket(zmq.PULL).close()
        context.destroy()
        print(json.dumps(told))
    """)

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [False, False, False]
