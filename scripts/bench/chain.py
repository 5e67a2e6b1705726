"""What five bare ZeroMQ hops with the codec cost, at a given pace."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from actors.runtime.clock import SystemClock
from actors.runtime.floor import Ends
from messages import codec
from messages.envelope import ENVELOPE_VERSION, Envelope
from messages.market import Quote
from messages.money import amount
from scripts.pace import Pace

HOPS = 5
FIRST_TRIES = 3  # the sockets of a new chain bind while the first messages come


@contextmanager
def chain() -> Iterator[Ends]:
    """Give both ends of a chain of `HOPS` hops; its processes end with the block."""
    with tempfile.TemporaryDirectory(prefix="bb-") as directory:
        ways = [f"ipc://{Path(directory) / str(hop)}" for hop in range(HOPS)]
        command = (sys.executable, "-m", "actors.runtime.floor")
        links = [
            subprocess.Popen((*command, near, far), stdin=subprocess.PIPE)  # noqa: S603 - our own
            for near, far in pairwise(ways)
        ]
        ends = Ends(first=ways[0], last=ways[-1])
        try:
            yield warm(ends)
        finally:
            ends.close()
            for one in links:
                one.communicate()


def warm(ends: Ends) -> Ends:
    """Return *ends* once the chain passes messages. Raises TimeoutError when it never does."""
    for _ in range(FIRST_TRIES - 1):
        try:
            ends.pass_through(message())
        except TimeoutError:
            continue
        return ends
    ends.pass_through(message())
    return ends


def samples_us(ends: Ends, *, count: int, pace: Pace) -> list[float]:
    """Return how long each of *count* messages took from end to end, in µs."""
    clock = SystemClock()
    raw = message()
    taken = []
    for _ in pace.beats(count):
        began = clock.mono_ns()
        ends.pass_through(raw)
        taken.append((clock.mono_ns() - began) / 1_000)
    return taken


def message() -> bytes:
    """Return an ordinary quote as it travels."""
    quote = Quote(
        instrument="BTC_TRY",
        bid=amount("3035109"),
        bid_quantity=amount("0.01422"),
        ask=amount("3036622"),
        ask_quantity=amount("0.00812"),
        median=amount("3035000.5"),
        channel="book",
        venue_ms=1_774_252_925_783,
        age_ms=4,
        seq=7,
        problem=None,
        at_ms=1_774_252_925_790,
    )
    return codec.encode(
        Envelope(
            v=ENVELOPE_VERSION,
            type="Quote",
            schema=codec.SCHEMAS[Quote],
            id=bytes(16),
            cor=bytes(16),
            cau=bytes(16),
            src="bench",
            inc=1,
            seq=1,
            wall_ns=1,
            mono_ns=1,
            boot="",
            build="",
            config="",
            body=codec.body(quote),
        )
    )
