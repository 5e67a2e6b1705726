"""What SQLite, its Python module and peewee really do to the unwary, and that our way is safe.

Each test shows the edge with the installed versions; the store is built around these.
"""

import fcntl
import os
import sqlite3
import subprocess
import sys
import threading
import time

import peewee
import pytest

pytestmark = [
    pytest.mark.contract,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded"),
]

LONG = "12345678901.123456789012345678"


def connect(path, **given):
    connection = sqlite3.connect(path, isolation_level=None, **given)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def read_only(path, *, query_only=True):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    if query_only:
        connection.execute("PRAGMA query_only = 1")
    return connection


@pytest.fixture
def path(run_dir):
    """A database in WAL mode with one table of one row; its writer is closed."""
    writer = connect(run_dir / "a.db")
    writer.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) STRICT")
    writer.execute("INSERT INTO t VALUES ('a', '1')")
    writer.close()
    return run_dir / "a.db"


@pytest.fixture
def writer(path):
    connection = connect(path)
    yield connection
    connection.close()


def test_decimal_field_keeps_a_binary_fraction():
    class Money(peewee.Model):
        amount = peewee.DecimalField(max_digits=40, decimal_places=18, auto_round=True)

    database = peewee.SqliteDatabase(":memory:")
    with database.bind_ctx([Money]):
        database.create_tables([Money])
        database.execute_sql("INSERT INTO money (amount) VALUES (?)", (LONG,))
        kind = database.execute_sql("SELECT typeof(amount) FROM money").fetchone()
        stored = database.execute_sql("SELECT printf('%.12f', amount) FROM money").fetchone()
        database.close()

    assert kind == ("real",)
    assert stored[0] != LONG[: len(stored[0])]


def test_strict_text_takes_a_float_and_stores_another_number(writer):
    writer.execute("INSERT INTO t VALUES ('b', ?)", (0.1 + 0.2,))

    assert writer.execute("SELECT v FROM t WHERE k = 'b'").fetchone() == ("0.3",)


def test_sum_over_text_is_a_float(writer):
    writer.execute("INSERT INTO t VALUES ('b', ?), ('c', ?)", (LONG, LONG))

    [total] = writer.execute("SELECT sum(v) FROM t").fetchone()

    assert isinstance(total, float)


def test_save_with_a_key_of_ones_own_updates_nothing_and_says_so_only_by_count():
    class Kept(peewee.Model):
        name = peewee.TextField(primary_key=True)
        value = peewee.TextField()

    database = peewee.SqliteDatabase(":memory:")
    with database.bind_ctx([Kept]):
        database.create_tables([Kept])
        changed = Kept(name="x", value="1").save()
        found = Kept.select().count()
        database.close()

    assert (changed, found) == (0, 0)


@pytest.mark.parametrize("automatic", [True, False])
def test_autoconnect_opens_one_more_connection_per_thread(path, automatic):
    database = peewee.SqliteDatabase(path, autoconnect=automatic)
    database.connect()
    told = []

    def ask():
        try:
            told.append(database.execute_sql("SELECT 1").fetchone())
            database.close()
        except peewee.InterfaceError as no:
            told.append(str(no))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    database.close()

    assert told == ([(1,)] if automatic else ["Error, database connection not opened."])


def test_plain_atomic_is_a_deferred_begin_and_cannot_be_upgraded(path, writer):
    database = peewee.SqliteDatabase(path, timeout=5, autoconnect=False)
    database.connect()
    began = time.monotonic()

    with database.atomic() as transaction:
        database.execute_sql("SELECT * FROM t").fetchall()
        writer.execute("INSERT INTO t VALUES ('b', '2')")
        with pytest.raises(peewee.OperationalError, match="locked"):
            database.execute_sql("INSERT INTO t VALUES ('c', '3')")
        transaction.rollback()
    database.close()

    assert time.monotonic() - began < 1  # at once, whatever the time-out


