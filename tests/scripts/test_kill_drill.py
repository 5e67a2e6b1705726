"""The kill when it is needed: orders flow, the executor hangs, the supervisor dies, a restart."""

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from actors.topology import ROLES
from actors.venues.simulated.events import Accepted
from actors.venues.simulated.journal import FILE_NAME, read
from scripts.bench.desks import write_config
from tests.scripts.commands import here
from tests.scripts.desks import RunningDesk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MORE = 5  # orders that show that they flow
NOT_QUIET = ("NOT_QUIET", "cannot be compared while orders are incomplete")


class House:
    """One run directory, and the desk on it that trades all the time."""

    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.config = write_config(run_dir, 0, 0, pace_ms=100)
        self.desk = None

    def start(self):
        self.desk = RunningDesk(self.run_dir, "--config", str(self.config)).wait_ready()
        return self.desk

    def flowing(self):
        """The desk with orders flowing, whatever the test before has left."""
        desk = self.desk if self.desk and self.desk.process.poll() is None else self.start()
        desk.wait_until(lambda: desk.status()["level"] != "UNKNOWN", "a level")
        if desk.executor()["latched"]:
            assert here("resume", "--yes", run_dir=self.run_dir).code == 0
        self.wait_for_orders()
        return desk

    def wait_for_orders(self):
        before = len(self.orders())
        self.desk.wait_until(lambda: len(self.orders()) >= before + MORE, "orders that flow")

    def verified(self):
        """What `verify` says; where orders never rest long enough for it, once they do."""
        done = here("verify", run_dir=self.run_dir)
        if done.code and any(word in done.out for word in NOT_QUIET):
            here("level", "PAUSED", "--reason", "to compare", run_dir=self.run_dir)
            done = here("verify", run_dir=self.run_dir)
            here("level", "ACTIVE", run_dir=self.run_dir)
        return done

    def orders(self):
        """The client order id of every order the exchange took, by its own journal."""
        events = read(self.run_dir / FILE_NAME)
        return [event.client_order_id for event in events if isinstance(event, Accepted)]

    def end(self):
        if self.desk is not None and self.desk.process.poll() is None:
            self.desk.process.kill()
            self.desk.process.wait()


@pytest.fixture(scope="module")
def house():
    made = House(Path(tempfile.mkdtemp(prefix="btcbot-")))
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(made.run_dir, ignore_errors=True)


def test_every_actor_and_the_exchange_can_be_killed_while_orders_flow(house):
    desk = house.flowing()

    for role in ROLES:
        desk.kill(role)
    kill_exchange(desk)
    desk.wait_ready()
    house.wait_for_orders()
    verified = house.verified()

    names = house.orders()
    assert len(names) == len(set(names))
    assert verified.code == 0, verified.out


def test_kill_while_the_executor_is_stopped_says_so_and_is_clear_once_it_is_replaced(house):
    desk = house.flowing()
    os.kill(desk.actors()["executor"]["pid"], signal.SIGSTOP)

    done = here("kill", "--reason", "hung", run_dir=house.run_dir)

    assert "executor.control: no answer" in done.out
    assert "file KILL: written" in done.out
    assert "risk_gate.control: killed" in done.out
    assert (done.code, "CLEAR" in done.out) == (0, True), done.out


def test_kill_while_the_venue_is_silent_names_what_is_left_and_is_clear_once_it_answers(house):
    desk = house.flowing()
    [exchange] = desk.status()["services"]
    os.kill(exchange["pid"], signal.SIGSTOP)
    try:
        desk.wait_until(lambda: desk.executor()["alive_count"], "an order on its way to nobody")
        silent = here("kill", "--reason", "silent", "--wait", 1, run_dir=house.run_dir)
    finally:
        with contextlib.suppress(ProcessLookupError):  # silent for long, it is replaced
            os.kill(exchange["pid"], signal.SIGCONT)
    again = here("kill", "--reason", "once more", run_dir=house.run_dir)

    last = silent.out.splitlines()[-1]
    assert (silent.code, last.startswith("NOT CLEAR after 1 s: asked ")) == (1, True), silent.out
    assert "left: none" not in last
    assert (again.code, "CLEAR: " in again.out) == (0, True), again.out


def test_kill_in_mid_flow_latches_over_a_restart_until_it_is_resumed(house):
    desk = house.flowing()

    killed = here("kill", "--reason", "drill", "--json", run_dir=house.run_dir)
    at_kill = house.orders()
    stopped = desk.stop()
    verified = here("verify", run_dir=house.run_dir)
    desk = house.start()
    desk.wait_until(lambda: desk.status()["level"] == "HALTED", "HALTED after a restart")
    again = here("kill", run_dir=house.run_dir)  # waits until the venue showed none, twice
    before_resume = house.orders()
    house.flowing()

    assert (killed.code, killed.document["clear"], stopped) == (0, True, 0)
    assert (verified.code, again.code) == (0, 0), verified.out
    assert before_resume == at_kill


def test_kill_with_the_supervisor_dead_holds_for_the_next_desk(house):
    desk = house.flowing()
    desk.process.send_signal(signal.SIGKILL)
    desk.process.wait()

    done = here("kill", "--reason", "no supervisor", "--wait", 3, run_dir=house.run_dir)

    at_kill = house.orders()
    assert "supervisor.control: no answer" in done.out
    assert (house.run_dir / "KILL").exists()
    desk = house.start()
    desk.wait_until(lambda: desk.status()["level"] == "HALTED", "HALTED after a restart")
    assert here("kill", run_dir=house.run_dir).code == 0
    assert house.orders() == at_kill
    assert here("verify", run_dir=house.run_dir).code == 0
    assert desk.stop() == 0


def kill_exchange(desk):
    [before] = desk.status()["services"]
    os.kill(before["pid"], signal.SIGKILL)

    def is_back():
        [now] = desk.status()["services"]
        return now["pid"] not in (None, before["pid"]) and now["state"] == "ready"

    desk.wait_until(is_back, "the exchange is back")
