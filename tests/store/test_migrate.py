"""How a store gets its tables and catches up, and which one is not opened."""

import sqlite3

import pytest
from peewee import SqliteDatabase

from store import migrate
from store.failures import StoreRefused
from store.migrate import Migration, migrations, statements
from store.models import MODELS
from store.open import APPLICATION_ID, STORE_FILE
from store.readers import Reader
from store.verify import verify
from tests.store.history import opened, rich

NOTES = Migration(number=2, name="notes", sql="CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT;")
BROKEN = Migration(
    number=3, name="broken", sql="CREATE TABLE more (a INT) STRICT;\nSELECT nonsense;"
)


def shape(connection):
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
    ]
    return {
        name: [
            (*column[1:4], column[5]) for column in connection.execute(f"PRAGMA table_info({name})")
        ]
        + connection.execute(f"SELECT wr, strict FROM pragma_table_list('{name}')").fetchall()
        for name in sorted(names)
    }


def test_models_are_what_the_migrations_made():
    migrated = sqlite3.connect(":memory:", isolation_level=None)
    migrate.apply(migrated, migrations())
    modelled = SqliteDatabase(":memory:")
    with modelled.bind_ctx(MODELS):
        modelled.connect()
        modelled.create_tables(MODELS)
        expected = shape(modelled.connection())
        modelled.close()

    found = shape(migrated)
    migrated.close()

    assert found == expected


def test_no_column_of_the_store_is_a_binary_fraction():
    migrated = sqlite3.connect(":memory:", isolation_level=None)
    migrate.apply(migrated, migrations())

    kinds = {column[1] for table in shape(migrated).values() for column in table if len(column) > 2}
    migrated.close()

    assert kinds == {"TEXT", "INTEGER", "BLOB"}


def test_new_store_is_at_the_newest_version_and_says_whose_file_it_is(run_dir):
    opened(run_dir).close()

    connection = sqlite3.connect(run_dir / STORE_FILE)
    version = connection.execute("PRAGMA user_version").fetchone()
    application = connection.execute("PRAGMA application_id").fetchone()
    connection.close()

    assert (version, application) == ((len(migrations()),), (APPLICATION_ID,))


def test_older_store_is_copied_first_and_then_catches_up(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(3)])
        before = writer.head

    with opened(run_dir, migrations=(*migrations(), NOTES)) as writer:
        meta = {key: row.value for key, row in writer.load().meta.items()}

    [copy] = (run_dir / "backups").iterdir()
    with Reader.at(copy) as reader:
        assert reader.head() == before
        assert verify(reader).count == 0
    assert (meta["schema"], meta["epoch"]) == ("2", "2")
    connection = sqlite3.connect(run_dir / STORE_FILE)
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (0,)
    connection.close()


def test_store_that_is_current_is_not_copied(run_dir):
    opened(run_dir).close()
    opened(run_dir).close()

    assert not (run_dir / "backups").exists()


def test_newer_store_is_refused_and_left_as_it_is(run_dir):
    opened(run_dir, migrations=(*migrations(), NOTES)).close()
    before = (run_dir / STORE_FILE).read_bytes()

    with pytest.raises(StoreRefused, match="version 2, this build knows up to 1") as no:
        opened(run_dir)
    with pytest.raises(StoreRefused, match="version 2"):
        Reader.open(run_dir)

    assert (no.value.code, no.value.exit_code) == ("NEWER_STORE", 78)
    assert (run_dir / STORE_FILE).read_bytes() == before


def test_migration_that_fails_changes_nothing(run_dir):
    with opened(run_dir) as writer:
        head = writer.head

    with pytest.raises(StoreRefused, match="nonsense"):
        opened(run_dir, migrations=(*migrations(), NOTES, BROKEN))

    with opened(run_dir) as writer:
        assert (writer.head.seq, writer.epoch) == (head.seq + 1, 2)


def test_entry_of_an_older_version_still_folds_to_the_row_it_became(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(2)])
    wider = Migration(
        number=2, name="wider", sql="ALTER TABLE fill ADD COLUMN later TEXT NOT NULL DEFAULT 'x';"
    )

    opened(run_dir, migrations=(*migrations(), wider)).close()

    connection = sqlite3.connect(run_dir / STORE_FILE)
    assert connection.execute("SELECT DISTINCT later FROM fill").fetchall() == [("x",)]
    connection.close()


def test_numbers_have_no_gap(tmp_path):
    (tmp_path / "0001_first.sql").write_text("SELECT 1;")
    (tmp_path / "0003_third.sql").write_text("SELECT 1;")

    with pytest.raises(ValueError, match="migration 0002 is missing"):
        migrations(tmp_path)


def test_name_says_number_and_purpose(tmp_path):
    (tmp_path / "first.sql").write_text("SELECT 1;")

    with pytest.raises(ValueError, match="0001_what_it_does"):
        migrations(tmp_path)


def test_trigger_is_one_statement():
    trigger = "CREATE TRIGGER c BEFORE DELETE ON a\n  BEGIN SELECT 1; END;"
    sql = f"-- why\nCREATE TABLE a (b INT);\n{trigger}\n"

    first, second = statements(sql)

    assert first.endswith("(b INT);")
    assert second == trigger


def test_file_that_ends_in_the_middle_is_noticed():
    with pytest.raises(ValueError, match="middle of a statement"):
        statements("CREATE TABLE a (b INT);\nCREATE TABLE c (")
