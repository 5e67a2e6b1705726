"""Parts for tests: a clock moved by hand, a log that is a list, an outlet that is one, too."""

import random
from pathlib import Path

import structlog
from structlog.testing import CapturingLogger

from actors.runtime.effects import Call, Route
from actors.runtime.parts import Parts
from actors.runtime.wire import Identity, Trail

ME = Identity(role="executor", incarnation=7, boot="boot", build="b1", config="c1")


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000_000

    def pass_ms(self, ms: int) -> None:
        self.now_ns += ms * 1_000_000

    def wall_ms(self) -> int:
        return self.now_ns // 1_000_000

    def wall_ns(self) -> int:
        return self.now_ns

    def mono_ms(self) -> int:
        return self.now_ns // 1_000_000

    def mono_ns(self) -> int:
        return self.now_ns


class Outlet:
    """Keeps what an actor wants done, in order, as (what, value, trail)."""

    def __init__(self, *, room: int = 1) -> None:
        self.done: list[tuple[object, ...]] = []
        self._room = room

    def open(self) -> None:
        self.done.append(("open",))

    def say(self, message: object, trail: Trail | None) -> None:
        self.done.append(("say", message, trail))

    def back(self, route: Route, message: object, trail: Trail | None) -> None:
        self.done.append(("back", route, message, trail))

    def after(self, delay_ms: int, message: object) -> None:
        self.done.append(("after", delay_ms, message))

    def call(self, call: Call) -> bool:
        if self._room == 0:
            return False
        self._room -= 1
        self.done.append(("call", call))
        return True

    def room(self, lane: str) -> int:
        return self._room

    def exit(self, code: int, reason: str) -> None:
        self.done.append(("exit", code, reason))


def captured() -> tuple[structlog.typing.FilteringBoundLogger, list[str]]:
    """Return a log and the list of the events in it."""
    events: list[str] = []

    def keep(_log: object, _method: str, event: dict) -> str:
        events.append(event["event"])
        return ""

    log = structlog.wrap_logger(
        CapturingLogger(),
        processors=[keep],
        wrapper_class=structlog.make_filtering_bound_logger(10),
    )
    return log, events


def parts(clock: HandClock | None = None, *, role: str = "executor") -> Parts:
    log, _ = captured()
    return Parts(
        role=role,
        run_id="run-1",
        run_dir=Path("nowhere"),
        clock=clock or HandClock(),
        log=log,
        rng=random.Random(1),
    )
