"""Who is waited for: a process that works, however long; not one that stands still or is gone."""

import subprocess
import sys
import threading

import pytest

from actors.runtime.patience import ticks, while_it_works

WORKS = "while True: pass"
WAITS = "import time; print(flush=True); time.sleep(60)"
PATIENCE_S = 20.0
LOOKED_S = 2.0


@pytest.fixture
def running():
    made = []

    def start(text):
        made.append(subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE))
        return made[-1]

    yield start
    for one in made:
        one.kill()
        one.communicate()


def test_one_that_works_is_there_again_and_again(running):
    one, heard = running(WORKS), threading.Semaphore(0)

    with while_it_works(one.pid, heard.release):
        assert heard.acquire(timeout=PATIENCE_S)
        assert heard.acquire(timeout=PATIENCE_S)


def test_one_that_stands_still_is_not_heard(running):
    one, heard = running(WAITS), threading.Semaphore(0)
    assert one.stdout.readline() == b"\n"  # from here on it sleeps

    with while_it_works(one.pid, heard.release):
        assert not heard.acquire(timeout=LOOKED_S)


def test_one_that_is_not_there_is_not_heard_and_nobody_fails(running):
    one, heard = running("pass"), threading.Semaphore(0)
    one.wait()

    with while_it_works(one.pid, heard.release):
        assert not heard.acquire(timeout=LOOKED_S)
    assert ticks(one.pid) == 0


def test_afterwards_nobody_is_called(running):
    one, heard = running(WORKS), threading.Semaphore(0)

    with while_it_works(one.pid, heard.release):
        pass

    assert not heard.acquire(timeout=LOOKED_S)
