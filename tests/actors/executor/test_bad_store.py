"""A store that lost what it knew, or is an older one: the venue shows it, nothing is sent twice."""

import shutil

import pytest

from actors.runtime.failures import CONFIGURATION, exit_code
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store import backup
from store.failures import OTHER_MACHINE, StoreRefused
from store.open import STORE_FILE
from tests.actors.executor.venues import trading
from tests.store.history import tamper

DESK = (Scope.DESK, "", "executor")
WAL = f"{STORE_FILE}-wal"


@pytest.fixture
def place(run_dir):
    with trading(run_dir) as found:
        yield found


def sent(place):
    """How often the exchange took each client order id of ours."""
    names = [one["orderClientId"] for one in place.orders()]
    return {name: names.count(name) for name in names}


def rests(place):
    return [
        one["orderClientId"] for one in place.orders() if one["status"] in ("Untouched", "Partial")
    ]


def halted_and_taken_back(place, driver, reason):
    """Live until nothing rests; the desk is halted for *reason* and nothing new was sent."""
    before = sent(place)
    driver.until(lambda: driver.session.clearance.is_clear, 20)
    row = driver.books.levels[DESK]
    assert row.level is Level.HALTED
    assert row.reason.startswith(reason)
    assert rests(place) == []
    assert sent(place) == before
    assert set(before.values()) <= {1}


def test_a_log_that_is_gone_is_an_older_store_and_its_orders_are_strangers(place):
    place.opened()
    place.driver.crash()
    kept = place.run_dir.parent / "kept"
    driver = place.opened()
    shutil.copytree(place.run_dir, kept)  # this life's epoch and order are in the log alone
    (kept / WAL).unlink()
    place.resting()
    driver.close()
    for path in place.run_dir.glob(f"{STORE_FILE}*"):
        path.unlink()
    shutil.copy(kept / STORE_FILE, place.run_dir / STORE_FILE)

    driver = place.open()

    halted_and_taken_back(place, driver, "STORE_RESTORED")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9])
def test_a_torn_log_costs_memory_but_sends_nothing_twice(place, kept):
    """Wherever it is torn: a sound beginning, and the venue tells what came after."""
    driver = place.opened()
    first = place.resting()
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: driver.books.orders[first].booked_quantity == Amount("0.0004"))
    torn = place.run_dir.parent / "torn"
    shutil.copytree(place.run_dir, torn)
    driver.close()
    with (torn / WAL).open("r+b") as log:
        log.truncate(int((torn / WAL).stat().st_size * kept))
        log.seek(0, 2)
        log.write(b"\x5a" * 700)
    for path in place.run_dir.glob("*"):
        path.unlink()
    for name in (STORE_FILE, WAL, "store.seen"):
        if (torn / name).exists():
            shutil.copy(torn / name, place.run_dir / name)
    before = sent(place)

    driver = place.open()
    driver.until(lambda: driver.session.reconciled or driver.session.clearance.is_clear, 20)

    level = driver.books.levels.get(DESK)
    if level is None or level.level is Level.ACTIVE:
        assert driver.books.orders[first].booked_quantity == Amount("0.0004")
        assert place.differences() == {}
    else:
        assert level.level is Level.HALTED
    assert sent(place) == before


def test_a_backup_that_is_put_back_starts_halted_and_names_what_it_does_not_know(place):
    driver = place.opened()
    path = backup.take(place.run_dir, "before")
    name = place.resting()
    place.stranger.trade(Side.SELL, "0.0004", place.inside)
    driver.until(lambda: driver.books.orders[name].booked_quantity == Amount("0.0004"))
    driver.close()
    for one in place.run_dir.glob(f"{STORE_FILE}*"):
        one.unlink()
    shutil.copy(path, place.run_dir / STORE_FILE)

    driver = place.open()

    halted_and_taken_back(place, driver, "STORE_RESTORED")
    driver.until(lambda: driver.session.reconciled, 20)
    assert driver.books.levels[Scope.INSTRUMENT, "BTC_TRY", "executor"].level is Level.HALTED


def test_an_old_file_copied_back_cannot_use_an_order_id_twice(place):
    place.opened().stop()
    old = shutil.copy(place.run_dir / STORE_FILE, place.run_dir.parent / "old")
    driver = place.opened()
    lineage = driver.session.lineage
    ask = place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    name = place.wish(Side.BUY, "0.0005", ask)
    driver.until(lambda: place.state_of(name) is OrderState.FILLED)
    driver.stop()
    driver.close()
    shutil.copy(old, place.run_dir / STORE_FILE)

    driver = place.open()

    assert driver.session.lineage != lineage
    halted_and_taken_back(place, driver, "STORE_RESTORED")


def test_a_store_of_another_machine_is_refused_and_its_orders_are_let_be(place):
    """The twin that may still trade there would see its orders vanish."""
    place.opened()
    place.resting()
    place.driver.stop()
    tamper(place.run_dir, "UPDATE meta SET value = 'elsewhere' WHERE key = 'machine_id'")

    with pytest.raises(StoreRefused) as no:
        place.open()

    assert (no.value.code, exit_code(no.value)) == (OTHER_MACHINE, CONFIGURATION)
    assert len(rests(place)) == 1
