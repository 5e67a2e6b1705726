"""`btcbot simulate`: whole desks in virtual time, each from a seed, with everything going wrong.

A seed is a run of all actors with kills at every point, cut links, a hostile venue and people
pressing keys. Afterwards no order may have been sent twice, no fill lost, and the books must equal
the venue's. One that fails is made smaller and kept, so that a test lives through it for ever.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from scripts import shown
from scripts.desk import Ended, Json, Told

if TYPE_CHECKING:
    from tests.simulation.many import Totals
    from tests.simulation.runs import Result

Seeds = Annotated[int, typer.Option("--seeds", min=1, help="How many worlds.")]
From = Annotated[int, typer.Option("--from", min=0, help="The first seed.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes.")]
GoOn = Annotated[bool, typer.Option("--go-on", help="Do not stop at the first violation.")]

TOLD_EVERY = 200  # seeds
SHOWN_MAX = 5  # violations of one seed


def simulate(
    seeds: Seeds = 200,
    first: From = 0,
    workers: Workers = 2,
    go_on: GoOn = False,
    as_json: Json = False,
) -> None:
    """Live through seeds and look for broken promises; exit 1 when there is one."""
    try:
        from tests.simulation.many import run_many
    except ImportError as why:  # the tests are part of a checkout, not of an installation
        raise Told(Ended.UNREACHABLE, f"run this in a checkout: {why}") from why
    told = _quiet if as_json else _Progress(seeds)
    totals = run_many(
        range(first, first + seeds), workers=workers, stop_at_first=not go_on, told=told
    )
    saved = [_kept(one) for one in totals.failed[:1]]
    if as_json:
        shown.document(_document(totals, saved))
    else:
        _tell(totals, saved)
    if totals.failed:
        raise typer.Exit(Ended.NO)


class _Progress:
    """Says how far it is, now and then."""

    def __init__(self, seeds: int) -> None:
        self._seeds, self._next = seeds, TOLD_EVERY

    def __call__(self, totals: "Totals") -> None:
        if totals.seeds >= self._next:
            self._next = totals.seeds + TOLD_EVERY
            rate = totals.seeds / max(totals.took_s, 0.001)
            failed = len(totals.failed)
            shown.say(f"{totals.seeds:,} of {self._seeds:,}, {rate:.1f} a second, {failed} failed")


def _quiet(_: "Totals") -> None:
    pass


def _kept(failed: "Result") -> str:
    """Make the plan of *failed* smaller, keep it, and return where."""
    from tests.simulation import shrink
    from tests.simulation.plans import plan_for

    broke = shrink.names(failed.violations)[0]
    plan = shrink.Shrinker(broke).shrink(plan_for(failed.seed))
    return str(shrink.save(shrink.Saved(broke=broke, said=failed.violations[0], plan=plan)))


def _document(totals: "Totals", saved: list[str]) -> dict[str, object]:
    return {
        "seeds": totals.seeds,
        "violations": sum(len(one.violations) for one in totals.failed),
        "failed": [
            {"seed": one.seed, "violations": one.violations[:SHOWN_MAX]} for one in totals.failed
        ],
        "saved": saved,
        "orders": totals.orders,
        "fills": totals.fills,
        "kills": totals.kills,
        "cuts": totals.cuts,
        "events": totals.events,
        "virtual_s": round(totals.virtual_s),
        "cpu_s": round(totals.cpu_s, 1),
        "took_s": round(totals.took_s, 1),
        "killed_at": dict(sorted(totals.points.items())),
    }


def _tell(totals: "Totals", saved: list[str]) -> None:
    average = totals.average
    shown.say(
        f"{totals.seeds:,} worlds: {totals.orders:,} orders, {totals.fills:,} fills, "
        f"{totals.kills:,} kills, {totals.cuts:,} link faults, "
        f"{totals.virtual_s / 3600:.1f} virtual hours in {totals.took_s:.0f} s"
    )
    shown.say(
        f"a world: {average('orders'):.1f} orders, {average('fills'):.1f} fills, "
        f"{average('kills'):.1f} kills, {average('cpu_s'):.2f} CPU-seconds"
    )
    for one in totals.failed:
        shown.say(f"seed {one.seed} broke:")
        for line in one.violations[:SHOWN_MAX]:
            shown.say(f"  {line}")
    for path in saved:
        shown.say(f"made smaller and kept in {path}")
    shown.say("no violation" if not totals.failed else f"{len(totals.failed)} seeds failed")
