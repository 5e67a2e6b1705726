"""What one append does, what it refuses, and what the writer recalls."""

import sqlite3

import pytest
from msgspec.structs import replace

from messages.money import Amount
from messages.orders import OrderState
from store import journal
from store.failures import StoreContradicted, StoreFailed
from store.fold import differences, fold
from store.journal import entry_of, link_of
from store.open import STORE_FILE
from store.readers import Reader
from store.rows import BalanceRow, CursorRow, DayRow, Entry, MetaRow
from tests.store.history import everything_in, opened, rich


def entry(*rows, kind="Test", subject="x"):
    return Entry(kind=kind, subject=subject, at_ms=1, cause={}, rows=rows)


def cursor(value, instrument="BTC_TRY"):
    return CursorRow(instrument=instrument, since_ms=value)


@pytest.fixture
def writer(run_dir):
    writer = opened(run_dir)
    yield writer
    writer.close()


def test_entries_are_chained_in_order(writer, run_dir):
    history, opening = rich()

    writer.append([opening, *history.traded(2)])
    head = writer.append(list(history.traded(1)))

    with Reader.open(run_dir) as reader:
        lines = reader.journal_since(0, 100)
    before = b""
    for seq, line in enumerate(lines, start=1):
        assert line.seq == seq
        assert line.hash == link_of(line, before)
        before = line.hash
    assert (head.seq, head.hash) == (len(lines), before.hex())


def test_entry_is_read_back_as_it_was_said(writer, run_dir):
    history, opening = rich()
    said = [opening, *history.traded(1)]

    writer.append(said)

    with Reader.open(run_dir) as reader:
        read = [entry_of(line) for line in reader.journal_since(1, 100)]
    assert [(one.kind, one.subject, one.at_ms, one.cause) for one in read] == [
        (one.kind, one.subject, one.at_ms, one.cause) for one in said
    ]
    assert differences(fold(said), fold(read)) == []


def test_tables_are_the_fold_of_what_was_appended(writer, run_dir):
    history, opening = rich()
    said = [opening, *history.traded(3), history.accept(), history.level("PAUSED")]

    for start in range(0, len(said), 4):
        writer.append(said[start : start + 4])

    everything = everything_in(run_dir)
    for key in list(everything.meta):
        if key != "last_stamp_ms":
            del everything.meta[key]
    assert differences(fold(said), everything) == []


def test_last_row_of_a_key_stands_whichever_entry_brought_it(writer):
    writer.append([entry(cursor(1), cursor(2)), entry(cursor(3)), entry(cursor(4, "ETH_TRY"))])

    loaded = writer.load()

    assert {key: row.since_ms for key, row in loaded.cursors.items()} == {
        "BTC_TRY": 3,
        "ETH_TRY": 4,
    }


def test_nothing_to_append_is_nothing(writer):
    head = writer.head

    assert writer.append([]) == head


@pytest.mark.parametrize("wrong", [0.5, 1, "1"])
def test_entry_that_cannot_be_written_begins_nothing(writer, wrong):
    head = writer.head
    bad = entry(BalanceRow(account="free", asset="TRY", amount=wrong))

    with pytest.raises(TypeError):
        writer.append([entry(cursor(1)), bad])

    assert writer.head == head
    assert writer.load().cursors == {}
    assert writer.append([entry(cursor(1))]).seq == head.seq + 1


@pytest.mark.parametrize(("length", "taken"), [(999_900, True), (1_000_001, False)])
def test_entry_that_could_not_be_read_back_is_not_written(writer, run_dir, length, taken):
    long = entry(MetaRow(key="k", value="x" * length))

    if taken:
        writer.append([long])
        with Reader.open(run_dir) as reader:
            assert entry_of(reader.journal_since(1, 1)[0]).rows == long.rows
    else:
        with pytest.raises(journal.EntryTooLong, match="at most 1000000"):
            writer.append([long])


