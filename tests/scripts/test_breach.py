"""Somebody changes one bit of the journal while orders flow: the desk stops, and says why."""

import pytest

from actors.runtime.control import ask
from actors.venues.simulated.events import Accepted
from actors.venues.simulated.journal import FILE_NAME, read
from messages.control import StatusQuery
from scripts.bench.desks import write_config
from tests.scripts.commands import here
from tests.scripts.desks import desk_in, place
from tests.store.harm import flip_bit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

FLOW = 5  # orders that show that they flow
NOTICED_S = 30  # all entries are audited again in seconds; a permit then lives two more
OLD_ENTRY = 7
LOOKS_BACK = "\n[persistence]\nback_every_s = 1\n"


@pytest.fixture
def desk():
    with place() as run_dir:
        config = write_config(run_dir, 0, 0, pace_ms=100)
        config.write_text(config.read_text() + LOOKS_BACK)
        with desk_in(run_dir, "--config", str(config)) as started:
            yield started.wait_ready()


def taken(desk):
    """How many orders the exchange has taken, by its own journal."""
    return sum(isinstance(event, Accepted) for event in read(desk.run_dir / FILE_NAME))


def withheld(desk):
    """Why the risk gate gives no permit; "" while it does."""
    report = ask(desk.run_dir, "risk_gate.control", StatusQuery(), 2.0).report
    return str(report["permit_withheld"])


def age_ms(desk):
    """How old the risk gate's newest permit is, by the supervisor."""
    [found] = [one for one in desk.status()["permits"] if one["issuer"] == "risk_gate"]
    return found["age_ms"]


@pytest.mark.parametrize("bit", [0, 133])
def test_a_flipped_bit_of_an_old_entry_ends_the_permit_and_is_named(desk, bit):
    desk.wait_until(lambda: taken(desk) >= FLOW, "orders that flow")

    flip_bit(desk.run_dir, OLD_ENTRY, "body", bit)
    desk.wait_until(lambda: "BREACH" in withheld(desk), "a breach", NOTICED_S)
    desk.wait_until(lambda: (age_ms(desk) or 0) > 2_500, "a permit that is too old", NOTICED_S)
    before = taken(desk)
    why, health = withheld(desk), here("health", run_dir=desk.run_dir)
    status = here("status", run_dir=desk.run_dir).out
    desk.wait_until(lambda: age_ms(desk) > 6_000, "silence", NOTICED_S)

    assert why == "BREACH JOURNAL_CHAIN"
    assert taken(desk) == before
    assert f"the risk gate withholds its permit: {why}" in status
    assert health.code == 2
    assert "JOURNAL_CHAIN" in health.out
    assert here("verify", run_dir=desk.run_dir).code == 1
    assert desk.stop() == 0
