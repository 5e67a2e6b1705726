"""Files that are whole or not there: the one way this desk replaces a file."""

import os
from pathlib import Path


def atomic_write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put *content* at *path* so that a crash at any point leaves the old file or the new one.

    Durable when it returns: the file and its directory entry are on the disk. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        _write_all(fd, content)
        os.fsync(fd)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the entries of the directory *path* durable: a rename alone is not. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]