def test_posting_is_booked_once(writer):
    opening = rich()[1]
    writer.append([opening])

    with pytest.raises(StoreContradicted, match="append of 1 entries") as no:
        writer.append([replace(opening, at_ms=7)])

    assert no.value.exit_code == 72


def test_contradiction_takes_the_whole_append_with_it_and_the_writer_too(writer, run_dir):
    opening = rich()[1]
    writer.append([opening])

    with pytest.raises(StoreContradicted):
        writer.append([entry(cursor(1)), opening])
    with pytest.raises(StoreContradicted):
        writer.append([entry(cursor(1))])

    with Reader.open(run_dir) as reader:
        assert reader.load().cursors == {}
        assert reader.head() == writer.head


@pytest.mark.parametrize("table", ["journal", "intent", "fill", "posting", "record"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET seq = seq", "DELETE FROM {}"])
def test_what_was_said_stays_said(writer, table, verb):
    history, opening = rich()
    writer.append([opening, *history.traded(1), history.records("b", {"a": 1})])

    with pytest.raises(sqlite3.IntegrityError, match="only"):
        writer._connection.execute(verb.format(table))


def test_replace_does_not_walk_past_the_triggers(writer):
    writer.append([rich()[1]])

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        writer._connection.execute(
            "INSERT OR REPLACE INTO journal SELECT seq, 9, at_ms, kind, subject, body, hash"
            " FROM journal WHERE seq = 1"
        )


def test_each_open_begins_an_epoch_and_the_lineage_stays(run_dir):
    seen = []
    for _ in range(3):
        with opened(run_dir) as writer:
            seen.append((writer.epoch, writer.lineage, writer.head.seq))

    assert [epoch for epoch, _, _ in seen] == [1, 2, 3]
    assert [seq for _, _, seq in seen] == [1, 2, 3]
    assert len({lineage for _, lineage, _ in seen}) == 1
    assert len(seen[0][1]) == 16


def test_two_stores_have_two_lineages(run_dir):
    with opened(run_dir / "a") as one, opened(run_dir / "b") as other:
        assert one.lineage != other.lineage


def test_writer_of_an_old_epoch_writes_nothing(writer):
    writer._connection.execute("UPDATE meta SET value = '2' WHERE key = 'epoch'")

    with pytest.raises(StoreContradicted, match="at epoch 2, this writer at 1") as no:
        writer.append([entry(cursor(1))])

    assert no.value.exit_code == 72
    assert writer.load().cursors == {}


def test_load_brings_what_is_alive_and_leaves_what_is_over(writer):
    history, opening = rich()
    writer.append([opening, *history.traded(5), history.accept(), history.accept()])
    alive = history.names
    writer.append([history.live(alive[0]), history.fill(alive[0], "0.0004")])
    writer.append([history.level("PAUSED"), entry(*days(10))])

    loaded = writer.load()

    assert list(loaded.orders) == alive
    assert loaded.orders[alive[0]] == history.orders[alive[0]]
    assert [row.client_order_id for row in loaded.intents.values()] == alive
    assert {key: row.amount for key, row in loaded.balances.items()} == history.balances
    assert len(loaded.positions) == 1
    assert [row.level for row in loaded.levels.values()] == ["PAUSED"]
    assert list(loaded.days) == [f"2026-03-{day:02}" for day in range(4, 11)]
    assert (loaded.fills, loaded.postings, loaded.http) == ({}, {}, {})


def days(count):
    zero = Amount(0)
    return [
        DayRow(
            day=f"2026-03-{day:02}",
            baseline=None,
            realised=zero,
            fees=zero,
            flows=zero,
            equity=None,
            peak=None,
        )
        for day in range(1, count + 1)
    ]


def test_what_is_over_is_recalled_by_name(writer):
    history, opening = rich()
    entries = [opening, *history.traded(2), history.records("b-1", {"a": 1}, {"a": 2})]
    writer.append(entries)
    fold_of_all = fold(entries)
    order = next(iter(fold_of_all.orders.values()))
    names = list(fold_of_all.orders)

    assert writer.orders([*names, "bb-unknown"]) == fold_of_all.orders
    assert writer.orders_by_venue_id([order.venue_order_id, 5])[order.venue_order_id] in (
        fold_of_all.orders.values()
    )
    assert set(writer.intents([order.intent_id, "no"])) == {order.intent_id}
    assert writer.known_fills([*fold_of_all.fills, "t-unknown"]) == {
        trade_id: row.client_order_id for trade_id, row in fold_of_all.fills.items()
    }
    assert writer.known_batches(["b-1", "b-2"]) == {"b-1"}
    assert writer.orders([]) == {}


def test_more_names_than_one_query_takes_are_all_looked_up(writer):
    history, opening = rich()
    writer.append([opening, history.accept()])
    [name] = history.names

    found = writer.orders([*(f"bb-{number}" for number in range(1_700)), name])

    assert list(found) == [name]


def test_checkpoint_empties_the_log_where_no_reader_is_in_the_way(writer, run_dir):
    history, opening = rich()
    writer.append([opening, *history.traded(10)])
    assert writer.checkpoint() == 0

    with Reader.open(run_dir) as reader, reader.snapshot():
        reader.head()
        writer.append(list(history.traded(10)))
        behind = writer.checkpoint()

    assert behind > 0
    assert writer.checkpoint() == 0


def test_log_is_emptied_even_when_nobody_asks(writer, run_dir, monkeypatch):
    monkeypatch.setattr("store.writer.LOG_PAGES_MAX", 40)
    history, opening = rich()
    log = run_dir / f"{STORE_FILE}-wal"
    writer.append([opening])
    for _ in range(6):
        writer.append(list(history.traded(1)))
    grown = log.stat().st_size

    for _ in range(60):
        writer.append(list(history.traded(1)))

    assert log.stat().st_size < 2 * grown
    assert writer.log_pages <= 40


def test_close_leaves_one_file_and_what_tells_about_it(run_dir):
    history, opening = rich()
    writer = opened(run_dir)
    writer.append([opening, *history.traded(10)])

    writer.close()
    writer.close()

    left = sorted(path.name for path in run_dir.iterdir())
    assert left == ["store.lock", "store.seen", STORE_FILE]


def test_history_costs_the_hot_path_nothing(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(40)])
        few = steps(writer, history)
        for _ in range(8):
            writer.append(list(history.traded(60)))
        many = steps(writer, history)

    for what, cost in many.items():
        assert cost <= few[what] * 1.2 + 40, what


def steps(writer, history):
    """How many steps SQLite's machine needs for each thing the executor asks."""
    connection = writer._connection
    order = history.accept()
    cost = {}

    def count(what, call):
        ticks = [0]
        connection.set_progress_handler(lambda: ticks.__setitem__(0, ticks[0] + 1), 1)
        call()
        connection.set_progress_handler(None, 0)
        cost[what] = ticks[0]

    count("append", lambda: writer.append([order]))
    name = history.names[-1]
    count("load", writer.load)
    count("orders", lambda: writer.orders([name, "bb-no"]))
    count("venue", lambda: writer.orders_by_venue_id([9_000_001, 3]))
    count("fills", lambda: writer.known_fills(["t1", "t2"]))
    count("batches", lambda: writer.known_batches(["b1"]))
    count("intents", lambda: writer.intents([history.orders[name].intent_id]))
    writer.append([history.end(name, OrderState.NOT_SENT)])
    history.orders.pop(name)
    return cost


def test_failure_that_is_not_ours_ends_the_writer_with_the_disks_code(writer):
    writer._connection.execute("DROP TABLE cursor")

    with pytest.raises(StoreFailed) as no:
        writer.append([entry(cursor(1))])

    assert no.value.exit_code == 71
