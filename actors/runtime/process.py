"""What a process arranges for itself: a name, where its stacks go, to be the only one."""

import ctypes
import faulthandler
import fcntl
import os
import resource
import signal
import threading
from pathlib import Path
from typing import IO

from actors.runtime.clock import Clock
from actors.runtime.failures import AlreadyRunning

_PR_SET_NAME = 15
_LIBC = ctypes.CDLL(None)
_GETENV = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(("getenv", _LIBC))
LOCK_RETRY_MS = 20


def call_it(name: str) -> None:
    """Let `ps` and `top` show this process as *name*, of which the kernel keeps 15 bytes."""
    _LIBC.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def no_core_files() -> None:
    """Write no core file: it would hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def wipe_variable(name: str) -> None:
    """Overwrite the value of a variable of this process's environment.

    Taking it out of `os.environ` keeps it from children; `ps e` and `/proc` still show what the
    process was started with, until the bytes themselves are gone.
    """
    at = _GETENV(name.encode())
    if at:
        ctypes.memset(at, 0, len(ctypes.string_at(at)))


def trace_file(run_dir: str, role: str) -> IO[bytes]:
    """Return where stacks go when something goes wrong; SIGUSR1 asks for all of them."""
    path = Path(run_dir) / "logs" / f"{role}.trace"
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    trace = os.fdopen(fd, "ab", buffering=0)
    faulthandler.enable(trace)
    faulthandler.register(signal.SIGUSR1, file=trace, all_threads=True)
    return trace


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
