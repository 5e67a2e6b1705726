"""From a frame of the public stream to the quote that follows from it: how long, and how many.

A `Crier` takes the place of the exchange's stream before a real desk: it shows whole books, then
differences, each with a best bid that says which one it is. Beside it a bare client of the same
library reads the same frames: what the desk adds to that read is what is measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from actors.runtime.clock import SystemClock
from actors.runtime.listener import Listener
from messages.market import Quote
from scripts.bench.bare import Reading
from scripts.bench.crier import BID_FIRST, Crier
from scripts.bench.figures import MS, Figure, Section, quantile
from scripts.bench.hearing import Hearing, hearing
from scripts.bench.memory import pss_mib
from scripts.pace import Pace

PACE_MS = 20
GOAL_MS = 1.0
RATE = 5_000  # frames a second
BURST_MS = 10  # the frames of so long go together
DUE_MAX = RATE // 2
WARM_S = 3.0
GROWTH_MAX = 1.5  # latency of the last quarter against the second
MIB = "MiB"
FRAMES_S = "frames/s"


class Heard(Struct, frozen=True):
    """One quote: which frame it shows, when that was sent, said and heard here."""

    number: int
    sent_ns: int
    said_ns: int
    heard_ns: int


def measure(directory: Path, *, quick: bool) -> tuple[Section, Section]:
    """Return the latency of one frame after the other, and what a flood of them does."""
    with _crying(directory) as (busy, crier, beside):
        Pace(0).rest(WARM_S)
        calm = _calm(busy, crier, 200 if quick else 1_000)
        latency = _latency(calm, beside.taken())
        flood = _flood(busy, crier, beside, seconds=5 if quick else 20)
    return latency, flood


@contextmanager
def _crying(directory: Path) -> Iterator[tuple[Hearing, Crier, Reading]]:
    """Give a desk that hears a crier, and a bare client beside it."""
    crier = Crier()
    try:
        with (
            hearing(directory, stream=crier.port, quote_every_ms=0) as desk,
            Reading(crier.port) as beside,
        ):
            yield desk, crier, beside
    finally:
        crier.close()


def _calm(busy: Hearing, crier: Crier, count: int) -> list[Heard]:
    clock, heard = SystemClock(), []
    with Listener(busy.run_dir, ("market_data.feed",), (Quote,)) as listener:
        listener.hear(500)
        for _ in Pace(PACE_MS).beats(count):
            number = crier.cry(1)
            heard += _until(listener, crier, number, clock)
    return heard


def _until(listener: Listener, crier: Crier, number: int, clock: SystemClock) -> list[Heard]:
    """Return the quote that shows frame *number*; empty when it does not come in a second."""
    until_ms = clock.mono_ms() + 1_000
    while clock.mono_ms() < until_ms:
        for one in _heard(listener, crier, 50, clock):
            if one.number == number:
                return [one]
    return []


def _heard(listener: Listener, crier: Crier, within_ms: int, clock: SystemClock) -> Iterator[Heard]:
    for envelope, quote in listener.hear(within_ms):
        now_ns = clock.mono_ns()
        if isinstance(quote, Quote) and quote.bid is not None:
            number = number_of(quote.bid)
            sent_ns = crier.sent_ns.get(number)
            if sent_ns is not None:
                yield Heard(number, sent_ns, envelope.mono_ns, now_ns)


def number_of(bid: Decimal) -> int:
    """Return which frame a best bid came with."""
    return int(bid - BID_FIRST)


def _latency(calm: list[Heard], beside: dict[int, int]) -> Section:
    title = "frame to quote"
    both = [one for one in calm if one.number in beside]
    if not both:
        return Section(title=title, left_out="no quote followed from a frame")
    bare = [(beside[one.number] - one.sent_ns) / 1e6 for one in both]
    said = [(one.said_ns - one.sent_ns) / 1e6 for one in both]
    heard = [(one.heard_ns - one.sent_ns) / 1e6 for one in both]
    figures = []
    for ratio, name in ((0.5, "p50"), (0.99, "p99")):
        floor = quantile(bare, ratio)
        figures += [
            Figure(
                what=f"frame sent → quote said, above a bare read, {name}",
                value=quantile(said, ratio) - floor,
                unit=MS,
                floor=floor,
                floor_is="a bare client reads the same frame",
                goal=GOAL_MS if ratio == 0.5 else None,
                samples=len(both),
            ),
            Figure(
                what=f"frame sent → quote heard by a subscriber, {name}",
                value=quantile(heard, ratio),
                unit=MS,
                floor=floor,
                floor_is="a bare client reads the same frame",
                samples=len(both),
            ),
        ]
    note = f"one difference of one book every {PACE_MS} ms; desk and bare client at the same time"
    return Section(title=title, figures=tuple(figures), notes=(note,))


def _flood(busy: Hearing, crier: Crier, beside: Reading, *, seconds: int) -> Section:
    clock, heard = SystemClock(), []
    pid = busy.pids()["market_data"]
    beside.taken()
    first, began_ns = crier.last + 1, clock.mono_ns()
    beats = seconds * 1_000 // BURST_MS
    with Listener(busy.run_dir, ("market_data.feed",), (Quote,)) as listener:
        for beat in Pace(BURST_MS).beats(beats):
            if beat == beats // 4:
                before = pss_mib(pid)  # by then every cache with a bound is full
            # What came late is made up for: so many a second are sent, whatever else runs here.
            due = (clock.mono_ns() - began_ns) * RATE // 1_000_000_000 + first - 1 - crier.last
            crier.cry(max(1, min(due, DUE_MAX)))
            if beat % 5 == 0:
                heard += list(_heard(listener, crier, 0, clock))
        took_s = (clock.mono_ns() - began_ns) / 1e9
        last = crier.last
        heard += _until(listener, crier, last, clock)
    caught_up_ms = (clock.mono_ns() - began_ns) / 1e6 - took_s * 1e3
    after = pss_mib(pid)
    return _flooded(heard, beside.taken(), (first, last), (took_s, caught_up_ms), (before, after))


def _flooded(
    heard: list[Heard],
    beside: dict[int, int],
    frames: tuple[int, int],
    times: tuple[float, float],
    memory: tuple[float, float],
) -> Section:
    title = "a flood of frames"
    first, last = frames
    inside = [one for one in heard if first <= one.number <= last]
    quarter = (last - first + 1) // 4
    second = [_said_ms(o) for o in inside if first + quarter <= o.number < first + 2 * quarter]
    fourth = [_said_ms(o) for o in inside if o.number >= first + 3 * quarter]
    if not (second and fourth):
        return Section(title=title, left_out="too few quotes were heard")
    bare = [(beside[o.number] - o.sent_ns) / 1e6 for o in inside if o.number in beside]
    floor = quantile(bare, 0.5) if bare else None
    figures = (
        Figure(
            what="frames taken, all read",
            value=(last - first + 1) / (times[0] + times[1] / 1e3),
            unit=FRAMES_S,
            goal=RATE * 0.99,
            more_is_better=True,
            samples=last - first + 1,
        ),
        Figure(
            what="frame sent → quote said, second quarter, p50",
            value=quantile(second, 0.5),
            unit=MS,
            floor=floor,
            floor_is="a bare client reads the same frame",
            samples=len(second),
        ),
        Figure(
            what="frame sent → quote said, last quarter, p50",
            value=quantile(fourth, 0.5),
            unit=MS,
            floor=quantile(second, 0.5),
            floor_is="the second quarter",
            goal=GROWTH_MAX,
            goal_of="ratio",
            samples=len(fourth),
        ),
        Figure(
            what="memory of market_data at its end",
            value=memory[1],
            unit=MIB,
            floor=memory[0],
            floor_is="after its first quarter",
            goal=1.2,
            goal_of="ratio",
        ),
    )
    note = (
        f"{RATE:,} frames a second for {times[0]:.0f} s; the last was said {times[1]:.0f} ms later"
    )
    return Section(title=title, figures=figures, notes=(note,))


def _said_ms(one: Heard) -> float:
    return (one.said_ns - one.sent_ns) / 1e6
