"""Reading the books of a desk that is stopped, and verifying them."""

import shutil
import sqlite3

import pytest
from msgspec.structs import replace

from actors.runtime.clock import SystemClock
from messages.money import amount
from messages.orders import OrderState
from scripts.bench.entries import OPENING, Ledger
from store.identity import Identity
from store.open import STORE_FILE
from store.rows import EXTERNAL, FREE, BalanceRow, Entry, OrderRow, PostingRow
from store.writer import Writer
from tests.scripts.commands import btcbot, here

ORDERS = 3
CUT, NOTHING, OTHER_ROWS = b"\x81\xa1a", b"\xc0", b"\x92\x80\x91\x92\xa7posting\x91\x01"
IDENTITY = Identity(mode="live", base_url="https://venue.example", key_hash="")


def opened(free):
    """The entry that puts money into the books."""
    rows = [
        PostingRow(transfer="opening:TRY", leg=0, account=EXTERNAL, asset="TRY", amount=-free),
        PostingRow(transfer="opening:TRY", leg=1, account=FREE, asset="TRY", amount=free),
        BalanceRow(account=EXTERNAL, asset="TRY", amount=amount(-free)),
        BalanceRow(account=FREE, asset="TRY", amount=free),
    ]
    return Entry(kind="Opened", subject="", at_ms=1, cause={}, rows=tuple(rows))


def reconciled(venue, phase="STOPPING"):
    return Entry(
        kind="Reconciled",
        subject="desk",
        at_ms=10**13,
        cause={"clean": True, "phase": phase, "differences": [], "unclear": [], "venue": venue},
        rows=(),
    )


