"""Where child processes come from: actors from one forkserver that has imported everything,
programs from a fresh interpreter.

Used from the main thread alone: a child dies with the thread that started it.
"""

import contextlib
import multiprocessing
import multiprocessing.forkserver
import os
import shutil
import signal
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker, util
from multiprocessing.connection import wait
from pathlib import Path

from actors.runtime import preload
from actors.runtime.patience import while_it_works
from actors.runtime.spawn import ChildSpec, ProgramSpec, live, serve

TROUBLE_MAX = 4_000  # characters of what it printed last
TEMPORARY = "pymp-"  # how multiprocessing calls the directory of its sockets
EXIT_CODE_WAIT_S = 0.05  # the exit code comes a little later than the news that it is gone


class Spawned:
    """One child process. Its descriptor `pidfd` becomes readable when it is gone, locks and all."""

    def __init__(self, role: str, process: multiprocessing.process.BaseProcess) -> None:
        self.role = role
        self._process = process
        self.pid = process.pid or 0
        self.pidfd = _pidfd(self.pid)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process is gone."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, number)

    def close(self) -> int | None:
        """Return how it ended, negative for a signal, None when nobody knows; forget it.

        Only after the descriptor was readable: the child takes the end of this object for the
        death of its parent.
        """
        known = wait([self._process.sentinel], EXIT_CODE_WAIT_S)
        code = self._process.exitcode if known else None
        os.close(self.pidfd)
        if known:
            self._process.close()
        return code


class Forkserver:
    """Starts children from specs. A forkserver that died is started anew with the next child."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._trouble = os.memfd_create("forkserver")  # a file before there is a run directory
        self._booted = False
        self._loaded: int | None = None  # the pid of the forkserver that has started a child
        # Called while a forkserver loads and gets on with it: whoever waits for it does not hang.
        self.still_here: Callable[[], None] = lambda: None
        self._context = multiprocessing.get_context("forkserver")
        names = ["actors.runtime.preload", "actors.runtime.birth", *modules]
        self._context.set_forkserver_preload([*names, "actors.runtime.preloaded"])

    def boot(self) -> None:
        """Start the forkserver if it does not run; it loads while we go on."""
        said = {
            preload.SUPERVISOR_PID: str(os.getpid()),
            preload.TRACE_FILE: f"/proc/{os.getpid()}/fd/{self._trouble}",
        }
        if not self._booted:
            said[preload.FIRST_FORKSERVER] = "1"
        with _told(said), ctrl_c_held_back(), _nameless_main():
            multiprocessing.forkserver.ensure_running()
        self._booted = True

    def trouble(self) -> str:
        """Return what the forkserver printed: nothing, or why it cannot load what it should."""
        size = os.fstat(self._trouble).st_size
        said = os.pread(self._trouble, TROUBLE_MAX, max(0, size - TROUBLE_MAX))
        return said.decode(errors="replace").strip()

    def spawn(self, spec: ChildSpec) -> Spawned:
        """Return the new child of *spec*. Waits while the forkserver still loads.

        Raises EOFError or OSError when the forkserver could not do it.
        """
        self.boot()
        process = self._context.Process(target=live, args=(spec,), name=spec.role, daemon=True)
        with _nameless_main(), self._patience():
            process.start()
        return Spawned(spec.role, process)

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        pid: int = getattr(multiprocessing.forkserver._forkserver, "_forkserver_pid", None) or 0
        if pid == self._loaded:
            yield
            return
        with while_it_works(pid, self.still_here):
            yield
        self._loaded = pid

    def tidy(self, note: Path) -> None:
        """Remove what the last owner of *note* left when it was killed; note what is ours.

        A note that was copied from elsewhere names what another desk may need.
        """
        ours, here = Path(util.get_temp_dir()), str(note.resolve())
        with contextlib.suppress(OSError, ValueError):
            named, _, where = note.read_text(encoding="utf-8").partition("\n")
            left = Path(named)
            is_known = left.name.startswith(TEMPORARY) and left.stat().st_uid == os.getuid()
            if is_known and where == here and left != ours:
                shutil.rmtree(left, ignore_errors=True)
        with contextlib.suppress(OSError):  # it costs a directory in the end, no more
            note.write_text(f"{ours}\n{here}", encoding="utf-8")

    def close(self) -> None:
        """Leave nothing behind: whoever ends by `os._exit` runs no clean-up of the library's."""
        shutil.rmtree(util.get_temp_dir(), ignore_errors=True)


def start_program(spec: ProgramSpec) -> Spawned:
    """Return the new process of *spec*. Raises OSError when it cannot be started."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(spec,), name=spec.role, daemon=True)
    with ctrl_c_held_back(), _nameless_main():
        process.start()
    return Spawned(spec.role, process)


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:  # gone already: a descriptor that reads as the end of a file
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


@contextlib.contextmanager
def _told(said: dict[str, str]) -> Iterator[None]:
    """Have a forkserver that starts now find *said* in its environment."""
    os.environ.update(said)
    try:
        yield
    finally:
        for name in said:
            del os.environ[name]


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Have a program that starts now be deaf to Ctrl-C from its first instruction.

    It is blocked, which a program inherits, not ignored: one that comes meanwhile is ours, and is
    delivered when this ends. So are the other keys that a terminal makes a signal of.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, preload.KEYS)
    resource_tracker.ensure_running()  # its start lifts the block of Ctrl-C
    signal.pthread_sigmask(signal.SIG_BLOCK, preload.KEYS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _nameless_main() -> Iterator[None]:
    """Hide the main module: multiprocessing would run it again in every child."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
