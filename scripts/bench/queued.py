"""Kills of an executor that has a thousand batches waiting: when did an order pass its gate last?

The desk is real; its strategy wants nothing. In place of the risk gate, batches come from here, so
many at once and each right in its turn, that orders leave one after the other for as long as the
queue lasts. In the middle of it the command is handed to ZeroMQ, and the clock starts right before.
The executor says when an order last passed the gate; the relay says when bytes came.
"""

import os
import random
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.runtime.clock import SystemClock
from actors.runtime.listener import Listener
from actors.runtime.speaker import Speaker
from messages import codec, ids
from messages.control import Kill, Resume, StatusQuery
from messages.market import Quote
from messages.money import Amount, amount
from messages.orders import ApprovedBatch, Intent, IntentBatch, Side
from messages.state import ExecutorStatus, InstrumentState
from scripts.bench.desks import Desk, desk
from scripts.bench.entries import SIZING
from scripts.bench.figures import MS, Figure, Section, quantile
from scripts.pace import Pace

GOAL_MS = 5.0
# No strategy of the desk, so that nobody takes its orders back.
INSTRUMENT, PREFIX, STRATEGY = "BTC_TRY", "bench", "queue"
QUEUED = 1_000
# A batch that came too early or found the lane full is said again: each version so many times,
# this many versions apart.
COPIES, APART = 2, 8
QUANTITY = amount("0.0001")
ACROSS = amount("1.002")  # times the ask: the order fills at once
GRID = 100  # TRY; a multiple of the instrument's price step
VALID_S = 30
FIRST_WITHIN_MS = 5_000  # until the first order of a queue leaves
LATER_S = 0.03  # the kill comes up to this long after it
SETTLED_WITHIN_MS = 20_000
EMPTY_WITHIN_MS = 60_000
NEVER = 10**9  # a version that no instrument reaches
PERMIT_YOUNG_MS = 1_000
ANSWER_MS = 5_000
CONTROL, ORDERS = "executor.control", "executor.orders"
GUARDS = ("risk_gate.control", "supervisor.control")
ORDER = "POST /api/v1/order"


class Killed(Struct, frozen=True):
    """One kill, in ms from the command: last pass of the gate, last byte, answer.

    *waiting* is how many batches were refused since, because of it; *orders* left in this round.
    """

    passed_ms: float
    bytes_ms: float
    answered_ms: float
    waiting: int
    orders: int


def measure(directory: Path, *, quick: bool) -> Section:
    """Return how long orders passed the gate after each of 500 kills (20 when *quick*)."""
    rounds = 20 if quick else 500
    taken: list[Killed] = []
    unheard = 0
    with desk(directory, wants="patient") as quiet, Queue(quiet) as line:
        for _ in range(rounds):
            line.settle()
            killed = line.kill_once()
            if killed is None:
                unheard += 1
            else:
                taken.append(killed)
            line.resume()
    return section(taken, unheard=unheard)


def section(taken: list[Killed], *, unheard: int) -> Section:
    """Return the figures of *taken*."""
    title = f"kill with {QUEUED} batches queued"
    if not taken:
        return Section(title=title, left_out="no kill came while orders left")
    after = sum(one.passed_ms > 0 for one in taken)
    waiting = [one.waiting for one in taken]
    sent = sum(one.orders for one in taken)
    return Section(
        title=title,
        figures=(
            *_figures("kill → last pass of the gate", [one.passed_ms for one in taken], GOAL_MS),
            *_figures("kill → last order byte", [one.bytes_ms for one in taken], None),
            *_figures("kill → answer, committed", [one.answered_ms for one in taken], None),
        ),
        notes=(
            f"{sent} orders left in {len(taken)} rounds; in {after} one passed after the command",
            f"batches behind the kill: {min(waiting)} to {max(waiting)}",
            *([f"{unheard} rounds in which no order left in time"] if unheard else []),
        ),
    )


