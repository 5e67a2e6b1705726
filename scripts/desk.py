"""How a command reaches the desk: run directory, sockets, and what to say when nobody answers.

Every command ends with one of the codes of `Ended`; `Told` carries one together with the sentence
that a person reads on the error stream.
"""

from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer

from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable, ask
from messages.control import Reply
from scripts.pace import Pace

ASK_MAX_S = 2.0  # how long one question to a running desk may take
NOT_RECONCILED = "NOT_RECONCILED"
RECONCILED_WITHIN_MS = 15_000  # a desk that was just killed or halted compares once more
AGAIN_MS = 200


class Ended(IntEnum):
    """How a command ends, as its exit code."""

    DONE = 0
    NO = 1
    USAGE = 2
    UNREACHABLE = 75
    CONFIGURATION = 78


class Told(Exception):
    """A command that cannot do what it was asked: the text says why and what to do."""

    def __init__(self, ended: Ended, text: str) -> None:
        super().__init__(text)
        self.ended = ended


RunDir = Annotated[
    Path,
    typer.Option("--run-dir", envvar="BTCBOT_RUN_DIR", help="What the desk writes.", metavar="DIR"),
]
VAR = Path("var")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]


def runs(run_dir: Path) -> bool:
    """Return whether a supervisor holds the lock of *run_dir* now.

    Its pid stands in the lock file; it runs when it has that very file open. The lock itself is not
    tried: a try could get in the way of a start.
    """
    lock = run_dir / "run.lock"
    try:
        pid = int(lock.read_text(encoding="ascii"))
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except PermissionError:
        return True  # somebody else's process: it cannot be looked into, but it is there
    except (OSError, ValueError):
        return False
    return any(_is_file(one, lock) for one in handles)


def _is_file(handle: Path, file: Path) -> bool:
    try:
        return handle.samefile(file)
    except OSError:
        return False  # closed meanwhile


def answer(run_dir: Path, socket: str, message: object, *, within_s: float = ASK_MAX_S) -> Reply:
    """Return what the binder of *socket* answers to *message*.

    Raises Told(UNREACHABLE) when no desk of *run_dir* answers in time.
    """
    try:
        return ask(run_dir, socket, message, within_s)
    except Unreachable as why:
        raise Told(Ended.UNREACHABLE, f"the desk of {run_dir} is not reachable: {why}") from why


def agreed(run_dir: Path, socket: str, message: object) -> Reply:
    """Return the answer to *message*; while books and venue are still compared, ask again.

    Raises Told(UNREACHABLE) when no desk of *run_dir* answers in time.
    """
    clock, pace = SystemClock(), Pace(AGAIN_MS)
    until_ms = clock.mono_ms() + RECONCILED_WITHIN_MS
    reply = answer(run_dir, socket, message)
    while reply.code == NOT_RECONCILED and clock.mono_ms() < until_ms:
        pace.rest(AGAIN_MS / 1_000)
        reply = answer(run_dir, socket, message)
    return reply
