"""What a process asks of the kernel: to die with its parent, to be named, to be the only one.

Linux: prctl(2). PR_SET_PDEATHSIG follows the parent's *thread*, and a fork clears it, so each
process asks for itself, and looks whether its parent died before it could.
"""

import ctypes
import fcntl
import os
import resource
import signal
import threading
from pathlib import Path

from actors.runtime.clock import Clock
from actors.runtime.failures import AlreadyRunning

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_LIBC = ctypes.CDLL(None, use_errno=True)
LOCK_RETRY_MS = 20


class Orphaned(Exception):
    """The parent was gone before this process could ask to be told."""


def follow(parent_pid: int, death_signal: signal.Signals) -> None:
    """Be sent *death_signal* when the parent dies. Raises Orphaned when it is dead already."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl(PR_SET_PDEATHSIG): {os.strerror(number)}")
    if os.getppid() != parent_pid:
        raise Orphaned(f"parent {parent_pid} is gone")


def call_it(name: str) -> None:
    """Let `ps` and `top` show this process as *name*, of which the kernel keeps 15 bytes."""
    _LIBC.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def no_core_files() -> None:
    """Write no core file: it would hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def hold(path: Path, clock: Clock, *, wait_ms: int = 0) -> int:
    """Return a descriptor that holds the lock file *path* until this process ends.

    The holder's pid stands in the file. Raises AlreadyRunning when another process still has it
    after *wait_ms*, OSError when the file cannot be made.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end_ms = clock.mono_ms() + wait_ms
    while not _locked(fd):
        if clock.mono_ms() >= end_ms:
            holder = os.pread(fd, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise AlreadyRunning(f"{path.name} is held by pid {holder}")
        threading.Event().wait(LOCK_RETRY_MS / 1000)
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
