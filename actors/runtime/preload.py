"""The first module that the forkserver imports: it ties the forkserver to the supervisor.

Without it the forkserver and all its children would live on after the supervisor's death: the
children hold the pipe by which the forkserver would notice. Does nothing in any other death.
"""

import os
import signal
import sys
from typing import Any, cast

from actors.runtime import death

SUPERVISOR_PID = "BTCBOT_SUPERVISOR_PID"  # set by the supervisor around the forkserver's start
TRACE_FILE = "BTCBOT_FORKSERVER_TRACE"
BUILD_HASH = "BTCBOT_BUILD"

PID: int | None = None  # the forkserver's own, for its children to compare with
BUILD: str | None = None  # what the supervisor and its first forkserver were started from together


def _arm(supervisor_pid: int) -> int:
    try:
        death.follow(supervisor_pid, signal.SIGKILL)
    except death.Orphaned:
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's; children inherit it
    os.umask(0o077)
    _say_trouble_in(os.environ.pop(TRACE_FILE, os.devnull))
    return os.getpid()


def _say_trouble_in(path: str) -> None:
    """Send stdout and stderr to a file: a full pipe would block, a terminal shows the panel."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    sys.stdout.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def leave_out() -> None:
    """Keep what draws on terminals out of a process without one.

    structlog and httpx load it where they find it: a sixth of all that an actor would load.
    """
    modules: dict[str, Any] = cast(dict[str, Any], sys.modules)
    modules.setdefault("rich", None)


if SUPERVISOR_PID in os.environ:
    leave_out()
    PID = _arm(int(os.environ.pop(SUPERVISOR_PID)))
    BUILD = os.environ.pop(BUILD_HASH, None)
