"""Many seeds, over a few processes, with what they came to in all.

The seeds go out in portions, a bounded number at a time; at the first violation no more are given
out, unless told otherwise.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context

from msgspec import Struct, field

from tests.simulation.runs import Result, run_seed

PORTION = 10  # seeds of one task
AHEAD = 2  # tasks given out for each worker


class Totals(Struct, kw_only=True):
    """What a number of worlds came to in all. *cpu_s* and *took_s* in seconds."""

    seeds: int = 0
    orders: int = 0
    fills: int = 0
    kills: int = 0
    cuts: int = 0
    events: int = 0
    cpu_s: float = 0.0
    took_s: float = 0.0
    virtual_s: float = 0.0
    points: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    def take(self, one: Result) -> None:
        self.seeds += 1
        for name in ("orders", "fills", "kills", "cuts", "events", "virtual_s"):
            setattr(self, name, getattr(self, name) + getattr(one, name))
        self.cpu_s += one.seconds
        self.points.update(one.points)
        if one.violations:
            self.failed.append(one)

    def average(self, name: str) -> float:
        """Return how many there were of *name* in a world."""
        return float(getattr(self, name)) / max(1, self.seeds)


def run_many(
    seeds: Iterable[int],
    *,
    workers: int,
    stop_at_first: bool = True,
    told: Callable[[Totals], None] = lambda _: None,
) -> Totals:
    """Return what the worlds of *seeds* came to; *told* hears of every portion."""
    began, totals = time.monotonic(), Totals()
    for results in _portions(seeds, workers, lambda: stop_at_first and bool(totals.failed)):
        for one in results:
            totals.take(one)
        totals.took_s = time.monotonic() - began
        told(totals)
    return totals


def run_portion(seeds: tuple[int, ...]) -> list[Result]:
    """Return what a few worlds came to, one after the other in this process."""
    results = [run_seed(seed) for seed in seeds]
    gc.collect()
    return results


def _portions(
    seeds: Iterable[int], workers: int, enough: Callable[[], bool]
) -> Iterator[list[Result]]:
    portions = _in_portions(seeds)
    if workers <= 1:
        for portion in portions:
            yield run_portion(portion)
            if enough():
                return
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        out: set[Future[list[Result]]] = set()
        while True:
            while len(out) < AHEAD * workers and not enough():
                portion = next(portions, None)
                if portion is None:
                    break
                out.add(pool.submit(run_portion, portion))
            if not out:
                return
            done, out = wait(out, return_when=FIRST_COMPLETED)
            for one in sorted(done, key=lambda future: future.result()[0].seed):
                yield one.result()


def _in_portions(seeds: Iterable[int]) -> Iterator[tuple[int, ...]]:
    left = iter(seeds)
    while portion := tuple(islice(left, PORTION)):
        yield portion
