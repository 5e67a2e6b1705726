"""Actors for the tests of the runtime: each does one thing that a real one may do to its process.

They take the place of a role of `actors/topology.py`, so that real sockets carry real messages.
"""

import time
from collections.abc import Iterable

from actors.runtime.actor import Actor
from actors.runtime.effects import After, Exit, Tick
from actors.runtime.failures import InvariantBroken
from actors.runtime.parts import Parts


class Player(Actor):
    """Ready at once; does what its *deed* says when it is told."""

    role = "player"

    def __init__(self, parts: Parts, *, deed: str, ready_after_ms: int) -> None:
        super().__init__(parts)
        self.role = parts.role
        self._deed = deed
        self._ready_after_ms = ready_after_ms
        self._ready = ready_after_ms == 0
        self._seq = 0

    def started(self) -> Iterable[object]:
        if self._deed == "fail in started":
            raise ValueError("started went wrong")
        yield After(self._ready_after_ms, Tick("ready"))
        yield After(50, Tick("deed"))

    def waiting_for(self) -> str:
        return "" if self._ready else "time"

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Tick("ready"):
                self._ready = True
                return []
            case Tick("deed"):
                return self._do()
        return []

    def _do(self) -> Iterable[object]:
        match self._deed:
            case "raise":
                raise ValueError("went wrong")
            case "break":
                raise InvariantBroken("two and two are five")
            case "hang":
                time.sleep(600)
            case "exit":
                return [Exit(0, "had enough")]
            case "refuse":
                return [Exit(78, "wrong key")]
        return []


def build(parts: Parts, *, deed: str = "", ready_after_ms: int = 0) -> Actor:
    return Player(parts, deed=deed, ready_after_ms=ready_after_ms)
