"""Where each deliberate bug shows first: looked for from world 0 upward, and told as a table.

    python -m tests.simulation.caught [--write] [BUG ...]

`docs/proof.md` has the table between two marks; `--write` renews it there, which takes minutes, or
only the rows of the bugs that are named.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from tests.simulation.mutants import MUTANTS
from tests.simulation.mutation import ITS_OWN, Mutant, applied
from tests.simulation.runs import run_plan
from tests.simulation.shrink import names

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
BEGINS, ENDS = "<!-- mutants: begin -->", "<!-- mutants: end -->"
HEAD = ("| bug | breaks | in world | worlds looked at |", "|---|---|---|---|")
WORLDS_MAX = 200
AS_IT_IS, GIVEN = "as it is", "with what brings the occasion"


class Caught(Struct, frozen=True, kw_only=True):
    """*broke* is the invariant that world *seed* broke first; all worlds before broke nothing."""

    mutant: str
    broke: str
    seed: int
    given: bool  # does the mutant bring its own faults into the world?


def look(mutant: Mutant, seeds: Iterable[int] = range(WORLDS_MAX)) -> Caught | None:
    """Return the first of *seeds* that shows *mutant*; None: none of them does."""
    with applied(mutant):
        for seed in seeds:
            broken = names(run_plan(mutant.plan(seed), first_only=True).violations)
            if broken:
                given = mutant.world != ITS_OWN
                return Caught(mutant=mutant.name, broke=broken[0], seed=seed, given=given)
    return None


def table(found: Sequence[Caught]) -> str:
    """Return *found* as the lines of a table."""
    rows = [
        f"| `{one.mutant}` | {one.broke} | {one.seed}, {GIVEN if one.given else AS_IT_IS}"
        f" | {one.seed + 1} |"
        for one in found
    ]
    return "\n".join([*HEAD, *rows])


def recorded(page: str) -> list[Caught]:
    """Return what the table of *page* says."""
    inside = page.partition(BEGINS)[2].partition(ENDS)[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+), ([\w ]+) \| \d+ \|$", inside, re.MULTILINE)
    return [
        Caught(mutant=name, broke=broke, seed=int(seed), given=given == GIVEN)
        for name, broke, seed, given in rows
    ]


def renewed(page: str, found: Sequence[Caught]) -> str:
    """Return *page* with the table of *found* in it."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n{table(found)}\n{ENDS}{after}"


def main(arguments: Sequence[str]) -> int:
    wanted = [one for one in arguments if one != "--write"]
    page = PAGE.read_text(encoding="utf-8")
    known = {one.mutant: one for one in recorded(page)} if wanted else {}
    for mutant in MUTANTS:
        if wanted and mutant.name not in wanted:
            continue
        found = look(mutant)
        if found is None:
            print(f"{mutant.name}: not found in {WORLDS_MAX} worlds", file=sys.stderr)
            return 1
        known[mutant.name] = found
        print(table([found]).splitlines()[-1], flush=True)
    if "--write" in arguments:
        rows = [known[mutant.name] for mutant in MUTANTS if mutant.name in known]
        PAGE.write_text(renewed(page, rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
