"""From a quote said to the bytes of its order: the real desk beside bare ZeroMQ hops, in turns.

The clock starts in the envelope of the quote, stamped when market_data says it, and stops when the
first byte of the POST reaches the relay. An order counts only when its chain began with that quote:
the executor's state that first shows it must correlate with it.
"""

import json
from pathlib import Path

from msgspec import Struct

from actors.runtime.clock import SystemClock
from actors.runtime.listener import Listener
from messages.market import Quote
from messages.state import InstrumentState
from scripts.bench import memory
from scripts.bench.chain import HOPS, chain
from scripts.bench.chain import samples_us as chain_samples_us
from scripts.bench.desks import Desk, desk
from scripts.bench.figures import MS, US, Figure, Section, quantile
from scripts.pace import Pace

PACE_MS = 20
QUOTED = ("BTC_TRY",)  # one, so that a quote comes every PACE_MS, as in what it is compared with
WARM_S = 4.0  # a desk trades from then on at its usual speed
ORDERS_WITHIN_MS = 60_000
LAST_S = 0.3  # until the bytes of the last order have come
QUOTES_KEPT = 20_000
PEER_MS = {0.5: 0.59, 0.99: 0.88}  # a single process without a durable write, same pace: reference
REFERENCE = (
    "reference: another engine, one process, nothing durable, same kind of machine, "
    f"{PACE_MS} ms pace: {PEER_MS[0.5]} ms p50, {PEER_MS[0.99]} ms p99"
)
WITH_COMMIT, WITHOUT_COMMIT = 1.5, 1.0
MEMORY_DIRECTORY = Path("/dev/shm")  # noqa: S108 - a file system without a disk: sync costs nothing


class Sample(Struct, frozen=True):
    """One order, from its quote: when its commit was told and when its bytes left, in ms.

    The order leaves before anybody is told of it, so either may be the earlier one.
    """

    told_ms: float
    left_ms: float


class Taken(Struct):
    """What the turns have brought so far."""

    desk: list[Sample]
    unsynced: list[Sample]
    chain_us: list[float]
    memory: list[Section]


def measure(directory: Path, *, quick: bool) -> tuple[Section, Section]:
    """Return the latencies and the memory of the same desk."""
    turns, orders = (1, 60) if quick else (2, 400)
    taken = Taken([], [], [], [])
    for _ in range(turns):
        _chain_turn(taken, orders // 2)
        with desk(directory, pace_ms=PACE_MS, instruments=QUOTED) as busy:
            taken.desk += collect(busy, orders)
            taken.memory.append(memory.measure(busy))
        _chain_turn(taken, orders // 2)
        if MEMORY_DIRECTORY.is_dir():
            with desk(MEMORY_DIRECTORY, pace_ms=PACE_MS, instruments=QUOTED) as busy:
                taken.unsynced += collect(busy, orders)
    return _section(taken), taken.memory[-1]


def collect(busy: Desk, wanted: int) -> list[Sample]:
    """Return up to *wanted* orders of the running desk, each timed from its quote."""
    clock = SystemClock()
    Pace(0).rest(WARM_S)
    quotes: dict[bytes, int] = {}
    orders: dict[str, tuple[int, int]] = {}  # client order id -> quote said, order told
    until_ms = clock.mono_ms() + ORDERS_WITHIN_MS
    feeds = ("market_data.feed", "executor.state")
    with Listener(busy.run_dir, feeds, (Quote, InstrumentState)) as listener:
        known: set[str] = set()
        while len(orders) < wanted and clock.mono_ms() < until_ms:
            for envelope, message in listener.hear(100):
                if isinstance(message, Quote):
                    quotes[envelope.id] = envelope.mono_ns
                    continue
                if len(quotes) > QUOTES_KEPT:
                    quotes.clear()
                for order in message.alive:
                    said_ns = quotes.get(envelope.cor)
                    if order.client_order_id not in known and said_ns is not None:
                        orders[order.client_order_id] = (said_ns, envelope.mono_ns)
                    known.add(order.client_order_id)
    Pace(0).rest(LAST_S)
    return _joined(busy, orders)


def _joined(busy: Desk, orders: dict[str, tuple[int, int]]) -> list[Sample]:
    samples = []
    for seen in list(busy.relay.seen):
        if not seen.line.startswith("POST /api/v1/order"):
            continue
        times = orders.get(str(json.loads(seen.body).get("newOrderClientId")))
        if times is not None:
            said_ns, told_ns = times
            samples.append(Sample((told_ns - said_ns) / 1e6, (seen.at_ns - said_ns) / 1e6))
    return samples


def _chain_turn(taken: Taken, count: int) -> None:
    with chain() as ends:
        taken.chain_us += chain_samples_us(ends, count=count, pace=Pace(PACE_MS))


def _section(taken: Taken) -> Section:
    title = "quote to order"
    if not taken.desk:
        return Section(title=title, left_out="the desk sent no order that began with a quote")
    figures = []
    for ratio, name in ((0.5, "p50"), (0.99, "p99")):
        hops_ms = quantile(taken.chain_us, ratio) / 1_000
        figures += [
            _latency(f"quote → order bytes, {name}", taken.desk, ratio, hops_ms, WITH_COMMIT),
            Figure(
                what=f"quote → committed and told, {name}",
                value=quantile([one.told_ms for one in taken.desk], ratio),
                unit=MS,
                samples=len(taken.desk),
            ),
        ]
        if taken.unsynced:
            what = f"the same without a disk to wait for, {name}"
            figures.append(_latency(what, taken.unsynced, ratio, hops_ms, WITHOUT_COMMIT))
        figures.append(
            Figure(
                what=f"{HOPS} bare hops with the codec, {name}",
                value=quantile(taken.chain_us, ratio),
                unit=US,
                samples=len(taken.chain_us),
            )
        )
    return Section(
        title=title,
        figures=tuple(figures),
        notes=(
            f"one quote per instrument and {PACE_MS} ms; desk and hops in turns",
            REFERENCE,
        ),
    )


def _latency(
    what: str, samples: list[Sample], ratio: float, hops_ms: float, times: float
) -> Figure:
    return Figure(
        what=what,
        value=quantile([one.left_ms for one in samples], ratio),
        unit=MS,
        floor=hops_ms,
        floor_is=f"{HOPS} bare hops",
        goal=PEER_MS[ratio] * times,
        samples=len(samples),
    )
