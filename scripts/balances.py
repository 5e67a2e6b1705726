"""`btcbot balances`: what we own of each asset, free and held, by the books."""

from scripts import shown
from scripts.books import opened
from scripts.desk import VAR, Json, RunDir

COLUMNS = ("asset", "free", "held", "total")


def balances(as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Show free, held and total of each asset; --json also shows the other accounts."""
    with opened(run_dir) as reader:
        found = reader.balances()
    if as_json:
        shown.document(found)
    else:
        shown.table("balances", found, COLUMNS)
