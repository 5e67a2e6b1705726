"""Copies of the store: taken whole from a connection, checked, and made to last.

A copy is one ordinary file without a write-ahead log, marked as a copy: whoever trades on it again
gets a lineage of its own, since what came after the copy has used up names at the venue.
"""

import sqlite3
from pathlib import Path

from store.failures import CORRUPT, StoreFailed, failing
from store.files import sync_directory, sync_file
from store.open import COPY_ID
from store.readers import Reader
from store.verify import verify

FOLDER = "backups"


def snapshot(source: sqlite3.Connection, run_dir: Path, name: str) -> Path:
    """Return the path of a checked copy of *source* in the backups of *run_dir*.

    One step of `backup()`: with more it would start over at each commit of the writer. Raises
    StoreFailed, OSError.
    """
    folder = run_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{name}.sqlite3"
    beside = folder / f".{name}.new"
    beside.unlink(missing_ok=True)
    try:
        with failing(f"backup to {target}"):
            _copy(source, beside)
        sync_file(beside)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_directory(folder)
    return target


def take(run_dir: Path, name: str) -> Path:
    """Return the path of a copy of the store in *run_dir*, whose journal was refolded.

    The desk may go on meanwhile. Raises StoreRefused where there is no store, StoreFailed where the
    copy is not sound; such a copy is not kept.
    """
    with Reader.open(run_dir) as reader:
        path = snapshot(reader.connection, run_dir, name)
    with Reader.at(path) as copy:
        found = verify(copy)
    if found.count:
        path.unlink()
        raise StoreFailed(CORRUPT, f"the copy is not sound, not kept: {found.differences[0]}")
    return path


def _copy(source: sqlite3.Connection, path: Path) -> None:
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # the copy would stay in WAL mode
        copy.execute(f"PRAGMA application_id = {COPY_ID}")
        answer = [row[0] for row in copy.execute("PRAGMA integrity_check(10)")]
    finally:
        copy.close()
    if answer != ["ok"]:
        raise StoreFailed(CORRUPT, f"the copy {path} is damaged: {'; '.join(answer)}")