class Queue:
    """What the benchmark says to the executor, and what it hears from the desk."""

    def __init__(self, quiet: Desk) -> None:
        self._desk = quiet
        self._clock, self._pace = SystemClock(), Pace(1)
        self._rng = random.Random(7)
        self._control = Speaker(quiet.run_dir, CONTROL, role="btcbot", mark=2)
        self._orders = Speaker(quiet.run_dir, ORDERS, role="risk_gate", mark=2 * QUEUED)
        kinds = (Quote, InstrumentState, ExecutorStatus)
        feeds = ("market_data.feed", "executor.state")
        self._feeds = Listener(quiet.run_dir, feeds, kinds)
        self._newest: dict[type, Any] = {}
        self._refused = Refused(quiet.run_dir / "logs" / "executor.jsonl")

    def __enter__(self) -> "Queue":
        return self

    def __exit__(self, *_: object) -> None:
        self._feeds.close()
        self._refused.close()
        self._control.close()
        self._orders.close()

    def settle(self) -> None:
        """Wait until orders may leave and none is on its way. Raises RuntimeError."""
        until_ms = self._clock.mono_ms() + SETTLED_WITHIN_MS
        self._newest.clear()
        while self._clock.mono_ms() < until_ms:
            self._hear(20)
            if self._may_begin():
                return
        raise RuntimeError(f"the desk did not settle: {self._newest.get(ExecutorStatus)}")

    def kill_once(self) -> Killed | None:
        """Fill the queue, kill in the middle of it; None when no order left."""
        self._desk.relay.seen.clear()
        command = self._control.sealed(Kill(reason="bench"))
        last = self._fill()
        until_ms = self._clock.mono_ms() + FIRST_WITHIN_MS
        while not self._sent():
            if self._clock.mono_ms() > until_ms:
                break
            self._pace.rest(0.000_5)
        self._pace.rest(self._rng.random() * LATER_S)
        began_ns = self._clock.mono_ns()
        self._control.say(command)
        answered_ns, _ = self._control.answer(ANSWER_MS)
        if not self._sent():
            return None
        behind = self._refused.until(last)
        passed_ns = self.passed_ns()
        sent = self._sent()
        return Killed(
            passed_ms=max(0, passed_ns - began_ns) / 1e6,
            bytes_ms=(max(began_ns, *sent) - began_ns) / 1e6,
            answered_ms=(answered_ns - began_ns) / 1e6,
            waiting=behind,
            orders=len(sent),
        )

    def offer(self, across: Amount = ACROSS) -> None:
        """Say one batch more that is right by the newest state: a buy at *across* times the ask."""
        self._hear(0)
        state, status = self._newest[InstrumentState], self._newest[ExecutorStatus]
        price = self._price(across)
        self._orders.say(self._approved(state.lineage, state.version, price, status.kill_epoch))

    def orders(self) -> int:
        """Return how many orders left so far."""
        return len(self._sent())

    def passed_ns(self) -> int:
        """Return when an order passed the gate last, monotonic."""
        return int(self._desk.ask(CONTROL, StatusQuery()).report["passed_ns"])

    def resume(self) -> None:
        """Lift the latch. Raises RuntimeError when the desk does not let it be lifted."""
        until_ms = self._clock.mono_ms() + SETTLED_WITHIN_MS
        while self._clock.mono_ms() < until_ms:
            reply = self._desk.ask(CONTROL, Resume())
            if reply.code == "CONFIRM":
                code = str(reply.report["confirm"])
                if self._desk.ask(CONTROL, Resume(code=code)).ok:
                    for guard in GUARDS:
                        self._desk.ask(guard, Resume(code=code))
                    return
            self._pace.rest(0.02)
        raise RuntimeError("the desk could not be resumed")

    def _fill(self) -> str:
        """Say a whole queue at once; return the intent of its last batch, which nobody takes."""
        state, status = self._newest[InstrumentState], self._newest[ExecutorStatus]
        price = self._price(ACROSS)
        versions = [
            state.version + max(0, place // COPIES - place % COPIES * APART)
            for place in range(QUEUED)
        ]
        versions.append(NEVER + state.version)
        made = [self._approved(state.lineage, v, price, status.kill_epoch) for v in versions]
        for one in made:
            self._orders.say(one)
        return _intent_id(state.lineage, versions[-1])

    def _price(self, across: Amount) -> Amount:
        return amount(int(self._newest[Quote].ask * across) // GRID * GRID)

    def _approved(self, lineage: str, version: int, price: Amount, kill_epoch: int) -> bytes:
        """Return what the risk gate says when it lets a batch of one order through."""
        name = _intent_id(lineage, version)
        intent = Intent(
            intent_id=name,
            leg=0,
            client_order_id=ids.client_order_id(prefix=PREFIX, intent=name),
            strategy=STRATEGY,
            side=Side.BUY,
            quantity=QUANTITY,
            price=price,
            sizing=SIZING,
        )
        batch = IntentBatch(
            decision_id=f"{version:032x}",
            instrument=INSTRUMENT,
            version=version,
            lineage=lineage,
            kill_epoch=kill_epoch,
            deadline_ns=self._clock.mono_ns() + VALID_S * 1_000_000_000,
            intents=(intent,),
        )
        # No ApprovedBatch is made here, only its bytes: making one is the risk gate's alone.
        return self._orders.stand_in(ApprovedBatch, {"batch": codec.body(batch), "verdicts": []})

    def _hear(self, within_ms: int) -> None:
        for _, message in self._feeds.hear(within_ms):
            if getattr(message, "instrument", INSTRUMENT) == INSTRUMENT:
                self._newest[type(message)] = message

    def _may_begin(self) -> bool:
        if len(self._newest) < len((Quote, InstrumentState, ExecutorStatus)):
            return False
        status, state = self._newest[ExecutorStatus], self._newest[InstrumentState]
        ages = [one.age_ms for one in status.permits]
        permitted = all(age is not None and age < PERMIT_YOUNG_MS for age in ages)
        ready = permitted and not status.latched and status.reconciled and not status.waiting_for
        return ready and not state.alive and self._newest[Quote].problem is None

    def _sent(self) -> list[int]:
        """Return when the first byte of each order came by."""
        return [one.at_ns for one in list(self._desk.relay.seen) if one.line.startswith(ORDER)]


class Refused:
    """Counts the batches that a kill refused, by the log of the executor."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._file = log.open("rb")
        self._file.seek(0, os.SEEK_END)

    def until(self, last: str) -> int:
        """Return how many were refused since this was asked last, once *last* was.

        Raises RuntimeError when it is not in time.
        """
        clock, pace, count = SystemClock(), Pace(0), 0
        until_ms = clock.mono_ms() + EMPTY_WITHIN_MS
        while clock.mono_ms() < until_ms:
            lines = [one for one in self._more() if b"intent_refused" in one]
            count += sum(b'"KILLED"' in one for one in lines)
            if any(last.encode() in one for one in lines):
                return count
            pace.rest(0.02)
        raise RuntimeError(f"the queue was not empty within {EMPTY_WITHIN_MS} ms")

    def _more(self) -> list[bytes]:
        lines = self._file.readlines()
        if not self._log.exists():
            return lines  # moved away, and the next one is not there yet
        if self._log.stat().st_ino != os.fstat(self._file.fileno()).st_ino:
            lines += self._file.readlines()
            self._file.close()
            self._file = self._log.open("rb")
            lines += self._file.readlines()
        return lines

    def close(self) -> None:
        self._file.close()


def _intent_id(lineage: str, version: int) -> str:
    return ids.intent_id(lineage=lineage, instrument=INSTRUMENT, version=version, leg=0)


def _figures(what: str, taken: list[float], goal: float | None) -> list[Figure]:
    return [
        Figure(
            what=f"{what}, {name}",
            value=quantile(taken, ratio),
            unit=MS,
            goal=goal if name == "p99" else None,
            samples=len(taken),
        )
        for ratio, name in ((0.5, "p50"), (0.99, "p99"), (1.0, "most"))
    ]
