"""How much memory do the six actors use? Shared pages are counted once: PSS."""

from pathlib import Path

from scripts.bench.desks import Desk
from scripts.bench.figures import Figure, Section

GOAL_MIB = 150


def measure(busy: Desk) -> Section:
    """Return the memory of the actors of the running desk."""
    title = "memory"
    try:
        found = {role: pss_mib(int(one["pid"])) for role, one in busy.actors().items()}
    except OSError as why:
        return Section(title=title, left_out=f"/proc/<pid>/smaps_rollup: {why.strerror}")
    if not found:
        return Section(title=title, left_out="the supervisor did not answer")
    each = ", ".join(f"{role} {mib:.0f}" for role, mib in found.items())
    return Section(
        title=title,
        figures=(
            Figure(
                what="six actors, PSS",
                value=sum(found.values()),
                unit="MiB",
                goal=GOAL_MIB,
                samples=len(found),
            ),
        ),
        notes=(each,),
    )


def pss_mib(pid: int) -> float:
    """Return the proportional set size of *pid* in MiB. Raises OSError."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1_024
    return 0.0
