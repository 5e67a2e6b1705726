"""A copy is whole, ordinary, checked, and made while the desk goes on."""

import shutil
import sqlite3

import pytest

from store import backup
from store.failures import StoreFailed, StoreRefused
from store.open import STORE_FILE
from store.readers import Reader
from store.verify import verify
from tests.store.history import opened, rich, tamper


def test_copy_of_a_running_store_is_sound_and_stands_alone(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(3)])
        head = writer.head

        path = backup.take(run_dir, "now")
        writer.append(list(history.traded(1)))

    assert path == run_dir / "backups" / "now.sqlite3"
    assert [one.name for one in path.parent.iterdir()] == ["now.sqlite3"]
    with Reader.at(path) as reader:
        assert (reader.head(), verify(reader).count) == (head, 0)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_copy_of_the_same_name_replaces_the_older_one(run_dir):
    with opened(run_dir) as writer:
        backup.take(run_dir, "last")
        writer.append([rich()[1]])
        path = backup.take(run_dir, "last")

        with Reader.at(path) as reader:
            assert reader.head() == writer.head


def test_copy_that_does_not_refold_is_not_kept(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(3)])
    tamper(run_dir, "UPDATE balance SET amount = '1' WHERE account = 'free' AND asset = 'TRY'")

    with pytest.raises(StoreFailed, match="not sound, not kept: TABLES_ARE_FOLD balance free TRY"):
        backup.take(run_dir, "bad")

    assert list((run_dir / "backups").iterdir()) == []


def test_there_is_nothing_to_copy_before_a_desk_ran(run_dir):
    with pytest.raises(StoreRefused, match="has a desk run here"):
        backup.take(run_dir, "none")


def test_trading_on_a_copy_begins_a_lineage_of_its_own(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(1)])
        lineage, head = writer.lineage, writer.head
        path = backup.take(run_dir, "now")
        writer.append(list(history.traded(1)))
    elsewhere = run_dir / "again"
    elsewhere.mkdir()
    shutil.copy(path, elsewhere / STORE_FILE)

    with opened(elsewhere) as restored:
        assert restored.lineage != lineage
        assert (restored.epoch, restored.head.seq) == (2, head.seq + 1)
        drawn = restored.lineage
    with opened(elsewhere) as again:
        assert (again.lineage, again.epoch) == (drawn, 3)
    with Reader.open(elsewhere) as reader:
        assert verify(reader).count == 0
        assert [row.kind for row in reader.journal_since(head.seq, 9)] == [
            "StoreRestored",
            "StoreOpened",
        ]
