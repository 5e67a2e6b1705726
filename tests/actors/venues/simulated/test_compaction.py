"""A journal that grew is made small: nothing that can be asked for is lost, and no truth."""

import os
from decimal import Decimal
from random import Random

import pytest

from actors.venues.settings import ExchangeFees
from actors.venues.simulated import journal as journals
from actors.venues.simulated.engine import Exchange
from actors.venues.simulated.events import Carried, CarriedEnd
from actors.venues.simulated.history import History, folded
from actors.venues.simulated.journal import (
    Journal,
    JournalDamaged,
    JournalLocked,
    archive,
    read,
    resume,
)
from actors.venues.simulated.listing import LISTINGS
from tests.actors.venues.simulated.floors import ANN, BOB, NOW, OPENING, body
from tests.actors.venues.simulated.venue import Venue

KEPT = 100


@pytest.fixture
def path(tmp_path):
    return tmp_path / "exchange.jsonl"


class Lived:
    """An exchange whose accounts trade at random, and its journal."""

    def __init__(self, path, *, seed=1):
        self.path, self.random = path, Random(seed)
        self.journal = Journal(path)
        self.exchange = Exchange(LISTINGS, ExchangeFees(), orders_max=KEPT)
        self.exchange.restore(resume(path))
        self.at_ms = max(NOW, self.exchange.history.changed_ms)
        if not self.exchange.history.deposits:
            for account in (ANN, BOB):
                for asset, amount in OPENING.items():
                    self.exchange.deposit(account, asset, Decimal(amount), NOW)
        self.write()

    def write(self):
        self.journal.append(self.exchange.drain().events)

    def live(self, turns):
        """Trade, cancel, let the market move; write after each."""
        for turn in range(turns):
            self.at_ms += self.random.choice((0, 1, 500))
            account, side = self.random.choice((ANN, BOB)), self.random.choice(("buy", "sell"))
            price = 3_040_000 + self.random.randrange(-20_000, 20_000, 1_000)
            wanted = body(
                orderType=side,
                quantity=f"0.00{self.random.randrange(1, 99)}",
                price=str(price),
                newOrderClientId=f"{turn}",
            )
            self.exchange.submit(account, wanted, self.at_ms)
            mine = self.exchange.history.open_orders(account)
            if mine and self.random.random() < 0.5:
                number = self.random.choice(mine).accepted.order_id
                self.exchange.cancel(account, number, self.at_ms)
            self.write()
        return self

    def compact(self):
        history = self.exchange.history
        self.journal.compact(history.carried, lambda number: number in history.orders)

    def state(self):
        return state(self.exchange.history)


def state(history):
    """Everything that can be asked of a history."""
    told = [history.last_order_id, history.last_trade_id, history.changed_ms]
    for account in (ANN, BOB):
        every = {"from_ms": 0, "to_ms": 2**53}
        told += [
            history.newest_orders(account, "BTC_TRY", from_id=0, **every),
            history.newest_fills(account, None, **every),
            history.newest_fills(account, "BTC_TRY", **every),
            history.open_orders(account),
        ]
        wallet = history.ledger.wallet(account)
        told.append(sorted((a, one) for a, one in wallet.free.items() if one))
        told.append(sorted((a, one) for a, one in wallet.locked.items() if one))
    return [one if isinstance(one, list | int) else list(one) for one in told]


@pytest.mark.parametrize("seed", range(5))
def test_after_a_compaction_and_a_start_everything_is_as_before(path, seed):
    one = Lived(path, seed=seed).live(400)
    before, every = one.state(), list(read(path))
    size = path.stat().st_size

    one.compact()

    assert path.stat().st_size < size * 0.7
    assert list(read(path)) == every
    one.journal.close()
    again = Lived(path)
    assert again.state() == before
    assert all(again.exchange.history.ledger.total(asset) == 0 for asset in OPENING)


def test_life_goes_on_after_compactions_as_if_there_had_been_none(path, tmp_path):
    plain, often = Lived(tmp_path / "plain.jsonl"), Lived(path)
    for _ in range(4):
        plain.live(120)
        often.live(120)
        often.compact()
        often.compact()
    assert often.state() == plain.state()
    assert list(read(path)) == list(read(tmp_path / "plain.jsonl"))

    often.journal.close()
    again = Lived(path)
    assert again.state() == plain.state()
    again.random, again.at_ms = plain.random, plain.at_ms
    state_of_dice = plain.random.getstate()
    plain.live(50)
    again.random.setstate(state_of_dice)
    again.live(50)
    assert again.state() == plain.state()


