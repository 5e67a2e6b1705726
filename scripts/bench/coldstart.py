"""How long from the start of the supervisor until six actors are ready?"""

from pathlib import Path

from actors.runtime.clock import SystemClock
from scripts.bench.desks import desk
from scripts.bench.figures import Figure, S, Section, quantile

GOAL_S = 1.0


def measure(directory: Path, *, quick: bool) -> Section:
    """Return the time from the start of the process to six ready, as seen by asking."""
    clock = SystemClock()
    taken = []
    for _ in range(1 if quick else 5):
        with desk(directory, ready=False) as starting:
            starting.wait_ready()
            taken.append((clock.mono_ns() - starting.began_ns) / 1e9)
    return Section(
        title="cold start",
        figures=(
            Figure(
                what="six actors ready, p50",
                value=quantile(taken, 0.5),
                unit=S,
                goal=GOAL_S,
                samples=len(taken),
            ),
        ),
        notes=("a new run directory each time; asked every few ms by a process beside it",),
    )
