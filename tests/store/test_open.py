"""Which file is opened as a store, how, and what is said when it is not."""

import os
import sqlite3
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from store.failures import StoreFailed, StoreRefused
from store.files import network_type
from store.identity import Host
from store.migrate import migrations
from store.open import READER, STORE_FILE, WRITER, gate, raw, reader_database, writer_database
from store.readers import Reader
from store.verify import verify
from tests.store.history import IDENTITY, opened, rich, tamper

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:35 / /srv/far rw,relatime shared:2 - nfs4 far:/x rw
41 40 0:36 / /srv/far/near rw,relatime shared:3 - tmpfs tmpfs rw
42 22 0:37 / /srv/with\\040space rw - cifs //a/b rw
43 22 0:38 / /srv/home rw - fuse.sshfs me@far:/ rw
44 22 0:39 / /srv/vm rw - virtiofs v rw
"""


def pragmas(connection, expected):
    return [(name, connection.execute(f"PRAGMA {name}").fetchone()[0]) for name, _, _ in expected]


def test_writer_has_every_pragma(run_dir):
    database = writer_database(run_dir / STORE_FILE)

    found = pragmas(raw(database), WRITER)
    database.close()

    assert found == [(name, value) for name, _, value in WRITER]
    assert dict(found)["synchronous"] == 2
    assert dict(found)["wal_autocheckpoint"] == 0


def test_reader_has_every_pragma_and_cannot_write(run_dir):
    opened(run_dir).close()
    database = reader_database(run_dir / STORE_FILE)

    found = pragmas(raw(database), READER)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        raw(database).execute("DELETE FROM meta")
    database.close()

    assert found == [(name, value) for name, _, value in READER]


@pytest.mark.parametrize(
    "content", [b"this is a text file, not a database\n" * 40, b"SQLite format 3"]
)
def test_file_that_is_no_database_is_refused_by_name(run_dir, content):
    (run_dir / STORE_FILE).write_bytes(content)

    with pytest.raises(StoreRefused, match="not an SQLite database") as no:
        opened(run_dir)

    assert (no.value.code, no.value.exit_code) == ("NOT_A_STORE", 78)
    assert (run_dir / STORE_FILE).read_bytes() == content


def test_database_of_something_else_is_refused(run_dir):
    foreign = sqlite3.connect(run_dir / STORE_FILE)
    foreign.execute("CREATE TABLE mine (a)")
    foreign.close()

    with pytest.raises(StoreRefused, match="no store of a desk") as no:
        opened(run_dir)

    assert no.value.exit_code == 78


def test_second_writer_is_refused_while_the_first_lives(run_dir):
    first = opened(run_dir)

    with pytest.raises(StoreRefused, match=f"written by process {os.getpid()}") as no:
        opened(run_dir)
    first.append([rich()[1]])
    first.close()

    assert (no.value.code, no.value.exit_code) == ("IN_USE", 71)
    opened(run_dir).close()


def test_lock_of_another_tool_is_told_apart(run_dir):
    opened(run_dir).close()
    other = sqlite3.connect(run_dir / STORE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreRefused, match="somebody else writes") as no:
        opened(run_dir)
    other.execute("ROLLBACK")
    other.close()

    assert no.value.code == "IN_USE"
    opened(run_dir).close()


@pytest.fixture
def nobody():
    """A function that takes away root's right to write anywhere, until the test ends."""
    if os.geteuid() == 0:
        yield lambda: os.seteuid(65534)
        os.seteuid(0)
    else:
        yield lambda: None


