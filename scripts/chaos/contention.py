"""Many at one store: a writer at full rate with readers beside it, and many who want to write.

Phases with and without readers alternate, since the pace of a machine moves by itself; what is
compared are commits of one intent each, durable. A reader reads what the commands read.
"""

import multiprocessing
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.runtime.clock import SystemClock
from messages.money import Amount
from scripts.bench.entries import BEGAN_MS, OPENING, QUOTE, Ledger
from scripts.bench.figures import quantile
from scripts.pace import Pace
from scripts.priority import give_way
from store.failures import StoreFailed, StoreRefused
from store.identity import Identity
from store.readers import Reader
from store.rows import EXTERNAL, FREE, BalanceRow, Entry, PostingRow
from store.verify import verify
from store.writer import Writer

IDENTITY = Identity(mode="sim", base_url="contention", key_hash="")
READERS, READS_PER_S = 8, 100
PHASE_S = 5.0  # one phase without and one with readers take turns
CHECK_EVERY = 16  # commits between two looks at the clock
CHECKPOINT_EVERY = 512  # commits; the executor does it between bursts
STARTED_WITHIN_S = 30.0
LOCKED = "locked"


class Contended(Struct, frozen=True, kw_only=True):
    """What came of it. Times of one commit in ms."""

    seconds: int
    commits: int
    reads: int
    read_errors: list[str]
    alone_p50_ms: float
    alone_p99_ms: float
    beside_p50_ms: float
    beside_p99_ms: float
    differences: list[str]

    @property
    def locked(self) -> list[str]:
        return [line for line in self.read_errors if LOCKED in line]


class Rivals(Struct, frozen=True, kw_only=True):
    """How many wanted to write, who did, and how the others were told."""

    tried: int
    won: int
    refusals: list[str]
    differences: list[str]


def contend(run_dir: Path, *, minutes: float) -> Contended:
    """Write for *minutes* at full rate, half of it with readers, and return what it cost."""
    alone: list[float] = []
    beside: list[float] = []
    clock = SystemClock()
    began_ms = clock.mono_ms()
    with Writer.open(run_dir, IDENTITY, clock) as writer:
        writer.append([_opening()])
        ledger = Ledger(writer.lineage)
        with _readers(run_dir) as (reading, told):
            while clock.mono_ms() - began_ms < minutes * 60_000:
                reading.clear()
                _commits(writer, ledger, alone)
                reading.set()
                _commits(writer, ledger, beside)
            reads, errors = _heard(told)
    with Reader.open(run_dir) as reader:
        found = verify(reader)
    return Contended(
        seconds=(clock.mono_ms() - began_ms) // 1_000,
        commits=len(alone) + len(beside),
        reads=reads,
        read_errors=errors,
        alone_p50_ms=quantile(alone, 0.5),
        alone_p99_ms=quantile(alone, 0.99),
        beside_p50_ms=quantile(beside, 0.5),
        beside_p99_ms=quantile(beside, 0.99),
        differences=list(found.differences),
    )


def rival(run_dir: Path, *, tries: int) -> Rivals:
    """Have *tries* processes open one store to write at the same moment; one of them may."""
    context = multiprocessing.get_context("spawn")
    start, end, told = context.Event(), context.Event(), context.Queue()
    with Writer.open(run_dir, IDENTITY, SystemClock()) as first:
        first.append([_opening()])
    given = (str(run_dir), start, end, told)
    all_of_them = [context.Process(target=_want, args=given, daemon=True) for _ in range(tries)]
    for one in all_of_them:
        one.start()
    try:
        for _ in range(tries):
            told.get(timeout=STARTED_WITHIN_S)  # it has loaded and waits
        start.set()
        answers = [str(told.get(timeout=STARTED_WITHIN_S)) for _ in range(tries)]
    finally:
        end.set()
        _join(all_of_them)
    with Reader.open(run_dir) as reader:
        found = verify(reader)
    refusals = [answer for answer in answers if answer]
    return Rivals(
        tried=tries,
        won=answers.count(""),
        refusals=refusals,
        differences=list(found.differences),
    )


