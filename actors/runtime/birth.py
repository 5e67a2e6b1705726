"""How one actor's process comes to life: from a spec to a running loop.

Nothing returns from here but the end of the process.
"""

import gc
import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn, cast

from msgspec import Struct

from actors.runtime import death, failures, faults, preload, process
from actors.runtime.actor import Actor
from actors.runtime.body import Body
from actors.runtime.build import boot_id, build_hash
from actors.runtime.clock import Clock, SystemClock
from actors.runtime.endpoints import Endpoints
from actors.runtime.life import PARENT_GONE, SIGTERM, Watchdog
from actors.runtime.links import Links
from actors.runtime.logs import LogFile, open_log
from actors.runtime.parts import Log, Parts
from actors.runtime.plumbing import Plumbing
from actors.runtime.settings import RuntimeSettings
from actors.runtime.signals import Signals, Watched
from actors.runtime.spawn import ChildSpec, is_loaded, load
from actors.runtime.wire import Identity, Sender
from messages.life import Hello, Stop

LOCK_WAIT_MS = 12_000  # a predecessor that outlived its desk may still be cancelling orders


class Surroundings(Struct, frozen=True, kw_only=True):
    """Where a process lives: its desk, its numbers, its clock and log, where its stacks go."""

    role: str
    run_dir: Path
    endpoints: Endpoints
    runtime: RuntimeSettings
    clock: Clock
    log: Log
    trace: IO[bytes]


def live(spec: ChildSpec) -> NoReturn:
    """Be the actor of *spec* until the process ends."""
    parent = _tie_to_parent(spec)
    trace = process.trace_file(spec.run_dir, spec.role)
    for fd in (1, 2):
        os.dup2(trace.fileno(), fd)
    around = surroundings(spec.role, Path(spec.run_dir), spec.endpoints, spec.runtime, trace=trace)
    try:
        _run(spec, around, parent)
    except BaseException as error:  # noqa: BLE001 - it ends the process
        failures.end(around.log, error)
    failures.end(around.log, RuntimeError("the loop ended and nobody asked it to"))


def surroundings(
    role: str,
    run_dir: Path,
    endpoints: Endpoints,
    runtime: RuntimeSettings,
    *,
    trace: IO[bytes],
    echo: Callable[[bytes], None] | None = None,
) -> Surroundings:
    """Return where this process lives; its log is open, and *echo* gets each line of it too."""
    clock = SystemClock()
    log = open_log(
        LogFile(run_dir / "logs" / f"{role}.jsonl"),
        level=runtime.log_level,
        clock=clock,
        echo=echo,
        role=role,
        pid=os.getpid(),
        run_id=endpoints.run_id,
    )
    return Surroundings(
        role=role,
        run_dir=run_dir,
        endpoints=endpoints,
        runtime=runtime,
        clock=clock,
        log=log,
        trace=trace,
    )


def parts(around: Surroundings) -> Parts:
    """Return what an actor is handed here. Its dice fall differently in each process."""
    return Parts(
        role=around.role,
        run_id=around.endpoints.run_id,
        run_dir=around.run_dir,
        clock=around.clock,
        log=around.log,
        rng=random.Random(os.urandom(16)),
    )


def links(around: Surroundings, plumbing: Plumbing) -> Links:
    """Return the sockets of this process, not open yet."""
    identity = Identity(
        role=around.role,
        incarnation=int.from_bytes(os.urandom(8), "big"),
        boot=boot_id(),
        build=around.endpoints.build if preload.FIRST else build_hash(),
        config=around.endpoints.config,
    )
    return Links(
        plumbing=plumbing,
        addresses=around.endpoints.seen_by(around.role),
        sender=Sender(identity, around.clock),
        clock=around.clock,
        log=around.log,
        settings=around.runtime,
    )


def watchdog(around: Surroundings) -> Watchdog:
    """Return what ends this process when its loop stands still."""
    runtime = around.runtime
    return Watchdog(
        around.trace, clock=around.clock, hang_s=runtime.hang_s, every_ms=runtime.heartbeat_ms
    )


def _run(spec: ChildSpec, around: Surroundings, parent: int) -> None:
    if spec.runtime.cpus:
        os.sched_setaffinity(0, spec.runtime.cpus)
    lock = around.run_dir / "sock" / f"{spec.role}.lock"
    process.hold(lock, around.clock, wait_ms=LOCK_WAIT_MS)
    if not is_loaded(spec.module):
        around.log.warning("preload_missed", module=spec.module)
    actor = cast(Actor, load(spec.module).build(parts(around), **spec.given))
    actor.pass_by = faults.armed(spec.role, around.run_dir, os.environ, mode=around.endpoints.mode)
    opened = links(around, cast(Plumbing, load(spec.topology)))
    watching = watchdog(around)
    orphan = _Orphan(spec, parent, watching)
    body = Body(
        actor,
        opened,
        settings=spec.runtime,
        log=around.log,
        sources=[
            Signals({signal.SIGTERM: orphan.terminated}),
            Watched(_parent_sentinel(), orphan.parent_gone, actor.actor_inbox.remove),
        ],
        rhythms=[watching],
        hello=Hello(role=spec.role, pid=os.getpid(), parent_pid=parent),
    )
    actor.outlet = body
    gc.freeze()  # what was read from the store stays for life; a collection would stop all threads
    around.log.info("actor_started", module=spec.module, build=opened.identity.build)
    actor.live()


def _tie_to_parent(spec: ChildSpec) -> int:
    """Return the forkserver's pid, whose death ends this process from now on."""
    if preload.PID is None:
        raise RuntimeError("a child begins in a forkserver that imported actors.runtime.preload")
    try:
        death.follow(preload.PID, signal.SIGTERM if spec.outlives_s else signal.SIGKILL)
    except death.Orphaned:
        os._exit(failures.STOPPED)
    process.call_it(spec.role)
    process.no_core_files()
    return preload.PID


class _Orphan:
    """What a child does when it is told to end, or when nobody watches it any more."""

    def __init__(self, spec: ChildSpec, parent: int, watchdog: Watchdog) -> None:
        self._spec = spec
        self._parent = parent
        self._watchdog = watchdog

    def terminated(self) -> Stop:
        """Return what SIGTERM means: it also comes from the kernel when the parent died."""
        return self.parent_gone() if os.getppid() != self._parent else Stop(reason=SIGTERM)

    def parent_gone(self) -> Stop:
        """Return the word to end, and make sure that it is heard in time."""
        self._watchdog.last_call(max(1, self._spec.outlives_s))
        return Stop(reason=PARENT_GONE)


def _parent_sentinel() -> int:
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("a child has a parent")
    return parent.sentinel
