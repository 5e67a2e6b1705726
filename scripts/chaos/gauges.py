"""Does a process grow? Descriptors, threads and memory of each actor, read again and again.

A process that took another's place begins anew. What is filled once, such as a cache with a bound,
is no growth: what counts is the end of a run against its middle.
"""

from collections.abc import Mapping
from pathlib import Path
from statistics import median

from msgspec import Struct

from scripts.bench.memory import pss_mib

DESCRIPTORS_MORE_MAX, THREADS_MORE_MAX = 4, 2
MIB_MORE_MAX, MIB_TIMES_MAX = 8.0, 1.15
SAMPLES_MIN = 9  # fewer say nothing


class Sample(Struct, frozen=True, kw_only=True):
    """One look at one process."""

    descriptors: int
    threads: int
    mib: float


class Growth(Struct, frozen=True, kw_only=True):
    """One process in the middle third of its samples and in the last."""

    role: str
    samples: int
    middle: Sample
    last: Sample


class Gauges:
    """The samples of a run."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, int], list[Sample]] = {}

    def look(self, pids: Mapping[str, int]) -> None:
        """Take one sample of each of *pids*; one that is gone is left out."""
        for role, pid in pids.items():
            try:
                self._taken.setdefault((role, pid), []).append(sample(pid))
            except OSError:
                continue

    def growth(self) -> list[Growth]:
        """Return how each process that lived long enough has grown."""
        return [
            grown(role, taken)
            for (role, _), taken in sorted(self._taken.items())
            if len(taken) >= SAMPLES_MIN
        ]


def grown(role: str, taken: list[Sample]) -> Growth:
    """Return the medians of the middle third and of the last third of *taken*."""
    third = len(taken) // 3
    return Growth(
        role=role,
        samples=len(taken),
        middle=_median(taken[third : 2 * third]),
        last=_median(taken[-third:]),
    )


def leaks(growth: list[Growth]) -> list[str]:
    """Return, in words, who grew by more than noise."""
    found = []
    for one in growth:
        more = one.last.descriptors - one.middle.descriptors
        if more > DESCRIPTORS_MORE_MAX:
            found.append(f"leak: {one.role} has {more} descriptors more at the end")
        more = one.last.threads - one.middle.threads
        if more > THREADS_MORE_MAX:
            found.append(f"leak: {one.role} has {more} threads more at the end")
        allowed = max(one.middle.mib + MIB_MORE_MAX, one.middle.mib * MIB_TIMES_MAX)
        if one.last.mib > allowed:
            said = f"{one.middle.mib:.1f} → {one.last.mib:.1f} MiB"
            found.append(f"leak: {one.role} grew, {said}")
    return found


def sample(pid: int) -> Sample:
    """Return how much *pid* holds now. Raises OSError when it is gone."""
    place = Path(f"/proc/{pid}")
    return Sample(
        descriptors=sum(1 for _ in (place / "fd").iterdir()),
        threads=sum(1 for _ in (place / "task").iterdir()),
        mib=pss_mib(pid),
    )


def _median(taken: list[Sample]) -> Sample:
    return Sample(
        descriptors=int(median(one.descriptors for one in taken)),
        threads=int(median(one.threads for one in taken)),
        mib=median(one.mib for one in taken),
    )
