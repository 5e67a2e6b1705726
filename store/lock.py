"""One writer at a time: a file lock beside the store, let go by the kernel when its owner dies.

The lock lies on a file of its own. SQLite's locks on the store would be lost as soon as anything in
the process closed another handle of it.
"""

import fcntl
import os
from pathlib import Path

from store.failures import IN_USE, StoreRefused, refusing

LOCK_FILE = "store.lock"


class WriterLock:
    """The lock, held until released or until this process ends."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / LOCK_FILE
        self._fd = -1

    def take(self) -> None:
        """Take the lock without waiting. Raises StoreRefused."""
        with refusing(f"{self._path}"):
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._fd = self._locked(fd)

    def release(self) -> None:
        """Let go. Releasing twice is nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _locked(self, fd: int) -> int:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            owner = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise StoreRefused(
                IN_USE, f"the store is being written by process {owner}: stop that desk first"
            ) from error
        except OSError:
            os.close(fd)
            raise
        return fd