@pytest.fixture
def open_dir():
    """A run directory that any user may enter."""
    path = Path(tempfile.mkdtemp(prefix="btcbot-"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    for file in path.iterdir():
        file.unlink()
    path.rmdir()


def test_read_only_directory_is_refused(open_dir, nobody):
    open_dir.chmod(0o555)
    nobody()

    with pytest.raises(StoreRefused, match="Permission denied") as no:
        opened(open_dir)

    assert (no.value.code, no.value.exit_code) == ("READ_ONLY", 71)


def test_read_only_file_is_refused(open_dir, nobody):
    opened(open_dir).close()
    (open_dir / STORE_FILE).chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    (open_dir / "store.lock").chmod(0o666)
    open_dir.chmod(0o777)
    nobody()

    with pytest.raises(StoreRefused, match="cannot be written") as no:
        opened(open_dir)

    assert no.value.code == "READ_ONLY"


def test_full_disk_fails_the_append_and_keeps_what_was_there(run_dir):
    history, opening = rich()
    writer = opened(run_dir)
    writer.append([opening])
    pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer._connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StoreFailed, match="the disk is full") as no:
        fill_up(writer, history)
    with pytest.raises(StoreFailed, match="the disk is full"):
        writer.append(list(history.traded(1)))
    head = writer.head
    writer.close()

    assert (no.value.code, no.value.exit_code) == ("DISK_FULL", 71)
    with opened(run_dir) as again:
        assert again.head.seq == head.seq + 1
    with Reader.open(run_dir) as reader:
        assert verify(reader).count == 0


def fill_up(writer, history):
    for _ in range(100):
        writer.append(list(history.traded(1)))


def test_damaged_journal_is_refused(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(4)])
    tamper(run_dir, "UPDATE journal SET body = zeroblob(length(body)) WHERE seq = 9")

    with pytest.raises(StoreRefused, match=r"entry 9 of the journal .* restore a backup") as no:
        opened(run_dir)

    assert (no.value.code, no.value.exit_code) == ("CORRUPT", 71)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mode", "live"), ("base_url", "https://api.btcturk.com"), ("key_hash", "abcd")],
)
def test_store_of_another_desk_is_refused(run_dir, field, value):
    opened(run_dir).close()
    other = type(IDENTITY)(
        **{"mode": "sim", "base_url": IDENTITY.base_url, "key_hash": ""} | {field: value}
    )

    with pytest.raises(StoreRefused, match=f"made with {field}") as no:
        opened(run_dir, identity=other)

    assert (no.value.code, no.value.exit_code) == ("OTHER_IDENTITY", 78)
    with opened(run_dir) as writer:
        assert writer.epoch == 2


@pytest.mark.parametrize(
    ("machine", "opens"),
    [("m1", True), ("m2", False), ("", True)],
    ids=["same", "other", "unknown"],
)
def test_store_stays_on_its_machine(run_dir, machine, opens):
    opened(run_dir).close()
    host = Host(machine_id=machine, boot_id="b2")

    if opens:
        opened(run_dir, host=host).close()
    else:
        with pytest.raises(StoreRefused, match="another machine") as no:
            opened(run_dir, host=host)
        assert no.value.exit_code == 78


def test_reader_says_that_there_is_no_store_yet(run_dir):
    with pytest.raises(StoreRefused, match="has a desk run here") as no:
        Reader.open(run_dir)
    sqlite3.connect(run_dir / STORE_FILE).close()
    with pytest.raises(StoreRefused, match="when the desk starts"):
        Reader.open(run_dir)

    assert no.value.code == "NO_STORE"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/var", None),
        ("/srv/far", "nfs4"),
        ("/srv/far/run", "nfs4"),
        ("/srv/far/near/run", None),
        ("/srv/farther", None),
        ("/srv/with space/run", "cifs"),
        ("/srv/home/x", "fuse.sshfs"),
        ("/srv/vm/run", None),
    ],
)
def test_network_file_system_is_known_by_its_mount(path, kind):
    assert network_type(MOUNTS, Path(path)) == kind


def test_run_directory_on_a_network_is_refused(run_dir, monkeypatch):
    table = run_dir / "mountinfo"
    table.write_text(f"1 1 0:1 / {run_dir} rw - nfs far:/x rw\n")
    monkeypatch.setattr("store.files.MOUNTS", table)

    with pytest.raises(StoreRefused, match=r"is on nfs: .* needs a local disk") as no:
        opened(run_dir)

    assert (no.value.code, no.value.exit_code) == ("NETWORK_FILE_SYSTEM", 78)


def test_store_that_is_being_made_is_seen_whole_or_not_at_all(tmp_path):
    seen = []
    for number in range(20):
        run_dir = tmp_path / str(number)
        made = threading.Event()

        def look(run_dir=run_dir, made=made):
            while not made.is_set():
                seen.append(gate(run_dir / STORE_FILE, newest=len(migrations())).version)

        looking = threading.Thread(target=look)
        looking.start()
        opened(run_dir).close()
        made.set()
        looking.join()

    assert set(seen) <= {0, len(migrations())}
