"""How a process ends: the exit codes, the errors that carry one, and the one way out.

An error may name its own code in an attribute `exit_code`; any other ends the process with 70.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # loading it takes longer than all else that a starting supervisor needs
    from actors.runtime.parts import Log

STOPPED = 0
WATCHDOG = 1
UNEXPECTED = 70
STORE = 71
INVARIANT = 72
RESOURCES = 73
IN_USE = 75
CONFIGURATION = 78

SAID_MAX = 2_000  # characters of an error's own words in the log


class InvariantBroken(Exception):
    """Something that cannot be is so. The process ends and comes back from what is durable."""

    exit_code = INVARIANT


class AlreadyRunning(Exception):
    """Another process holds the lock that says there is one of us."""

    exit_code = IN_USE


class BuildDiffers(Exception):
    """This process was started from another build or another configuration than the desk's."""

    exit_code = CONFIGURATION


def exit_code(error: BaseException) -> int:
    """Return the code of the process that *error* ends."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in _OUT_OF_RESOURCES:
        return RESOURCES
    if getattr(error, "errno", None) in _DISK_REFUSES:
        return STORE
    code = getattr(error, "exit_code", UNEXPECTED)
    return code if isinstance(code, int) else UNEXPECTED


def end(log: "Log", error: BaseException, *, tidy: Callable[[], None] | None = None) -> NoReturn:
    """Log *error* and leave the process at once: no clean-up that could hang or half succeed.

    *tidy* is for what a person would be left with, such as a terminal without a cursor.
    """
    code = exit_code(error)
    try:
        log.critical("actor_failed", exit_code=code, error=_said(error), exc_info=error)
        if tidy is not None:
            tidy()
    finally:
        os._exit(code)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:SAID_MAX]


_OUT_OF_RESOURCES = (23, 24)  # ENFILE, EMFILE: no more file descriptors
_DISK_REFUSES = (28, 30, 122)  # ENOSPC, EROFS, EDQUOT
