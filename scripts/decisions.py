"""`btcbot decisions`: what was decided, and why or why not, newest first."""

from scripts import shown
from scripts.books import NEWEST, All, Limit, most, opened
from scripts.desk import VAR, Json, RunDir

COLUMNS = (
    "at_ms",
    "instrument",
    "strategy",
    "side",
    "quantity",
    "price",
    "outcome",
    "reason",
    "observed",
    "limit",
)


def decisions(
    limit: Limit = NEWEST,
    everything: All = False,
    as_json: Json = False,
    run_dir: RunDir = VAR,
) -> None:
    """Show the newest decisions: sent, kept, cancelled, refused; with the numbers of each no."""
    with opened(run_dir) as reader:
        found = reader.decisions(most(limit, everything=everything))
    if as_json:
        shown.document(found)
    else:
        shown.table("decisions", found, COLUMNS)
