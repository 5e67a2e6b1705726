"""What time it is at the venue, how sure we are, and the stamps we sign.

All milliseconds. The venue's clock is measured against our monotonic clock, so that a step of the
wall clock does not move it. The error is half the round trip plus drift since the measurement.
"""

from msgspec import Struct

DRIFT_PPM = 100  # a free-running clock is rarely worse
MILLION = 1_000_000


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


def better(before: VenueClock | None, sample: Measured) -> VenueClock:
    """Return what to believe after *sample*: it, unless the old one is still the surer."""
    new = measured(sample)
    if before is None or new.error_ms <= before.error_at(new.measured_ms):
        return new
    apart = abs(new.now_ms(new.measured_ms) - before.now_ms(new.measured_ms))
    if apart > new.error_ms + before.error_at(new.measured_ms):
        return new  # the venue's clock was set
    return before


class Stamps:
    """The counter of signed times: never the same twice, never behind the venue's clock."""

    def __init__(self, *, last_ms: int = 0) -> None:
        self.last_ms = last_ms

    def next(self, venue_now_ms: int) -> int:
        """Return the next stamp to sign."""
        return self.reserve(venue_now_ms, 1)

    def reserve(self, venue_now_ms: int, count: int) -> int:
        """Return the first of *count* stamps in a row that nobody else will sign."""
        first_ms = max(venue_now_ms, self.last_ms + 1)
        self.last_ms = first_ms + max(0, count - 1)
        return first_ms


def jumped(before_ms: int, now_ms: int, *, most_ms: int) -> bool:
    """Return whether wall minus monotonic time moved by more than *most_ms*."""
    return abs(now_ms - before_ms) > most_ms
