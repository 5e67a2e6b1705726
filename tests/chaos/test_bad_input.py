"""A store that is not the newest one: the desk notices at the exchange and sends nothing there."""

import shutil
from collections import Counter

import pytest

from actors.runtime.control import Unreachable
from actors.venues.simulated.events import Accepted
from actors.venues.simulated.journal import FILE_NAME, read
from messages.control import StatusQuery
from scripts.chaos.nemesis import EXECUTOR
from scripts.pace import Pace
from store.open import STORE_FILE
from tests.chaos.desks import harmed

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

WATCHED_S = 15
INSTRUMENTS = {"BTC_TRY", "ETH_TRY", "SOL_TRY"}


def levels(one):
    """The levels in force, by scope and name; nothing while the executor does not answer."""
    try:
        report = one.desk.ask(EXECUTOR, StatusQuery()).report
    except Unreachable:
        return {}
    return {(row["scope"], row["name"]): row for row in report.get("levels", ())}


def names(run_dir):
    """Every client order id that the exchange took, with how often."""
    taken = [event for event in read(run_dir / FILE_NAME) if isinstance(event, Accepted)]
    return Counter(event.client_order_id for event in taken)


def halted(one):
    """What is halted, by name; "" is the desk."""
    return {name for (_, name), row in levels(one).items() if row["level"] == "HALTED"}


def test_an_old_copy_of_the_store_is_noticed_and_nothing_is_sent_on_it(run_dir):
    with harmed(run_dir) as one:
        one.wait_flow(4)
        assert one.desk.stop() == 0
        old = (run_dir / STORE_FILE).read_bytes()
        one.desk.start()
        one.desk.wait_ready()
        one.wait_flow(8)
        assert one.desk.stop() == 0
        shutil.copy(run_dir / STORE_FILE, run_dir / "newest")
        for path in run_dir.glob(f"{STORE_FILE}*"):
            path.unlink()
        (run_dir / STORE_FILE).write_bytes(old)
        before = names(run_dir)

        one.desk.start()
        one.wait_until(lambda: "" in halted(one) or halted(one) >= INSTRUMENTS, "a halt")
        Pace(0).rest(WATCHED_S)
        after = names(run_dir)
        told = levels(one)

    assert after == before
    assert max(after.values()) == 1
    assert all(row["reason"] for row in told.values() if row["level"] == "HALTED")
