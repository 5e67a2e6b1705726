"""Threads for blocking calls: each lane is a short queue, and a thread or two that work it off.

A lane holds no state and no ZeroMQ socket. Before each call it may ask a gate, under the one lock
that the actor takes to change what the gate reads: once the actor has shut the gate and released
the lock, no call begins any more.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct

from actors.runtime import faults
from actors.runtime.contain import attempt
from actors.runtime.effects import Call, Called, Raised

Handler = Callable[[object], object]
Gate = Callable[[object], object | None]

JOIN_MAX_S = 0.2  # how long an orderly end waits for a lane in the middle of a call


class LaneFull(Exception):
    """The lane has no room; the call was not made and will not be."""


class LaneSpec(Struct, kw_only=True):
    """One lane. *handler_factory* runs once in each thread and makes that thread's handler.

    *gate* is called right before the handler, under the lock: None lets the call through, anything
    else is its result and the handler is not called.
    """

    name: str
    threads: int
    depth: int  # calls that may wait
    handler_factory: Callable[[], Handler]
    gate: Gate | None = None


class Lanes:
    """The lanes of one actor. *post* takes each `Called` back; *broken* ends the process.

    A handler that raises is an answer (`Raised`); a gate or a factory that raises is our own bug.
    """

    def __init__(
        self,
        specs: Sequence[LaneSpec],
        post: Callable[[Called], None],
        *,
        lock: "threading.Lock | None" = None,
        broken: Callable[[BaseException], None] | None = None,
        pass_by: faults.PassBy = faults.nothing,
    ) -> None:
        self.lock = lock or threading.Lock()
        self._post = post
        self._broken = broken or _raise
        self._pass_by = pass_by
        self._queues: dict[str, queue.Queue[Call | None]] = {}
        self._specs = {spec.name: spec for spec in specs}
        self._threads: list[threading.Thread] = []
        for spec in specs:
            self._queues[spec.name] = queue.Queue(maxsize=spec.depth)
            for number in range(spec.threads):
                self._start(spec, number)

    def offer(self, call: Call) -> bool:
        """Queue *call* on its lane; False when that is full. Raises KeyError for no such lane."""
        try:
            self._queues[call.lane].put_nowait(call)
        except queue.Full:
            return False
        return True

    def room(self, lane: str) -> int:
        """Return how many more calls *lane* takes now."""
        waiting = self._queues[lane]
        return max(0, waiting.maxsize - waiting.qsize())

    def close(self) -> None:
        """Drop what waits and let the threads end; one that is in a call is left behind."""
        for name, waiting in self._queues.items():
            while _take(waiting):
                pass
            for _ in range(self._specs[name].threads):
                attempt(partial(waiting.put_nowait, None))
        for thread in self._threads:
            thread.join(JOIN_MAX_S)

    def _start(self, spec: LaneSpec, number: int) -> None:
        thread = threading.Thread(
            target=self._work, args=(spec,), name=f"lane-{spec.name}-{number}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _work(self, spec: LaneSpec) -> None:
        broken = attempt(partial(self._work_off, spec, self._queues[spec.name]))
        if isinstance(broken, Raised):
            self._broken(broken.error)

    def _work_off(self, spec: LaneSpec, waiting: "queue.Queue[Call | None]") -> None:
        handler = spec.handler_factory()
        while (call := waiting.get()) is not None:
            result = self._stopped(spec, call)
            if result is None:
                self._pass_by(faults.PAST_GATE, (call.request,))
                result = attempt(partial(handler, call.request))
                self._pass_by(faults.ANSWERED, (call.request,))
            self._post(Called(call.lane, call.request, result, call.trail))

    def _stopped(self, spec: LaneSpec, call: Call) -> object | None:
        if spec.gate is None:
            return None
        with self.lock:
            return spec.gate(call.request)


def _take(waiting: "queue.Queue[Call | None]") -> bool:
    try:
        waiting.get_nowait()
    except queue.Empty:
        return False
    return True


def _raise(error: BaseException) -> None:
    raise error
