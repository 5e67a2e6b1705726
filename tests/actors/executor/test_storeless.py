"""Without a store that can be used nothing is sent, and what is ours at the venue is taken back."""

import shutil

import pytest

from actors.executor.storeless import TRY_STORE
from actors.runtime.effects import Tick
from actors.runtime.failures import UNEXPECTED
from actors.venues.port import NewOrder
from messages.control import Kill, Resume, SetLevel, StatusQuery
from messages.life import Stop
from messages.money import Amount
from messages.orders import IntentRefused, Side
from messages.records import RecordBatch, RecordBatchAck
from messages.state import AccountState, InstrumentState, Level, Scope
from store.failures import StoreFailed, StoreRefused
from store.open import STORE_FILE
from store.writer import Writer
from tests.actors.executor.driving import IDENTITY
from tests.actors.executor.venues import trading
from tests.actors.executor.wishes import wanted_of
from tests.store.harm import LOSSES, garble_table
from tests.store.history import tamper

DAMAGE = "UPDATE journal SET subject = subject || 'x' WHERE seq = 2"


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found


def damaged(place):
    """Have an order of ours rest, and the desk die over a store that is damaged."""
    driver = place.opened()
    place.resting()
    driver.stop()
    shutil.copytree(place.run_dir, place.run_dir.parent / "sound")
    tamper(place.run_dir, DAMAGE)
    return place.open()


def ended(place):
    """Have an order of ours rest, and the desk end in order; return where its store is."""
    driver = place.opened()
    place.resting()
    driver.stop()
    shutil.copytree(place.run_dir, place.run_dir.parent / "sound")
    return place.run_dir / STORE_FILE


def repaired(place):
    for path in place.run_dir.glob(f"{STORE_FILE}*"):
        path.unlink()
    shutil.copy(place.run_dir.parent / "sound" / STORE_FILE, place.run_dir / STORE_FILE)


def open_orders(place):
    return [
        one["orderClientId"] for one in place.orders() if one["status"] in ("Untouched", "Partial")
    ]


def test_what_rests_is_taken_back_and_clear_is_the_venues_word(place):
    driver = damaged(place)

    driver.until(lambda: driver.session.clearance.is_clear, 15)

    assert open_orders(place) == []
    assert "CORRUPT" in driver.actor.waiting_for()


def test_what_somebody_else_ordered_stays(place):
    driver = damaged(place)
    client = place.served.private()
    foreign = NewOrder(
        client_order_id="by-hand",
        instrument="BTC_TRY",
        side=Side.BUY,
        price=place.inside,
        quantity=Amount("0.001"),
    )
    client.submit(foreign, driver.actor.clock.wall_ms() + 1)
    client.close()

    driver.until(lambda: driver.session.clearance.is_clear, 15)

    assert open_orders(place) == ["by-hand"]


def test_nothing_is_sent_said_or_acknowledged_without_books(place):
    driver = damaged(place)
    before = len(place.orders())
    driver.until(lambda: driver.session.clearance.is_clear, 15)

    driver.hear(RecordBatch(batch_id="b1", records=()))
    driver.hear(wanted_of(driver, "BTC_TRY", (Side.BUY, "0.001", place.inside)))

    assert [driver.said(kind) for kind in (InstrumentState, AccountState, RecordBatchAck)] == [
        [],
        [],
        [],
    ]
    assert driver.said(IntentRefused)
    assert len(place.orders()) == before


def test_commands_that_would_be_forgotten_are_refused_and_a_kill_is_not(place):
    driver = damaged(place)
    level = SetLevel(
        scope=Scope.DESK, name="", source="operator", level=Level.PAUSED, reason="look"
    )

    (refused,) = driver.answers(level)
    (killed,) = driver.answers(Kill(reason="enough"))
    (resumed,) = driver.answers(Resume())
    (told,) = driver.answers(StatusQuery())

    assert (refused.ok, refused.code) == (False, "STORE_UNUSABLE")
    assert killed.ok
    assert not resumed.ok
    assert (told.report["phase"], told.report["latched"]) == ("CANCEL_ONLY", True)
    assert (place.run_dir / "KILL").exists()


def test_it_stays_until_the_store_can_be_used_and_then_begins_anew(place):
    driver = damaged(place)
    driver.hear(Tick(TRY_STORE))
    assert driver.outlet.ended is None

    repaired(place)
    driver.hear(Tick(TRY_STORE))

    assert driver.outlet.ended == UNEXPECTED  # no refusal, which would end a first start
    driver.close()
    driver = place.opened()
    assert place.differences() == {}


def test_a_kill_that_no_file_keeps_is_not_lost_by_beginning_anew(place):
    driver = damaged(place)
    driver.hear(Kill(reason="enough"))
    (place.run_dir / "KILL").unlink()
    repaired(place)

    driver.hear(Tick(TRY_STORE))

    assert driver.outlet.ended is None
    assert driver.session.gate().latched


def test_an_orphan_leaves_once_the_venue_shows_nothing(place):
    driver = damaged(place)

    driver.hear(Stop(reason="PARENT_GONE"))
    driver.until(lambda: driver.outlet.ended is not None, 15)

    assert open_orders(place) == []


def test_a_store_that_somebody_else_writes_is_no_reason_to_cancel_anything(place):
    driver = place.opened()
    place.resting()
    driver.stop()
    other = Writer.open(place.run_dir, IDENTITY, driver.actor.clock)

    with pytest.raises(StoreRefused, match="IN_USE"):
        place.open()
    other.close()

    assert len(open_orders(place)) == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_what_rests_is_taken_back_when_the_store_is_gone(place, loss):
    loss(ended(place))
    driver = place.open()

    driver.until(lambda: driver.session.clearance.is_clear, 15)
    driver.hear(Tick(TRY_STORE))

    assert open_orders(place) == []
    assert "STORE_GONE" in driver.actor.waiting_for()
    assert driver.outlet.ended is None


def test_damage_that_only_an_append_meets_costs_one_life_and_the_next_takes_back(place):
    path = ended(place)
    garble_table(path, "fill")
    driver = place.opened()
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    with pytest.raises(StoreFailed, match="CORRUPT"):
        driver.until(lambda: driver.session.fills_booked)
    driver.close()
    assert len(open_orders(place)) == 1

    driver = place.open()
    driver.until(lambda: driver.session.clearance.is_clear, 15)

    assert open_orders(place) == []
    assert "was found damaged" in driver.actor.waiting_for()

    repaired(place)
    driver.hear(Tick(TRY_STORE))
    driver.close()
    place.opened()
    assert place.differences() == {}  # the fill that could not be kept is the venue's to tell