def _opening() -> Entry:
    """Return the entry by which the ledger's money came from outside."""
    sums = {EXTERNAL: Amount(-OPENING), FREE: OPENING}
    postings = [
        PostingRow(transfer="opening", leg=leg, account=account, asset=QUOTE, amount=amount)
        for leg, (account, amount) in enumerate(sums.items())
    ]
    balances = [BalanceRow(account=name, asset=QUOTE, amount=sums[name]) for name in sums]
    return Entry(
        kind="Opened", subject="desk", at_ms=BEGAN_MS, cause={}, rows=(*postings, *balances)
    )


def _commits(writer: Writer, ledger: Ledger, taken_ms: list[float]) -> None:
    clock = SystemClock()
    until_ms = clock.mono_ms() + int(PHASE_S * 1_000)
    count = 0
    while count % CHECK_EVERY or clock.mono_ms() < until_ms:
        entry = ledger.accepted()
        began_ns = clock.mono_ns()
        writer.append([entry])
        taken_ms.append((clock.mono_ns() - began_ns) / 1e6)
        count += 1
        if count % CHECKPOINT_EVERY == 0:
            writer.checkpoint()


@contextmanager
def _readers(run_dir: Path) -> Iterator[tuple[Event, Any]]:
    """Give the event by which readers read, and what they tell once the block is left."""
    context = multiprocessing.get_context("spawn")
    reading, end, told = context.Event(), context.Event(), context.Queue()
    given = (str(run_dir), reading, end, told)
    readers = [context.Process(target=_read, args=given, daemon=True) for _ in range(READERS)]
    for one in readers:
        one.start()
    try:
        for _ in readers:
            told.get(timeout=STARTED_WITHIN_S)
        yield reading, _Ending(end, reading, told)
    finally:
        end.set()
        reading.set()
        _join(readers)


class _Ending(Struct, frozen=True):
    """How readers are asked to end and to tell."""

    end: Event
    reading: Event
    told: Any


def _heard(ending: _Ending) -> tuple[int, list[str]]:
    ending.end.set()
    ending.reading.set()
    reads, errors = 0, []
    for _ in range(READERS):
        count, wrong = ending.told.get(timeout=STARTED_WITHIN_S)
        reads += count
        errors += wrong
    return reads, errors


def _read(run_dir: str, reading: Event, end: Event, told: Any) -> None:
    """Be a reader, as nice as the commands: at its pace while *reading* is set."""
    give_way()
    reads, wrong = 0, []
    pace = Pace(1_000 // READS_PER_S)
    with Reader.open(Path(run_dir)) as reader:
        told.put(None)
        while not end.is_set():
            reading.wait()
            for _ in pace.beats(READS_PER_S):
                if end.is_set() or not reading.is_set():
                    break
                try:
                    _one_read(reader, reads)
                except (StoreFailed, sqlite3.Error) as why:
                    wrong.append(f"{type(why).__name__}: {why}"[:200])
                reads += 1
    told.put((reads, wrong))


def _one_read(reader: Reader, number: int) -> None:
    match number % 4:
        case 0:
            reader.orders(20)
        case 1:
            reader.fills(20)
        case 2:
            reader.balances()
        case _:
            reader.journal_since(max(0, reader.head().seq - 50), 50)


def _want(run_dir: str, start: Event, end: Event, told: Any) -> None:
    """Be one who wants to write: say "" when it may, else why not; hold it until the end."""
    told.put(None)
    start.wait()
    try:
        writer = Writer.open(Path(run_dir), IDENTITY, SystemClock())
    except StoreRefused as why:
        told.put(f"{why.code}: {why}")
        return
    with writer:
        ledger = Ledger(writer.lineage)
        told.put("")
        while not end.is_set():
            writer.append([ledger.accepted()])


def _join(processes: Sequence[BaseProcess]) -> None:
    for one in processes:
        one.join(STARTED_WITHIN_S)
        if one.is_alive():
            one.kill()
            one.join()
