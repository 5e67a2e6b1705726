"""The first module that the forkserver imports: it ties the forkserver to the supervisor.

Without it the forkserver and all its children would live on after the supervisor's death: the
children hold the pipe by which the forkserver would notice. Does nothing in any other process.
"""

import os
import signal
import sys
from typing import Any, cast

from actors.runtime import death

SUPERVISOR_PID = "BTCBOT_SUPERVISOR_PID"  # set by the supervisor around the forkserver's start
TRACE_FILE = "BTCBOT_FORKSERVER_TRACE"
FIRST_FORKSERVER = "BTCBOT_FIRST_FORKSERVER"

# Ctrl-C, Ctrl-Z and Ctrl-\ are for the supervisor; its children are deaf to them and inherit that.
KEYS = (signal.SIGINT, signal.SIGTSTP, signal.SIGQUIT)

PID: int | None = None  # the forkserver's own, for its children to compare with
FIRST = False  # started together with the supervisor, from the same text


def _arm(supervisor_pid: int) -> int:
    try:
        death.follow(supervisor_pid, signal.SIGKILL)
    except death.Orphaned:
        os._exit(0)
    for key in KEYS:
        signal.signal(key, signal.SIG_IGN)
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


def leave_out(*names: str) -> None:
    """Have libraries not find the modules *names*, which they only use if they are there."""
    modules = cast(dict[str, Any], sys.modules)
    for name in names:
        modules.setdefault(name, None)


def let_in(*names: str) -> None:
    """Have the modules *names* be found again."""
    modules = cast(dict[str, Any], sys.modules)
    for name in names:
        if modules.get(name, sys) is None:
            del modules[name]


if SUPERVISOR_PID in os.environ:
    # structlog and httpx load what draws on terminals: a fifth of all that an actor would load.
    leave_out("rich", "click")
    PID = _arm(int(os.environ.pop(SUPERVISOR_PID)))
    FIRST = os.environ.pop(FIRST_FORKSERVER, None) is not None