def agreed(free="999999999999100", base="0.0003"):
    return {
        "TRY": {"free": free, "held": "0", "withdrawing": "0"},
        "BTC": {"free": base, "held": "0", "withdrawing": "0"},
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with three filled orders and no comparison; nobody may change it."""
    run_dir = tmp_path_factory.mktemp("filled")
    with Writer.open(run_dir, IDENTITY, SystemClock()) as writer:
        writer.append([opened(OPENING), *Ledger(writer.lineage).pairs(ORDERS)])
    return run_dir


@pytest.fixture
def store(filled, tmp_path):
    """A copy to change."""
    return shutil.copytree(filled, tmp_path / "var")


def add(run_dir, *entries):
    with Writer.open(run_dir, IDENTITY, SystemClock()) as writer:
        writer.append(list(entries))


def test_orders_are_one_json_document_in_the_words_of_the_desk(filled):
    [newest, *_] = found = btcbot("orders", "--json", run_dir=filled).document

    assert len(found) == ORDERS
    assert newest["instrument"] == "BTC_TRY"
    assert (newest["side"], newest["quantity"], newest["price"]) == ("buy", "0.0001", "3000000")
    assert (newest["state"], newest["filled_quantity"]) == ("FILLED", "0.0001")
    assert newest["venue_order_id"] == ORDERS
    assert newest["strategy"] == "mean_reversion"


def test_limit_takes_the_newest_and_all_takes_all(filled):
    limited = here("fills", "--json", "--limit", 2, run_dir=filled).document
    every = here("fills", "--json", "--all", run_dir=filled).document

    assert [one["trade_id"] for one in limited] == ["3", "2"]
    assert [one["trade_id"] for one in every] == ["3", "2", "1"]


def test_nothing_is_alive_after_all_was_filled(filled):
    assert here("orders", "--alive", "--json", run_dir=filled).document == []
    assert "orders: none" in here("orders", "--alive", run_dir=filled).out


def test_positions_and_balances_are_the_sums(filled):
    [position] = here("positions", "--json", run_dir=filled).document
    balances = {one["asset"]: one for one in here("balances", "--json", run_dir=filled).document}

    assert (position["position"], position["cost"]) == ("0.0003", "900")
    assert balances["BTC"]["total"] == "0.0003"
    assert balances["TRY"]["free"] == "999999999999100"


@pytest.mark.parametrize("command", ["orders", "fills", "positions", "balances", "decisions"])
def test_tables_for_people_hold_what_the_documents_hold(command, filled):
    done = here(command, run_dir=filled)

    assert done.code == 0
    assert command in done.out
    assert "BTC" in done.out


def test_explain_tells_the_newest_order_from_quote_to_books(filled):
    story = here("explain", "last", run_dir=filled).out

    for told in (
        "buy 0.0001 BTC_TRY at 3000000: FILLED",
        "bid 3000000 ask 3000500",
        "MEAN_REVERSION_BUY",
        "cap CASH_TARGET leaves 24650.5",
        "passed CHECK_0: 12.5 against 3000",
        "fill 3: 0.0001 at 3000000",
        "free BTC +0.0001",
        "free TRY -300",
    ):
        assert told in story


def test_order_is_found_by_its_id_its_beginning_and_the_venues_id(filled):
    name = here("orders", "--json", run_dir=filled).document[0]["client_order_id"]

    told = [
        here("explain", said, "--json", run_dir=filled).document["order"]["client_order_id"]
        for said in (name, name[:15], "3")
    ]

    assert told == [name] * 3


def test_beginning_that_fits_several_orders_names_them(filled):
    done = here("explain", "bench-", run_dir=filled)

    assert done.code == 2
    assert done.err.count("bench-") == ORDERS + 1


def test_order_that_is_not_there_is_a_no(filled):
    done = here("explain", "nobody", run_dir=filled)

    assert (done.code, done.out) == (1, "")


def test_verify_of_agreeing_books_passes_against_the_last_comparison(store):
    add(store, reconciled(agreed()))

    done = here("verify", "--json", run_dir=store)

    assert done.code == 0
    assert done.document["venue"] == "last_reconcile"
    assert done.document["ok"] is True
    assert done.document["differences"] == []


@pytest.mark.parametrize(("free", "ok"), [("999999999999099", 1), ("999999999999100.1", 1)])
def test_verify_names_the_asset_that_differs(free, ok, store):
    add(store, reconciled(agreed(free=free)))

    done = here("verify", "--json", run_dir=store)

    assert done.code == ok
    [line] = done.document["differences"]
    assert line == f"TRY total: books 999999999999100, venue {free}"


def test_books_that_were_never_compared_are_no_pass(filled):
    done = here("verify", run_dir=filled)

    assert done.code == 1
    assert "never compared" in done.out


def test_verify_finds_a_row_that_was_changed_by_hand(store):
    add(store, reconciled(agreed()))
    with sqlite3.connect(store / STORE_FILE) as connection:
        connection.execute("UPDATE balance SET amount = '1' WHERE asset = 'BTC'")
    connection.close()

    done = here("verify", "--json", run_dir=store)

    assert done.code == 1
    assert done.document["difference_count"] >= 1


def test_verify_changes_nothing(store):
    add(store, reconciled(agreed()))
    before = (store / STORE_FILE).read_bytes()

    here("verify", run_dir=store)

    assert (store / STORE_FILE).read_bytes() == before


def test_unknown_order_fails_the_verification_and_is_listed(store):
    with Writer.open(store, IDENTITY, SystemClock()) as writer:
        ledger = Ledger("another")
        order = ledger.accepted()
        writer.append([reconciled(agreed()), _unknown(order)])

    done = here("verify", "--json", run_dir=store)

    assert done.code == 1
    assert [one["client_order_id"] for one in done.document["unknown_orders"]] == [order.subject]


def _unknown(entry):
    rows = [
        replace(row, state=OrderState.UNKNOWN) for row in entry.rows if isinstance(row, OrderRow)
    ]
    return replace(entry, rows=tuple(rows))


def test_store_of_a_newer_version_is_refused_with_78(store):
    with sqlite3.connect(store / STORE_FILE) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    done = here("orders", run_dir=store)

    assert (done.code, done.out) == (78, "")
    assert "NEWER_STORE" in done.err


def damaged(store, body):
    """A store with every body of its journal overwritten, by somebody who knows of the triggers."""
    with sqlite3.connect(store / STORE_FILE) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE journal SET body = ?", [body])
    raw.close()
    return store


@pytest.mark.parametrize("body", [CUT, NOTHING, OTHER_ROWS])
def test_journal_that_cannot_be_read_is_told_by_verify(store, body):
    done = here("verify", run_dir=damaged(store, body))

    assert done.code == 1
    assert "JOURNAL" in done.out
    assert "FAIL" in done.out


@pytest.mark.parametrize("body", [CUT, NOTHING])
def test_order_whose_entry_cannot_be_read_is_no_traceback(store, body):
    done = here("explain", "last", run_dir=damaged(store, body))

    assert done.code == 1
    assert "btcbot verify" in done.err
