"""Where a process may be made to die, for proofs: named points that are passed by all the time.

`BTCBOT_CRASH_AT=executor.C3:2` ends the executor by SIGKILL when it passes C3 for the second time.
Several points, separated by commas, are used up one after the other, each by one process; what was
used up stands in the file `crashes` of the run directory. Without the variable nothing is looked at
and nothing is counted. In `live` it is refused.
"""

import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from actors.runtime.failures import CONFIGURATION

VARIABLE = "BTCBOT_CRASH_AT"
USED = "crashes"  # in the run directory: one line for each process that died of it
LIVE = "live"

BEFORE_COMMIT, AFTER_COMMIT = "before_commit", "after_commit"
CALLING, PAST_GATE, ANSWERED = "calling", "past_gate", "answered"  # of a lane
TURN_OVER = "turn_over"

# What passes where: the kind of a journal entry that is committed, or the name of a lane's request.
POINTS: dict[str, tuple[str, str]] = {
    "C1": (BEFORE_COMMIT, "OrderAccepted"),
    "C3": (AFTER_COMMIT, "OrderAccepted"),  # nobody was told
    "C3b": (CALLING, "SubmitOrder"),  # acknowledged, not on the lane
    "C4": (PAST_GATE, "SubmitOrder"),
    "C7": (ANSWERED, "SubmitOrder"),
    "C8": (BEFORE_COMMIT, "OrderLive"),  # the answer is merged in memory alone
    "C9": (AFTER_COMMIT, "OrderLive"),
    "C10": (TURN_OVER, "OrderLive"),  # the state was said
    "K0": (BEFORE_COMMIT, "CancelWanted"),
    "K1": (AFTER_COMMIT, "CancelWanted"),
    "K2": (ANSWERED, "CancelOrder"),
    "F1": (BEFORE_COMMIT, "FillBooked"),
    "F2": (AFTER_COMMIT, "FillBooked"),
    "TURN": (TURN_OVER, ""),  # any turn of any role
}

PassBy = Callable[[str, Iterable[object]], None]


class FaultUnreadable(Exception):
    """The variable does not say where and when."""

    exit_code = CONFIGURATION


class Crash(Struct, frozen=True):
    """Die at the *nth* passing of *point*."""

    role: str
    point: str
    nth: int

    def __str__(self) -> str:
        return f"{self.role}.{self.point}:{self.nth}"


def nothing(_where: str, _things: Iterable[object]) -> None:
    """Pass by. What every process does that nobody wants dead."""


def armed(role: str, run_dir: Path, environ: Mapping[str, str], *, mode: str) -> PassBy:
    """Return what *role* calls at each point, from what the environment names.

    Raises FaultUnreadable.
    """
    said = environ.get(VARIABLE, "")
    if not said:
        return nothing
    if mode == LIVE:
        raise FaultUnreadable(f"{VARIABLE} is set: no process is made to die in mode {LIVE}")
    crash = next_of(role, parse(said), _used(run_dir))
    return nothing if crash is None else Mine(crash, lambda: _die(run_dir, crash))


def parse(said: str) -> list[Crash]:
    """Return what `role.POINT:N,…` asks for; `:1` may be left out. Raises FaultUnreadable."""
    return [_one(part.strip()) for part in said.split(",")]


def next_of(role: str, wanted: Sequence[Crash], used: Sequence[str]) -> Crash | None:
    """Return the first of *wanted* for *role* that is not *used* up, each line for one of them."""
    mine = [one for one in wanted if one.role == role]
    gone = sum(1 for line in used if line.partition(".")[0] == role)
    return mine[gone] if gone < len(mine) else None


class Mine:
    """Counts how often one point is passed, and goes off at its turn. Any thread may pass."""

    def __init__(self, crash: Crash, die: Callable[[], None]) -> None:
        self._where, self._name = POINTS[crash.point]
        self._left = crash.nth
        self._die = die

    def __call__(self, where: str, things: Iterable[object]) -> None:
        """Count *where*, if it is the place and one of *things* is what passes there."""
        if where != self._where:
            return
        if self._name and not any(_name(thing) == self._name for thing in things):
            return
        self._left -= 1
        if self._left == 0:
            self._die()


def _one(part: str) -> Crash:
    name, _, count = part.partition(":")
    role, _, point = name.partition(".")
    nth = count or "1"
    if not role or point not in POINTS or not nth.isdigit() or int(nth) < 1:
        raise FaultUnreadable(
            f"{VARIABLE}: {part!r} is no role.POINT:N; points are {', '.join(POINTS)}"
        )
    return Crash(role, point, int(nth))


def _name(thing: object) -> str:
    return str(getattr(thing, "kind", type(thing).__name__))


def _used(run_dir: Path) -> list[str]:
    try:
        return (run_dir / USED).read_text().splitlines()
    except FileNotFoundError:
        return []


def _die(run_dir: Path, crash: Crash) -> None:
    fd = os.open(run_dir / USED, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.write(fd, f"{crash}\n".encode())
    os.close(fd)
    os.kill(os.getpid(), signal.SIGKILL)
