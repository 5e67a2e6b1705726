"""When is a child started, restarted, killed? Pure: one child and one event in, effects out.

A child is what is wanted of it and how it is. Commands only set what is wanted; a process is
replaced only after it is surely gone. A child that fails too often costs the desk its permission to
trade, but it is tried again for ever, slowly. Times are monotonic ms.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from actors.runtime import failures
from actors.runtime.settings import SupervisionSettings

DUMP_MS = 200  # a silent child has this long to write its stacks before it is killed
JITTER_PER_MILLE = 200  # a delay is up to this much shorter or longer


class Actual(StrEnum):
    """How a child is. Its value is what people read."""

    ABSENT = "absent"
    STARTING = "starting"  # there is a process; not a word from it
    RECOVERING = "recovering"  # it lives and says what it waits for
    READY = "ready"
    HUNG = "hung"  # silent; its stacks are being written
    STOPPING = "stopping"  # told to end, or killed
    BACKOFF = "backoff"  # failed; the next start waits


HAS_PROCESS = frozenset(
    {Actual.STARTING, Actual.RECOVERING, Actual.READY, Actual.HUNG, Actual.STOPPING}
)


class Child(Struct, frozen=True, kw_only=True):
    """One child. *failed_ms* are its failures inside the window, *due_ms* its next deadline."""

    role: str
    wanted: bool = True
    actual: Actual = Actual.ABSENT
    pid: int | None = None
    waiting_for: str = ""
    heard_ms: int | None = None
    ready_ms: int | None = None  # since when it is ready without a break
    due_ms: int | None = None
    restarts: int = 0  # of this run of the desk
    in_a_row: int = 0  # failures since it was last healthy
    failed_ms: tuple[int, ...] = ()
    limited: bool = False  # restarted too often; the desk has no permission meanwhile
    refused: bool = False  # ended for a reason that a restart does not cure
    last_code: int | None = None


# What happens to a child.


class Begun(Struct, frozen=True):
    """Its process was started."""

    pid: int


class NotBegun(Struct, frozen=True):
    """Its process could not be started."""


class Beaten(Struct, frozen=True):
    """A heartbeat of process *pid* was heard."""

    pid: int
    waiting_for: str


class Gone(Struct, frozen=True):
    """Its process is gone, reaped, with its locks. *code* is None when nobody could tell."""

    code: int | None


class Passed(Struct, frozen=True):
    """Time passed."""


class Wanted(Struct, frozen=True):
    """A person or an ordered stop sets what is wanted."""

    up: bool


class Overrun(Struct, frozen=True):
    """It was told to stop and took too long."""


Event = Begun | NotBegun | Beaten | Gone | Passed | Wanted | Overrun


# What follows.


class Spawn(Struct, frozen=True):
    """Start its process now."""

    role: str


class Dump(Struct, frozen=True):
    """Have it write the stacks of its threads: it was silent for *silent_ms*."""

    role: str
    silent_ms: int


class Kill(Struct, frozen=True):
    """End its process without asking."""

    role: str
    why: str


class BecameLive(Struct, frozen=True):
    """Its first heartbeat came, and it is not ready yet."""

    role: str
    waiting_for: str


class BecameReady(Struct, frozen=True):
    role: str


class Failed(Struct, frozen=True):
    """It ended unasked; the next start comes in *delay_ms*, never for None."""

    role: str
    code: int | None
    delay_ms: int | None
    restarts: int


class LimitReached(Struct, frozen=True):
    """It was restarted too often: halt the desk, go on trying slowly."""

    role: str
    failures: int


Effect = Spawn | Dump | Kill | BecameLive | BecameReady | Failed | LimitReached
Step = tuple[Child, list[Effect]]


def step(
    child: Child, event: Event, *, now_ms: int, jitter: int, settings: SupervisionSettings
) -> Step:
    """Return *child* after *event*, and what to do about it.

    *jitter* is drawn by the caller, in per mille between -JITTER_PER_MILLE and JITTER_PER_MILLE.
    """
    match event:
        case Begun():
            return _begun(child, event, now_ms, settings)
        case NotBegun():
            return _failed(child, None, now_ms, jitter, settings)
        case Beaten():
            return _beaten(child, event, now_ms, settings)
        case Gone():
            return _gone(child, event, now_ms, jitter, settings)
        case Wanted():
            return _wanted(child, event, now_ms)
        case Overrun():
            return _killed(child, "STOP_OVERRUN") if child.actual in HAS_PROCESS else (child, [])
        case Passed():
            return _passed(child, now_ms, settings)


def all_ready(children: Iterable[Child]) -> bool:
    """Return whether every child is ready."""
    return all(child.actual is Actual.READY for child in children)


def _begun(child: Child, event: Begun, now_ms: int, settings: SupervisionSettings) -> Step:
    begun = replace(
        child,
        actual=Actual.STARTING if child.wanted else Actual.STOPPING,
        pid=event.pid,
        waiting_for="",
        heard_ms=None,
        ready_ms=None,
        due_ms=now_ms + settings.start_deadline_ms,
    )
    return begun, []


def _beaten(child: Child, event: Beaten, now_ms: int, settings: SupervisionSettings) -> Step:
    if event.pid != child.pid or child.actual not in HAS_PROCESS:
        return child, []  # the last word of a predecessor
    heard = replace(child, waiting_for=event.waiting_for, heard_ms=now_ms)
    if child.actual in (Actual.STOPPING, Actual.HUNG):
        return heard, []  # its end is decided
    if event.waiting_for:
        recovering = replace(heard, actual=Actual.RECOVERING, ready_ms=None)
        live: list[Effect] = []
        if child.heard_ms is None:
            live.append(BecameLive(child.role, event.waiting_for))
        return replace(recovering, due_ms=now_ms + settings.silence_ms), live
    since = now_ms if child.ready_ms is None else child.ready_ms
    ready = replace(heard, actual=Actual.READY, ready_ms=since, due_ms=now_ms + settings.silence_ms)
    if now_ms - since >= settings.healthy_s * 1000:
        ready = replace(ready, in_a_row=0, failed_ms=(), limited=False)
    return ready, [BecameReady(child.role)] if child.actual is not Actual.READY else []


def _gone(
    child: Child, event: Gone, now_ms: int, jitter: int, settings: SupervisionSettings
) -> Step:
    gone = replace(child, pid=None, last_code=event.code, ready_ms=None, due_ms=None)
    if not child.wanted:
        return replace(gone, actual=Actual.ABSENT), []
    if event.code == failures.CONFIGURATION:
        refused = replace(gone, actual=Actual.ABSENT, refused=True)
        return refused, [Failed(child.role, event.code, None, child.restarts)]
    return _failed(gone, event.code, now_ms, jitter, settings)


def _failed(
    child: Child, code: int | None, now_ms: int, jitter: int, settings: SupervisionSettings
) -> Step:
    window = settings.window_s * 1000
    recent = tuple(at for at in child.failed_ms if now_ms - at < window)[
        -max(1, settings.restarts_max) :
    ]
    over = len(recent) >= settings.restarts_max
    delay = settings.slow_retry_ms if over else _backoff(child.in_a_row, jitter, settings)
    failed = replace(
        child,
        actual=Actual.BACKOFF,
        due_ms=now_ms + delay,
        restarts=child.restarts + 1,
        in_a_row=child.in_a_row + 1,
        failed_ms=(*recent, now_ms),
        limited=child.limited or over,
    )
    effects: list[Effect] = [Failed(child.role, code, delay, failed.restarts)]
    if over and not child.limited:
        effects.append(LimitReached(child.role, len(failed.failed_ms)))
    if delay == 0:
        effects.append(Spawn(child.role))
    return failed, effects


def _backoff(in_a_row: int, jitter: int, settings: SupervisionSettings) -> int:
    """Return the delay before the next start: none for a first failure, then doubling."""
    if in_a_row == 0:
        return 0
    doubled = settings.backoff_first_ms << min(in_a_row - 1, 20)
    delay = min(doubled, settings.backoff_max_ms)
    return delay + delay * jitter // 1000


def _wanted(child: Child, event: Wanted, now_ms: int) -> Step:
    wanted = replace(child, wanted=event.up)
    if event.up:
        return _start(wanted) if child.actual is Actual.ABSENT else (wanted, [])
    if child.actual in HAS_PROCESS:
        return replace(wanted, actual=Actual.STOPPING, due_ms=None), []
    return replace(wanted, actual=Actual.ABSENT, due_ms=None), []


def _passed(child: Child, now_ms: int, settings: SupervisionSettings) -> Step:
    if child.due_ms is None or now_ms < child.due_ms:
        return child, []
    match child.actual:
        case Actual.BACKOFF:
            return _start(child)
        case Actual.STARTING:
            return _killed(child, "START_DEADLINE")
        case Actual.HUNG:
            return _killed(child, "HUNG")
        case Actual.READY | Actual.RECOVERING:
            silent = now_ms - (child.heard_ms or now_ms)
            hung = replace(child, actual=Actual.HUNG, ready_ms=None, due_ms=now_ms + DUMP_MS)
            return hung, [Dump(child.role, silent)]
    return replace(child, due_ms=None), []


def _start(child: Child) -> Step:
    return replace(child, actual=Actual.STARTING, due_ms=None), [Spawn(child.role)]


def _killed(child: Child, why: str) -> Step:
    return replace(child, actual=Actual.STOPPING, due_ms=None), [Kill(child.role, why)]
