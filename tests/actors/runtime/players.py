"""Actors for the tests of the runtime: each does one thing that a real one may do to its process.

A player takes the place of a role of `actors/topology.py`, so that real sockets carry real
messages. What it does is its deed; what it heard is appended to `<run-dir>/<role>.heard`.
"""

import ctypes
import os
import time
from collections.abc import Iterable, Sequence

from msgspec import json

from actors.runtime.actor import Actor
from actors.runtime.effects import After, Back, Call, Called, Exit, Tick
from actors.runtime.failures import InvariantBroken
from actors.runtime.lanes import LaneSpec
from actors.runtime.parts import Parts
from messages import control, life, orders, state
from messages.money import Amount

DEED_MS = 50


class Player(Actor):
    """Ready after a while; does its deed once, soon after it was started."""

    role = "player"

    def __init__(
        self, parts: Parts, *, deed: str, deed_ms: int, ready_after_ms: int, stubborn_ms: int
    ) -> None:
        super().__init__(parts)
        self._deed, self._deed_ms = deed, deed_ms
        self._ready_after_ms = ready_after_ms
        self._stubborn_ms = stubborn_ms
        self._ready = False

    def started(self) -> Iterable[object]:
        self._note("started", pid=os.getpid())
        if self._deed == "fail in started":
            raise ValueError("started went wrong")
        yield After(self._ready_after_ms, Tick("ready"))
        yield After(self._deed_ms, Tick("deed"))

    def waiting_for(self) -> str:
        return "" if self._ready else "its time"

    def lanes(self) -> Sequence[LaneSpec]:
        return (LaneSpec(name="slow", threads=1, depth=1, handler_factory=lambda: str),)

    def react(self, message: object) -> Iterable[object]:
        match message:
            case Tick("ready"):
                self._ready = True
                return ()
            case Tick("deed"):
                return self._do()
            case Called():
                self._note("called", result=message.result)
                return ()
            case control.StatusQuery():
                return (Back(self.route, control.Reply(ok=True, code="OK", message=self._deed)),)
        self._hear(message)
        return self._answer(message)

    def stopping(self, reason: str) -> Iterable[object]:
        self._note("stopping", reason=reason)
        return (
            (After(self._stubborn_ms, Tick("leave")),) if self._stubborn_ms else (Exit(0, reason),)
        )

    def _answer(self, message: object) -> Iterable[object]:
        match message:
            case Tick("leave"):
                return (Exit(0, "took its time"),)
            case control.SetLevel():
                reply = control.Reply(ok=True, code="OK", message="")
                if self._deed == "keep nothing":
                    reply = control.Reply(ok=False, code="STORE_UNUSABLE", message="the disk")
                return (Back(self.route, reply),)
            case Tick("status"):
                return (executor_status(f"n{self.turns}"), After(100, Tick("status")))
            case orders.IntentBatch():
                refused = orders.BrokenRule(code="LEVEL", observed="HALTED", limit="ACTIVE")
                return (
                    orders.IntentRefused(
                        decision_id=message.decision_id,
                        instrument=message.instrument,
                        intent_id="",
                        broken=refused,
                    ),
                )
        return ()

    def _do(self) -> Iterable[object]:
        match self._deed:
            case "raise":
                raise ValueError("went wrong")
            case "break":
                raise InvariantBroken("two and two are five")
            case "sleep":
                time.sleep(600)
            case "hold the interpreter":
                ctypes.PyDLL(None).sleep(600)
            case "exit":
                return (Exit(0, "had enough"),)
            case "refuse":
                raise WrongKey("the key of another account")
            case "call":
                return (Call("slow", "quick"),)
            case "say states":
                return (executor_status("first"), account_state())
            case "repeat status":
                return (After(0, Tick("status")),)
            case "say a batch":
                return (batch(), After(100, Tick("deed")))
        return ()

    def _hear(self, message: object) -> None:
        more = {}
        if isinstance(message, life.Permit):
            more = {"nonce": message.nonce, "issuer": message.issuer}
        self._note(type(message).__name__, peer=self.route.peer.decode(), **more)

    def _note(self, event: str, **more: object) -> None:
        with (self.parts.run_dir / f"{self.parts.role}.heard").open("ab") as file:
            file.write(json.encode({"event": event, **more}) + b"\n")


class WrongKey(Exception):
    exit_code = 78


def executor_status(nonce: str, *, level: state.Level = state.Level.ACTIVE) -> state.ExecutorStatus:
    return state.ExecutorStatus(
        nonce=nonce,
        epoch=1,
        kill_epoch=0,
        level=level,
        levels=(),
        latched=False,
        armed=None,
        dry_run=False,
        reconciled=True,
        waiting_for="",
        unknown_orders=0,
        permits=(),
        head_seq=1,
        clock_offset_ms=None,
        at_ms=1,
    )


def account_state() -> state.AccountState:
    return state.AccountState(
        free={"TRY": Amount(100)},
        held={},
        equity=Amount(100),
        day_pnl=None,
        drawdown=None,
        drawdown_ratio=None,
        realised_today=Amount(0),
        fees_today=Amount(0),
        loss_streak=0,
        sent_1s=0,
        sent_60s=0,
        alive=0,
        at_ms=1,
    )


def batch(decision_id: str = "d1") -> orders.IntentBatch:
    return orders.IntentBatch(
        decision_id=decision_id,
        instrument="BTC_TRY",
        version=1,
        lineage="l",
        kill_epoch=0,
        deadline_ns=1,
        intents=(),
    )


def build(
    parts: Parts,
    *,
    deed: str = "",
    deed_ms: int = DEED_MS,
    ready_after_ms: int = 0,
    stubborn_ms: int = 0,
) -> Actor:
    player = Player(
        parts,
        deed=deed,
        deed_ms=deed_ms,
        ready_after_ms=ready_after_ms,
        stubborn_ms=stubborn_ms,
    )
    player.role = parts.role
    return player