def test_the_truth_is_the_whole_of_it_and_folds_to_the_balances(path):
    one = Lived(path).live(400)
    one.compact()
    one.live(50)

    whole = folded(read(path), orders_max=10_000_000)

    assert len(whole.orders) > len(one.exchange.history.orders)
    wallets = (one.exchange.history.ledger.wallet(ANN), whole.ledger.wallet(ANN))
    assert wallets[0].free == wallets[1].free


def test_a_file_tells_how_much_it_grew_since(path):
    one = Lived(path).live(50)
    assert one.journal.grown == path.stat().st_size
    one.compact()
    assert one.journal.grown == 0
    size = path.stat().st_size
    one.live(10)
    grown = path.stat().st_size - size
    one.journal.close()
    assert (one.journal.grown, Journal(path).grown) == (grown, grown)


def cut_at(monkeypatch, name):
    """Let a kill come where *name* is called."""

    class Killed(BaseException):
        pass

    def die(*_given):
        raise Killed

    monkeypatch.setattr(journals, name, die)
    return Killed


@pytest.mark.parametrize("where", ["_Fresh", "_locked", "_settle"])
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(path, monkeypatch, where):
    one = Lived(path).live(200)
    one.compact()
    one.live(200)
    before, every = one.state(), list(read(path))

    with pytest.raises(cut_at(monkeypatch, where)):
        one.compact()
    monkeypatch.undo()
    one.journal.close()

    assert list(read(path)) == every
    again = Lived(path)
    assert again.state() == before
    again.compact()
    assert list(read(path)) == every


def test_without_room_the_old_file_goes_on(path, monkeypatch):
    one = Lived(path).live(100)
    every = list(read(path))

    def full(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    one.compact()
    monkeypatch.undo()
    assert list(read(path)) == every
    one.live(10)
    one.journal.close()
    assert Lived(path).state() == one.state()


def test_the_lock_holds_across_a_compaction(path):
    one = Lived(path).live(10)
    one.compact()
    with pytest.raises(JournalLocked):
        Journal(path)
    one.journal.close()
    Journal(path).close()


def test_a_lock_on_a_file_that_was_put_aside_counts_for_nothing(path, monkeypatch):
    one = Lived(path).live(10)
    real = journals._locked

    def slow(fd):
        monkeypatch.setattr(journals, "_locked", real)
        one.compact()  # lets the old file go between the open and the lock of another
        return real(fd)

    monkeypatch.setattr(journals, "_locked", slow)
    with pytest.raises(JournalLocked):
        Journal(path)


@pytest.mark.parametrize("harm", ["missing", "torn", "foreign"])
def test_an_archive_that_is_not_whole_is_named(path, harm):
    one = Lived(path).live(50)
    one.compact()
    file = archive(path, 1)
    if harm == "missing":
        file.unlink()
    elif harm == "torn":
        file.write_bytes(file.read_bytes()[:-40])
    else:
        file.write_bytes(b"not packed")
    with pytest.raises(JournalDamaged, match=file.name):
        list(read(path))
    assert History(orders_max=KEPT).resume(resume(path)) is None


def test_the_file_begins_with_what_everything_came_to(path):
    one = Lived(path).live(300)
    one.compact()
    first, *again, last = resume(path)
    assert (type(first), first.archives, type(last)) == (Carried, 1, CarriedEnd)
    assert {line.order_id for line in again if hasattr(line, "order_id")} == set(
        one.exchange.history.orders
    )


def test_the_exchange_compacts_at_its_start_and_while_it_runs(tmp_path):
    venue = Venue(tmp_path, journal_bytes_max=20_000, history_max=100)
    for number in range(60):
        order = venue.order(newOrderClientId=f"{number}").json()["data"]["id"]
        venue.call("DELETE", "/api/v1/order", params={"id": order})
        venue.clock.pass_ms(1_000)
    venue.floor.compact()
    assert archive(venue.journal.path, 1).exists()
    balances = venue.get("/api/v1/users/balances")["data"]
    venue.close()

    again = Venue(tmp_path, now_ms=venue.clock.wall, journal_bytes_max=1_000, history_max=100)
    assert again.get("/api/v1/users/balances")["data"] == balances
    rows = again.get("/api/v1/allOrders", pairSymbol="BTCTRY", limit=1000)["data"]
    assert len(rows) == 60
    again.close()
