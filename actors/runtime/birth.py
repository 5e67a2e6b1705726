"""How one actor's process comes to life: from a spec to a running loop.

Nothing returns from here but the end of the process.
"""

import multiprocessing
import os
import random
import signal
from pathlib import Path
from typing import IO, NoReturn, cast

from actors.runtime import death, failures, preload, process
from actors.runtime.actor import Actor
from actors.runtime.body import Body
from actors.runtime.build import boot_id, build_hash
from actors.runtime.clock import Clock, SystemClock
from actors.runtime.life import PARENT_GONE, SIGTERM, Watchdog
from actors.runtime.links import Links
from actors.runtime.logs import LogFile, open_log
from actors.runtime.parts import Log, Parts
from actors.runtime.plumbing import Plumbing
from actors.runtime.signals import Signals, Watched
from actors.runtime.spawn import ChildSpec, is_loaded, load
from actors.runtime.wire import Identity, Sender
from messages.life import Hello, Stop

LOCK_WAIT_MS = 12_000  # a predecessor that outlived its desk may still be cancelling orders


def live(spec: ChildSpec) -> NoReturn:
    """Be the actor of *spec* until the process ends."""
    parent = _tie_to_parent(spec)
    trace = process.trace_file(spec.run_dir, spec.role)
    clock = SystemClock()
    log = open_log(
        LogFile(Path(spec.run_dir) / "logs" / f"{spec.role}.jsonl"),
        level=spec.runtime.log_level,
        clock=clock,
        role=spec.role,
        pid=os.getpid(),
        run_id=spec.endpoints.run_id,
    )
    try:
        _run(spec, parent, clock, log, trace)
    except BaseException as error:  # noqa: BLE001 - it ends the process
        failures.end(log, error)
    failures.end(log, RuntimeError("the loop ended and nobody asked it to"))


def _run(spec: ChildSpec, parent: int, clock: Clock, log: Log, trace: IO[bytes]) -> None:
    process.hold(Path(spec.run_dir) / "sock" / f"{spec.role}.lock", clock, wait_ms=LOCK_WAIT_MS)
    if not is_loaded(spec.module):
        log.warning("preload_missed", module=spec.module)
    plumbing = cast(Plumbing, load(spec.topology))
    actor = _build(spec, clock, log)
    links = _links(spec, plumbing, clock, log)
    watchdog = Watchdog(
        trace, clock=clock, hang_s=spec.runtime.hang_s, every_ms=spec.runtime.heartbeat_ms
    )
    orphan = _Orphan(spec, parent, watchdog)
    body = Body(
        actor,
        links,
        settings=spec.runtime,
        log=log,
        sources=[
            Signals({signal.SIGTERM: orphan.terminated}),
            Watched(_parent_sentinel(), orphan.parent_gone, actor.actor_inbox.remove),
        ],
        rhythms=[watchdog],
        hello=Hello(role=spec.role, pid=os.getpid(), parent_pid=parent),
    )
    actor.outlet = body
    log.info("actor_started", module=spec.module, build=links.identity.build)
    actor.live()


def _build(spec: ChildSpec, clock: Clock, log: Log) -> Actor:
    parts = Parts(
        role=spec.role,
        run_id=spec.endpoints.run_id,
        run_dir=Path(spec.run_dir),
        clock=clock,
        log=log,
        rng=random.Random(os.urandom(16)),
    )
    module = load(spec.module)
    return cast(Actor, module.build(parts, **spec.given))


def _links(spec: ChildSpec, plumbing: Plumbing, clock: Clock, log: Log) -> Links:
    identity = Identity(
        role=spec.role,
        incarnation=int.from_bytes(os.urandom(8), "big"),
        boot=boot_id(),
        build=build_hash(),
        config=spec.endpoints.config,
    )
    return Links(
        plumbing=plumbing,
        addresses=spec.endpoints.seen_by(spec.role),
        sender=Sender(identity, clock),
        clock=clock,
        log=log,
        settings=spec.runtime,
    )


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
