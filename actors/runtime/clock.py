"""What time it is. The only place that reads a clock; everybody else is handed one."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for people and the venue, monotonic time for every age and deadline."""

    def wall_ms(self) -> int: ...
    def wall_ns(self) -> int: ...
    def mono_ms(self) -> int: ...
    def mono_ns(self) -> int: ...


class SystemClock:
    """The clocks of this host."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def wall_ns(self) -> int:
        return time.time_ns()

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def mono_ns(self) -> int:
        return time.monotonic_ns()
