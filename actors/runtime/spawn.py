"""How one actor's process begins: from a spec to a running loop. The target of every child.

Nothing is imported here that a role needs: its module is named in the spec, and the forkserver has
imported it already. Nothing returns from here but the end of the process.
"""

import faulthandler
import importlib
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from msgspec import Struct

from actors.runtime import death, failures, preload, process
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
from actors.runtime.wire import Identity, Sender
from messages.life import Hello, Stop

LOCK_WAIT_MS = 12_000  # a predecessor that outlived its desk may still be cancelling orders


class ProgramSpec(Struct, frozen=True, kw_only=True):
    """A program of its own that serves the desk: its module has `run(**given) -> exit code`."""

    role: str
    module: str
    run_dir: str
    given: dict[str, Any]


class ChildSpec(Struct, frozen=True, kw_only=True):
    """One child, as plain values: who it is, where its code is, what it is given.

    *module* has `build(parts, **given) -> Actor`; *topology* names the plumbing. A child with
    *outlives_s* is asked to end when its parent dies, and may take that long; others are killed.
    """

    role: str
    module: str
    topology: str
    run_dir: str
    endpoints: Endpoints
    runtime: RuntimeSettings
    given: dict[str, Any]
    outlives_s: int = 0


def serve(spec: ProgramSpec) -> NoReturn:
    """Be the program of *spec* until it returns. Its own group: Ctrl-C is not meant for it."""
    os.setpgid(0, 0)
    process.call_it(spec.role)
    _trace_file(spec.run_dir, spec.role)
    code = importlib.import_module(spec.module).run(**spec.given)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def live(spec: ChildSpec) -> NoReturn:
    """Be the actor of *spec* until the process ends."""
    parent = _tie_to_parent(spec)
    trace = _trace_file(spec.run_dir, spec.role)
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
    if spec.module not in sys.modules:
        log.warning("preload_missed", module=spec.module)
    plumbing = cast(Plumbing, importlib.import_module(spec.topology))
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
    module = importlib.import_module(spec.module)
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


def _trace_file(run_dir: str, role: str) -> IO[bytes]:
    """Return where stacks go, and what libraries print; SIGUSR1 asks for all stacks."""
    path = Path(run_dir) / "logs" / f"{role}.trace"
    trace = path.open("ab", buffering=0)
    for fd in (1, 2):
        os.dup2(trace.fileno(), fd)
    faulthandler.enable(trace)
    faulthandler.register(signal.SIGUSR1, file=trace, all_threads=True)
    return trace


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
