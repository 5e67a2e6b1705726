"""`btcbot positions`: what each strategy holds and what it has earned with it."""

from scripts import shown
from scripts.books import opened
from scripts.desk import VAR, Json, RunDir

COLUMNS = ("strategy", "instrument", "position", "cost", "average_cost", "realised")
NOBODY = "(was there before)"


def positions(as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Show positions by strategy and instrument, by the books."""
    with opened(run_dir) as reader:
        found = reader.positions()
    if as_json:
        shown.document(found)
        return
    named = [{**line, "strategy": line["strategy"] or NOBODY} for line in found]
    shown.table("positions", named, COLUMNS)
