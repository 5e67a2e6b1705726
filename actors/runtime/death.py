"""Nobody outlives the desk: a process asks the kernel for a signal when its parent dies.

Linux: prctl(2), PR_SET_PDEATHSIG. It follows the parent's *thread*, and a fork clears it, so each
process asks for itself, and looks whether its parent died before it could.
"""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Orphaned(Exception):
    """The parent was gone before this process could ask to be told."""


def follow(parent_pid: int, death_signal: signal.Signals) -> None:
    """Be sent *death_signal* when the parent dies. Raises Orphaned when it is dead already."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl(PR_SET_PDEATHSIG): {os.strerror(number)}")
    if os.getppid() != parent_pid:
        raise Orphaned(f"parent {parent_pid} is gone")
