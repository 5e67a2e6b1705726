"""A store that was damaged while the desk was down, with orders left at the venue."""

import pytest

from actors.venues.simulated.events import Accepted, Ended
from actors.venues.simulated.journal import FILE_NAME, read
from scripts.bench.desks import write_config
from store.open import STORE_FILE
from tests.scripts.desks import desk_in, place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LEFT = '\n[executor]\non_stop = "leave"\n'
RESTING_MIN = 3


def open_orders(run_dir):
    """The orders that rest at the exchange, by its own journal; nothing fills here."""
    events = list(read(run_dir / FILE_NAME))
    ended = {event.order_id for event in events if isinstance(event, Ended)}
    return {e.order_id for e in events if isinstance(e, Accepted)} - ended


def test_a_desk_whose_store_is_damaged_takes_back_what_it_left_at_the_venue():
    with place() as run_dir:
        config = write_config(run_dir, 0, 0, pace_ms=200, wants="resting")
        config.write_text(config.read_text() + LEFT)
        with desk_in(run_dir, "--config", str(config)) as before:
            before.wait_ready()
            before.wait_until(lambda: len(open_orders(run_dir)) >= RESTING_MIN, "resting orders")
            assert before.stop() == 0
        left = open_orders(run_dir)
        with (run_dir / STORE_FILE).open("r+b") as store:
            store.write(b"\xff")

        with desk_in(run_dir, "--config", str(config)) as after:
            after.wait_until(lambda: not open_orders(run_dir), "nothing rests")
            said = "executor waits for a store that can be used, and cancels meanwhile: STORE_GONE"
            after.wait_until(lambda: said in after.out.read_text(), "what is the matter")
            level = after.status()["level"]
            assert after.stop() == 0

    assert len(left) >= RESTING_MIN
    assert level == "HALTED"
