"""What may befall the file of a store, done on purpose."""

import sqlite3

from store.open import STORE_FILE
from tests.store.history import tamper


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


def flip_bit(run_dir, seq, column, bit):
    """Flip one bit of one column of entry *seq*; return the value that is there now."""
    path = run_dir / STORE_FILE
    connection = sqlite3.connect(path)
    (before,) = connection.execute(f"SELECT {column} FROM journal WHERE seq = ?", (seq,)).fetchone()
    after = _flipped(before, bit)
    if column == "seq":
        taken = {row[0] for row in connection.execute("SELECT seq FROM journal")}
        while after in taken:
            bit += 1
            after = before ^ (1 << bit % 40)
    connection.close()
    shown = f"x'{after.hex()}'" if isinstance(after, bytes) else str(after)
    if isinstance(before, str):
        shown = f"CAST({shown} AS TEXT)"
    tamper(run_dir, f"UPDATE journal SET {column} = {shown} WHERE seq = {seq}")
    return after


def _flipped(value, bit):
    if isinstance(value, int):
        return value ^ (1 << bit % 40)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    if not raw:
        return b"\x01"
    raw[bit // 8 % len(raw)] ^= 1 << bit % 7  # text stays text
    return bytes(raw)
