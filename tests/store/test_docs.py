"""What docs/store.md says of the store holds in the store."""

import re
import sqlite3
from pathlib import Path

from store import failures, journal
from store.columns import TABLES
from store.open import STORE_FILE
from tests.store.history import opened, rich

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


def section(title):
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def first_cells(text):
    return [
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]


def test_every_table_is_on_the_page():
    assert first_cells(section("The books")) == [table.name for table in TABLES]


def test_every_column_of_the_journal_is_on_the_page():
    assert first_cells(section("The journal")) == journal.COLUMNS.split(", ")


def test_every_refusal_is_on_the_page():
    codes = {value for name, value in vars(failures).items() if name.isupper() and name == value}

    assert codes - {"PRAGMA_REFUSED", "IO_ERROR"} == set(first_cells(section("When it is refused")))


def test_everything_that_meta_says_is_on_the_page(run_dir):
    with opened(run_dir) as writer:
        said = set(writer.load().meta)

    row = next(line for line in PAGE.splitlines() if line.startswith("| `meta`"))
    assert said == set(re.findall(r"`([a-z_]+)`", row)) - {"meta"}


def test_the_queries_run(run_dir):
    history, opening = rich()
    with opened(run_dir) as writer:
        writer.append([opening, *history.traded(1), history.accept()])
    sql = re.search(r"```sql\n(.*?)```", PAGE, re.DOTALL)[1]
    fill = next(iter(writer_fills(run_dir)))
    sql = sql.replace("bb-…", history.names[-1]).replace("fill:…", f"fill:{fill}")

    connection = sqlite3.connect(f"file:{run_dir / STORE_FILE}?mode=ro", uri=True)
    answers = [connection.execute(one).fetchall() for one in sql.split(";")[:-1]]
    connection.close()

    assert [len(rows) for rows in answers] == [1, 1, 7]


def writer_fills(run_dir):
    with sqlite3.connect(f"file:{run_dir / STORE_FILE}?mode=ro", uri=True) as connection:
        found = [row[0] for row in connection.execute("SELECT trade_id FROM fill")]
    connection.close()
    return found
