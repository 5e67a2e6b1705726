"""When a lost order is surely absent, and everything that is no evidence of it."""

import pytest

from actors.executor.clock_offset import VenueClock
from actors.executor.facts import Seen
from actors.executor.resolver import Resolver, report, unknown
from actors.executor.settings import Asking
from actors.executor.states import Fact
from actors.executor.watching import Watching
from messages.orders import OrderState
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import NOW_MS, answer, books, tell
from tests.actors.executor.wishes import batch, intent

OWN = settings(
    window_ms=5_000,
    visibility_lag_s=2,
    asking=Asking(twice_apart_ms=2_000, scan_first_ms=500, scan_pages_max=3),
)
SETTLED_MS = 7_000  # after the stamp: window and lag
ERROR_MS = 10


class Lost:
    """Books with one lost order, signed at monotonic zero, and a resolver at work on it."""

    def __init__(self, error_ms=ERROR_MS):
        self.on = books(TRY=10_000)
        self.name = answer(batch(intent()), self.on).sends[0].client_order_id
        tell(self.on, self.name, Seen(fact=Fact.LOST, code="ReadTimeout"))
        self.watching = Watching(["BTC_TRY"])
        self.resolver = Resolver(OWN)
        self.clock = VenueClock(offset_ms=NOW_MS, error_ms=error_ms - 1, measured_ms=10**9)

    def begin(self, now_ms):
        self.resolver.begin(self.on, self.clock, now_ms)
        return self.resolver.scans.get("BTC_TRY")

    def scan(self, now_ms, pages=1):
        """Make a whole scan at *now_ms* that does not show the order."""
        assert self.begin(now_ms), "no scan was due"
        self.watching.listed("BTC_TRY", now_ms, {})
        for number in range(pages):
            (request,) = self.resolver.pages_due(self.watching)
            assert request.page == number + 1
            self.resolver.page(request, 1 if number + 1 < pages else 0, now_ms)
        self.watching.swept("BTC_TRY", now_ms)
        return self.resolver.conclude(self.on, self.watching, self.clock)


def test_two_complete_scans_late_enough_and_far_enough_apart_conclude():
    lost = Lost()
    first = SETTLED_MS + ERROR_MS + 1

    assert lost.scan(first) == []
    assert lost.scan(first + 2_000) == [lost.name]


def test_scans_too_close_together_do_not_conclude():
    lost = Lost()
    first = SETTLED_MS + ERROR_MS + 1
    lost.scan(first)

    assert lost.scan(first + 1_999) == []
    assert lost.scan(first + 4_000) == [lost.name]


@pytest.mark.parametrize(("early_ms", "counts"), [(1, False), (0, False), (-1, True)])
def test_a_scan_that_began_before_the_venue_must_know_counts_for_nothing(early_ms, counts):
    lost = Lost()
    first = SETTLED_MS + ERROR_MS - early_ms
    lost.scan(first)

    assert (lost.scan(first + 3_000) == [lost.name]) is counts


def test_an_unsure_clock_makes_it_wait_longer():
    lost = Lost(error_ms=500)
    lost.scan(SETTLED_MS + ERROR_MS + 1)

    assert lost.scan(SETTLED_MS + ERROR_MS + 3_000) == []


def test_without_the_venues_clock_nothing_is_scanned():
    lost = Lost()
    lost.clock = None

    assert lost.begin(20_000) is None


def test_a_scan_asks_for_open_orders_first_then_pages_then_fills():
    lost = Lost()
    lost.begin(9_000)

    assert lost.resolver.lists_since() == {"BTC_TRY": 9_000}
    assert lost.resolver.pages_due(lost.watching) == []
    lost.watching.listed("BTC_TRY", 8_999, {})
    assert lost.resolver.pages_due(lost.watching) == []
    lost.watching.listed("BTC_TRY", 9_000, {})
    (request,) = lost.resolver.pages_due(lost.watching)
    assert lost.resolver.sweeps_since() == {}
    lost.resolver.page(request, 0, 9_100)
    assert lost.resolver.sweeps_since() == {"BTC_TRY": 9_100}


def test_a_full_page_is_not_the_last():
    lost = Lost()

    assert lost.scan(9_000, pages=3) == []
    assert lost.resolver.evidence[lost.name].scans == 1


def test_pages_without_end_are_no_information():
    lost = Lost()
    lost.begin(9_000)
    lost.watching.listed("BTC_TRY", 9_000, {})
    for _ in range(3):
        (request,) = lost.resolver.pages_due(lost.watching)
        lost.resolver.page(request, 1, 9_000)

    assert lost.resolver.scans == {}
    assert lost.resolver.evidence[lost.name].missed_ms is None


def test_a_sweep_from_before_the_last_page_is_not_enough():
    lost = Lost()
    lost.begin(9_000)
    lost.watching.listed("BTC_TRY", 9_000, {})
    (request,) = lost.resolver.pages_due(lost.watching)
    lost.resolver.page(request, 0, 9_100)
    lost.watching.swept("BTC_TRY", 9_099)

    lost.resolver.conclude(lost.on, lost.watching, lost.clock)

    assert "BTC_TRY" in lost.resolver.scans


def test_a_failed_page_drops_the_scan_and_the_next_waits_its_time():
    lost = Lost()
    lost.begin(9_000)

    lost.resolver.failed("BTC_TRY", "UNAVAILABLE: THROTTLED")

    assert lost.resolver.evidence[lost.name].last == "UNAVAILABLE: THROTTLED"
    assert lost.begin(9_499) is None
    assert lost.begin(9_500) is not None


def test_an_order_found_meanwhile_is_not_concluded():
    lost = Lost()
    first = SETTLED_MS + ERROR_MS + 1
    lost.scan(first)
    tell(lost.on, lost.name, Seen(fact=Fact.ACK, venue_order_id=7))

    assert lost.begin(first + 3_000) is None
    assert unknown(lost.on) == {}
    assert lost.on.orders[lost.name].state is OrderState.LIVE


def test_the_pages_begin_before_the_stamp():
    lost = Lost()

    assert lost.begin(9_000).since_ms == NOW_MS - 10_000


def test_a_person_sees_what_is_held_and_why_it_is_not_known():
    lost = Lost()
    lost.scan(100)

    (told,) = report(lost.on, lost.resolver.evidence, NOW_MS + 500)

    assert (told["held"], told["age_ms"], told["scans"]) == ("3005.4", 500, 1)
    assert told["last_evidence"] == "not found, and too early to conclude"
