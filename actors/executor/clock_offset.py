"""What time it is at the venue, how sure we are, and the stamps we sign.

All milliseconds. The venue's clock is measured against our monotonic clock, so that a step of the
wall clock does not move it. The error is half the round trip plus drift since the measurement.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable

from msgspec import Struct

DRIFT_PPM = 100  # a free-running clock is rarely worse
MILLION = 1_000_000
APART_MAX_MS = 60_000  # from the wall clock: nobody's clock is that wrong, an answer may be
STAMPS_KEPT_MAX = 4_096  # minutes of them at the budgets' full pace


class Measured(Struct, frozen=True, kw_only=True):
    """One answer of the venue's clock: *server_ms* lay between *asked_ms* and *heard_ms* (mono)."""

    server_ms: int
    asked_ms: int
    heard_ms: int


class VenueClock(Struct, frozen=True, kw_only=True):
    """The venue's clock as last measured."""

    offset_ms: int  # venue time minus our monotonic time
    error_ms: int
    measured_ms: int  # monotonic

    def now_ms(self, mono_ms: int) -> int:
        """Return the venue's time, at best knowledge."""
        return self.offset_ms + mono_ms

    def error_at(self, mono_ms: int) -> int:
        """Return by how much `now_ms` may be wrong, either way."""
        age_ms = max(0, mono_ms - self.measured_ms)
        return self.error_ms + 1 + age_ms * DRIFT_PPM // MILLION


def measured(sample: Measured) -> VenueClock:
    """Return the clock that one answer shows."""
    trip_ms = sample.heard_ms - sample.asked_ms
    middle_ms = sample.asked_ms + trip_ms // 2
    return VenueClock(
        offset_ms=sample.server_ms - middle_ms,
        error_ms=trip_ms - trip_ms // 2,
        measured_ms=sample.heard_ms,
    )


class Belief(Struct, frozen=True, kw_only=True):
    """What is believed of the venue's clock, and the newest answer that speaks *against* it."""

    clock: VenueClock | None = None
    against: VenueClock | None = None


def heard(before: Belief, sample: Measured, *, wall_minus_mono_ms: int, step_max_ms: int) -> Belief:
    """Return what to believe after *sample*.

    One answer moves a clock that is known by *step_max_ms* at most: what says more is held against
    it until the next answer says the same. What is too far from the wall clock is never believed.
    """
    new, known, against = measured(sample), before.clock, before.against
    if abs(new.offset_ms - wall_minus_mono_ms) > APART_MAX_MS:
        return Belief(clock=known, against=new)
    if known is None or apart_ms(known, new) <= step_max_ms:
        return Belief(clock=_surer(known, new))
    if against is not None and _agree(against, new):
        return Belief(clock=new)  # the venue's clock was set
    return Belief(clock=known, against=new)


def problem(belief: Belief, wall_minus_mono_ms: int) -> str:
    """Return why the venue's time is in doubt, empty when it is not."""
    if belief.against is None:
        return ""
    off_ms = belief.against.offset_ms - wall_minus_mono_ms
    return f"the venue says a time that it did not before, {off_ms:+} ms from this machine's"


def apart_ms(before: VenueClock, new: VenueClock) -> int:
    """Return how surely the two differ, 0 where their errors may be all there is."""
    differ_ms = abs(new.offset_ms - before.offset_ms)
    return max(0, differ_ms - new.error_ms - before.error_at(new.measured_ms))


class Stamps:
    """The signed times: never behind the venue's clock, and none ever signed twice.

    The venue refuses a time that was signed before, not one that is lower: where its clock turns
    out to be behind what we thought, they go back with it. Of more than *kept_max* the lowest are
    forgotten, and everything up to them counts as signed.
    """

    def __init__(
        self, signed: Iterable[int] = (), *, floor_ms: int = 0, kept_max: int = STAMPS_KEPT_MAX
    ) -> None:
        self._floor_ms, self._kept_max = floor_ms, kept_max
        self._signed = sorted({one for one in signed if one > floor_ms})

    def next(self, venue_now_ms: int) -> int:
        """Return the next stamp to sign."""
        return self.reserve(venue_now_ms, 1)

    def reserve(self, venue_now_ms: int, count: int) -> int:
        """Return the first of *count* stamps in a row that nobody else will sign."""
        first_ms = max(venue_now_ms, self._floor_ms + 1)
        at = bisect_left(self._signed, first_ms)
        while at < len(self._signed) and self._signed[at] < first_ms + count:
            first_ms = self._signed[at] + 1
            at += 1
        self._signed[at:at] = range(first_ms, first_ms + count)
        if (too_many := len(self._signed) - self._kept_max) > 0:
            self._floor_ms = self._signed[too_many - 1]
            del self._signed[:too_many]
        return first_ms


def resumed(durable: Collection[int], *, now_ms: int, window_ms: int) -> Stamps:
    """Return the stamps after a restart, of which these *durable* ones are known to be signed.

    What the venue took was no further ahead of its clock than its window. So one that is further
    ahead of *now_ms* was signed by a wrong clock and says nothing of those below it.
    """
    taken = [one for one in durable if one <= now_ms + window_ms]
    return Stamps(durable, floor_ms=max(taken, default=0))


def jumped(before_ms: int, now_ms: int, *, most_ms: int) -> bool:
    """Return whether wall minus monotonic time moved by more than *most_ms*."""
    return abs(now_ms - before_ms) > most_ms


def _agree(before: VenueClock, new: VenueClock) -> bool:
    return apart_ms(before, new) == 0


def _surer(before: VenueClock | None, new: VenueClock) -> VenueClock:
    """Return *new*, unless the old one is still the surer and nothing speaks against it."""
    if before is None or new.error_ms <= before.error_at(new.measured_ms):
        return new
    return before if _agree(before, new) else new
