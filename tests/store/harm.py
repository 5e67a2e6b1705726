"""What may befall the file of a store, done on purpose."""

import sqlite3


def garble_table(path, table):
    """Make the root page of *table* in the closed store at *path* one that cannot be read."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute(
        "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
    ).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xee" * 64)


def empty(path):
    path.write_bytes(b"")


def overwrite_header(path):
    with path.open("r+b") as file:
        file.write(bytes(512))


def delete(path):
    path.unlink()


def replace_by_another_database(path):
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()


LOSSES = {
    delete: "is not there",
    empty: "is empty",
    overwrite_header: "is none",
    replace_by_another_database: "is none",
}
