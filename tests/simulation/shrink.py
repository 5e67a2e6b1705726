"""From a plan that fails to a small one that fails in the same way, and where it is kept.

Faults are taken out as long as the same invariant is still broken: halves first, then quarters, at
last one by one; then the venue is made kinder, one chance after the other.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.plans import Fault, Plan
from tests.simulation.runs import run_plan
from tests.simulation.venue import VenueFaults

CORPUS = Path(__file__).parent / "corpus"
RUNS_MAX = 80


class Saved(Struct, frozen=True, kw_only=True):
    """A plan that once broke *broke*, with the line that said so."""

    broke: str
    said: str
    plan: Plan


class Shrinker:
    """Runs smaller plans until *most* were run. *broke* is what each still has to break."""

    def __init__(self, broke: str, most: int = RUNS_MAX) -> None:
        self._broke, self._left = broke, most

    def shrink(self, plan: Plan) -> Plan:
        """Return the smallest plan found."""
        parts = 2
        while len(plan.faults) >= 1 and self._left:
            smaller = self._without_a_part(plan, parts)
            if smaller is not None:
                plan, parts = smaller, max(2, parts - 1)
            elif parts >= len(plan.faults):
                break
            else:
                parts = min(len(plan.faults), 2 * parts)
        return self._kinder(plan)

    def _without_a_part(self, plan: Plan, parts: int) -> Plan | None:
        for kept in _complements(plan.faults, parts):
            smaller = replace(plan, faults=kept)
            if self._fails(smaller):
                return smaller
        return None

    def _kinder(self, plan: Plan) -> Plan:
        for name in VenueFaults.__struct_fields__:
            kinder = replace(plan, venue=replace(plan.venue, **{name: 0}))
            if name == "hang_max_ms" or kinder == plan:
                continue
            if self._fails(kinder):
                plan = kinder
        return plan

    def _fails(self, plan: Plan) -> bool:
        if not self._left:
            return False
        self._left -= 1
        return self._broke in names(run_plan(plan).violations)


def names(violations: Sequence[str]) -> list[str]:
    """Return the invariants that lines are about, each once."""
    return list(dict.fromkeys(line.partition(":")[0] for line in violations))


def save(saved: Saved, folder: Path = CORPUS) -> Path:
    """Write *saved* where a test will live through it again; return where that is."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{saved.broke.lower()}-{saved.plan.seed}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(saved), indent=1) + b"\n")
    return path


def saved_in(folder: Path = CORPUS) -> list[tuple[str, Saved]]:
    """Return what is kept, by file name."""
    files = sorted(folder.glob("*.json"))
    return [(path.stem, msgspec.json.decode(path.read_bytes(), type=Saved)) for path in files]


def _complements(faults: tuple[Fault, ...], parts: int) -> list[tuple[Fault, ...]]:
    size = -(-len(faults) // parts)
    return [faults[:at] + faults[at + size :] for at in range(0, len(faults), size)]