def test_immediate_transaction_holds_what_it_saw(path, writer):
    database = peewee.SqliteDatabase(path, timeout=0, autoconnect=False)
    database.connect()

    with database.atomic("IMMEDIATE"):
        writer.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.execute("BEGIN IMMEDIATE")
        database.execute_sql("INSERT INTO t VALUES ('c', '3')")
    database.close()

    assert writer.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_integrity_error_caught_inside_atomic_commits_the_rest(path):
    database = peewee.SqliteDatabase(path, autoconnect=False)
    database.connect()
    with database.atomic():
        database.execute_sql("INSERT INTO t VALUES ('b', '2')")
        with pytest.raises(peewee.IntegrityError):
            database.execute_sql("INSERT INTO t VALUES ('a', '9')")
        database.execute_sql("INSERT INTO t VALUES ('c', '3')")

    kept = database.execute_sql("SELECT k FROM t ORDER BY k").fetchall()
    database.close()

    assert kept == [("a",), ("b",), ("c",)]


def test_full_disk_rolls_back_everything_and_leaves_autocommit_on(writer):
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO t VALUES ('b', '2')")
    writer.execute("SAVEPOINT inner")

    with pytest.raises(sqlite3.OperationalError) as no:
        writer.execute("INSERT INTO t VALUES ('c', ?)", ("x" * 100_000,))

    assert no.value.sqlite_errorname == "SQLITE_FULL"
    assert not writer.in_transaction
    assert writer.execute("SELECT k FROM t").fetchall() == [("a",)]


@pytest.mark.parametrize("recursive", [0, 1])
def test_replace_walks_past_triggers_that_are_not_recursive(writer, recursive):
    writer.execute("CREATE TRIGGER stays BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'no'); END")
    writer.execute(f"PRAGMA recursive_triggers = {recursive}")
    replace = "INSERT OR REPLACE INTO t VALUES ('a', '2')"

    if recursive:
        with pytest.raises(sqlite3.IntegrityError, match="no"):
            writer.execute(replace)
    else:
        writer.execute(replace)

    expected = "1" if recursive else "2"
    assert writer.execute("SELECT v FROM t").fetchone() == (expected,)


def test_reader_cannot_checkpoint_change_the_mode_or_write(path, writer):
    writer.execute("INSERT INTO t VALUES ('b', '2')")
    reader = read_only(path, query_only=False)

    for sql, said in (
        ("PRAGMA wal_checkpoint", "disk I/O error|readonly"),
        ("PRAGMA journal_mode = DELETE", "disk I/O error|readonly"),
        ("INSERT INTO t VALUES ('c', '3')", "readonly"),
    ):
        with pytest.raises(sqlite3.OperationalError, match=said):
            reader.execute(sql).fetchall()
    reader.close()


def test_opening_to_read_makes_the_log_files_where_they_are_missing(path):
    assert {one.name for one in path.parent.iterdir()} == {"a.db"}
    reader = read_only(path)
    reader.execute("SELECT * FROM t").fetchall()

    assert {one.name for one in path.parent.iterdir()} == {"a.db", "a.db-wal", "a.db-shm"}
    reader.close()


@pytest.mark.parametrize(("query_only", "works"), [(True, False), (False, True)])
def test_vacuum_into_needs_the_guard_off_and_backup_does_not(path, query_only, works):
    reader = read_only(path, query_only=query_only)
    into = f"VACUUM INTO '{path.parent / 'v.db'}'"

    if works:
        reader.execute(into)
    else:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute(into)
    copy = sqlite3.connect(path.parent / "b.db")
    reader.backup(copy, pages=-1)
    reader.close()

    assert copy.execute("SELECT k FROM t").fetchall() == [("a",)]
    assert copy.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    copy.close()


