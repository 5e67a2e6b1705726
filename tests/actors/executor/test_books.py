"""What the books in memory keep and forget."""

import pytest
from msgspec.structs import replace

from actors.executor import books as module
from actors.executor.books import Books
from actors.executor.draft import Draft
from actors.executor.facts import Seen
from actors.executor.levels import halt
from actors.executor.postings import Leg, set_aside
from actors.executor.states import Fact
from actors.runtime.failures import InvariantBroken
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Scope
from store.rows import CursorRow
from tests.actors.executor.ledgers import NOW_MS, answer, books, tell
from tests.actors.executor.wishes import batch, intent


def with_order():
    on = books(TRY=10_000, BTC=1)
    return on, answer(batch(intent("0.001", side=Side.SELL)), on).sends[0].client_order_id


def test_an_order_that_ended_is_alive_no_longer_and_still_known():
    on, name = with_order()

    tell(on, name, Seen(fact=Fact.REJECT, code="NO"))

    assert on.all_alive() == []
    assert on.orders[name].state is OrderState.REJECTED


def test_only_the_newest_ended_orders_are_kept(monkeypatch):
    monkeypatch.setattr(module, "ENDED_KEPT_MAX", 2)
    on, name = with_order()
    row = replace(on.orders[name], state=OrderState.FILLED)

    on.recall(replace(row, client_order_id=f"t-{n}", venue_order_id=n) for n in range(1, 4))
    on.forget()

    assert sorted(on.orders) == sorted([name, "t-2", "t-3"])


def test_what_is_recalled_for_an_answer_pushes_out_nothing_the_answer_is_about(monkeypatch):
    monkeypatch.setattr(module, "ENDED_KEPT_MAX", 2)
    monkeypatch.setattr(module, "TRADES_KEPT_MAX", 1)
    on, name = with_order()
    row = replace(on.orders[name], state=OrderState.FILLED)
    older, newer, missing = (replace(row, client_order_id=f"t-{n}") for n in range(3))
    on.recall([older, newer])
    on.recall_trades({"1": "t-a"})

    on.recall([missing])
    on.recall_trades({"2": "t-a"})

    assert {"t-0", "t-1", "t-2"} < set(on.orders)
    assert on.is_booked("1")
    assert on.is_booked("2")


def test_what_changed_is_told_once():
    on, _ = with_order()

    assert (on.take_touched(), on.take_touched()) == (["BTC_TRY"], [])


def test_a_level_changes_the_states_of_its_scope():
    on = books(TRY=1)
    on.recall(CursorRow(instrument=name, since_ms=0) for name in ("BTC_TRY", "ETH_TRY"))
    on.take_touched()

    on.recall([halt(Scope.INSTRUMENT, "ETH_TRY", "x", 0)])
    one = on.take_touched()
    on.recall([halt(Scope.DESK, "", "x", 0)])

    assert (one, on.take_touched()) == (["ETH_TRY"], ["BTC_TRY", "ETH_TRY"])


def test_every_entry_has_its_place_in_the_journal():
    on = Books(seq=41)

    Draft(on, at_ms=NOW_MS).write("Nothing", "desk", {})

    assert on.seq == 42


def test_a_transfer_that_creates_money_ends_the_process():
    draft = Draft(books(TRY=1), at_ms=NOW_MS)

    with pytest.raises(InvariantBroken, match="does not balance"):
        draft.transfer("x", [Leg("free", "TRY", Amount(1))])


def test_a_hold_given_back_twice_ends_the_process():
    draft = Draft(books(TRY=1), at_ms=NOW_MS)

    with pytest.raises(InvariantBroken, match="given back twice"):
        draft.transfer("x", set_aside("TRY", Amount(-1)))


def test_two_transfers_of_one_entry_see_each_other():
    on = books(TRY=10)
    draft = Draft(on, at_ms=NOW_MS)

    draft.transfer("a", set_aside("TRY", Amount(3)))
    draft.transfer("b", set_aside("TRY", Amount(4)))
    draft.write("Twice", "desk", {})

    assert (on.balance("free", "TRY"), on.balance("held", "TRY")) == (3, 7)


def test_the_version_rises_once_for_one_entry():
    on = books(TRY=10, version=5)
    draft = Draft(on, at_ms=NOW_MS)

    rows = [draft.raise_version("BTC_TRY"), draft.raise_version("BTC_TRY")]

    assert [row.version for row in rows] == [6, 6]
