"""The crier and the bare client: each frame has a number, sent and read, and moves the best bid."""

from decimal import Decimal

import pytest

from actors.runtime.clock import SystemClock
from actors.venues.btcturk.feed import Feed
from actors.venues.btcturk.symbols import Symbols
from scripts.bench.bare import Reading, number_in
from scripts.bench.crier import BID_FIRST, SYMBOLS, Crier
from scripts.bench.feed import number_of

JOINS_WITHIN_MS = 20_000
LISTED = {"BTC_TRY": "BTCTRY", "ETH_TRY": "ETHTRY", "SOL_TRY": "SOLTRY"}


@pytest.fixture
def crier():
    made = Crier()
    yield made
    made.close()


def test_bare_client_reads_every_frame_by_its_number(crier):
    with Reading(crier.port) as reading:
        read, clock = {}, SystemClock()
        until_ms = clock.mono_ms() + JOINS_WITHIN_MS
        while clock.mono_ms() < until_ms:
            last = crier.cry(3)
            read |= reading.taken()
            if last in read:
                break

        numbers = sorted(read)
        assert numbers[-1] == last
        assert numbers == list(range(numbers[0], last + 1))
        assert all(read[number] >= crier.sent_ns[number] for number in numbers)


def test_best_bid_of_a_frame_tells_its_number(crier):
    feed = Feed(Symbols(LISTED))
    for symbol in SYMBOLS:
        feed.read(text(crier._whole(symbol)))
    for number in range(9):
        frame = text(crier._next())
        (top,) = feed.read(frame)

        assert number_of(top.bid) == number_in(frame) == number
        assert top.bid == Decimal(BID_FIRST + number)


def text(frame):
    """Return the text of one unmasked frame."""
    return frame[4:].decode() if frame[1] == 126 else frame[2:].decode()