def test_backup_in_steps_starts_over_at_each_foreign_commit(path, writer):
    writer.execute("INSERT INTO t VALUES ('b', ?)", ("x" * 400_000,))
    reader = read_only(path)
    copy = sqlite3.connect(":memory:")
    left = []

    def step(_status, remaining, _total):
        left.append(remaining)
        if len(left) == 3:
            writer.execute("INSERT INTO t VALUES ('c', '3')")

    reader.backup(copy, pages=20, progress=step)
    reader.close()
    copy.close()

    assert left[3] > left[2]


@pytest.mark.parametrize(("looks", "log_left"), [("writable", False), ("read-only", True)])
def test_writable_look_that_closes_last_takes_the_log_away(run_dir, looks, log_left):
    path = run_dir / "a.db"
    crashed = os.fork()
    if crashed == 0:
        writer = connect(path)
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("CREATE TABLE t (k)")
        os._exit(0)
    os.waitpid(crashed, 0)
    log = path.with_name("a.db-wal")
    assert log.stat().st_size > 0

    connection = sqlite3.connect(path) if looks == "writable" else read_only(path)
    connection.execute("SELECT * FROM t").fetchall()
    connection.close()

    assert log.exists() == log_left


def test_truncating_behind_a_reader_waits_for_the_time_out_and_says_busy(path, writer):
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO t VALUES ('b', '2')")
    writer.execute("PRAGMA busy_timeout = 120")
    reader = read_only(path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()
    began = time.monotonic()

    busy, _, _ = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    waited = time.monotonic() - began
    passive, _, _ = writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    reader.close()

    assert (busy, passive) == (1, 0)
    assert waited >= 0.1


def test_long_reader_keeps_the_log_growing(path, writer):
    log = path.with_name("a.db-wal")
    sizes = {}
    for held in (False, True):
        reader = read_only(path)
        if held:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM t").fetchall()
        for _ in range(8):
            writer.execute("UPDATE t SET v = ? WHERE k = 'a'", (os.urandom(40_000).hex(),))
            writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
        sizes[held] = log.stat().st_size
        reader.close()

    assert sizes[True] > 3 * sizes[False]


def another_could_write(path):
    """Whether a process of its own gets the write lock now; a fork would share our locks."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None);"
        " c.execute('BEGIN IMMEDIATE')"
    )
    tried = subprocess.run([sys.executable, "-SEc", code, path], capture_output=True, check=False)
    return tried.returncode == 0


def test_closing_another_handle_of_the_file_drops_sqlites_lock(run_dir):
    path = run_dir / "a.db"
    owner = sqlite3.connect(path, isolation_level=None)
    owner.execute("CREATE TABLE t (k)")
    owner.execute("BEGIN IMMEDIATE")
    locked_before = not another_could_write(path)

    path.open("rb").close()

    assert locked_before
    assert another_could_write(path)
    owner.close()


def test_flock_on_a_file_of_its_own_survives_that(run_dir):
    path = run_dir / "store.lock"
    held = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)

    path.open("rb").close()

    other = os.open(path, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
    os.close(held)


def test_pragmas_are_per_connection_and_off_until_set(path):
    first = connect(path)
    first.execute("PRAGMA foreign_keys = 1")
    first.execute("PRAGMA recursive_triggers = 1")
    first.execute("PRAGMA synchronous = NORMAL")
    second = sqlite3.connect(path)

    found = [
        second.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("foreign_keys", "recursive_triggers", "synchronous", "query_only")
    ]
    first.close()
    second.close()

    assert found == [0, 0, 2, 0]


def test_pragma_that_sqlite_does_not_know_is_silence(writer):
    assert writer.execute("PRAGMA synchronus = FULL").fetchall() == []


def test_keys_of_several_columns_are_looked_up_by_scanning():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID")

    plan = [
        connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM t WHERE {where}").fetchone()[3]
        for where in ("(a, b) IN (VALUES ('x', 1), ('y', 2))", "a IN ('x', 'y')")
    ]
    connection.close()

    assert plan[0].startswith("SCAN t")
    assert plan[1].startswith("SEARCH t")
