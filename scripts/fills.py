"""`btcbot fills`: what was traded, newest first."""

from scripts import shown
from scripts.books import NEWEST, All, Limit, most, opened
from scripts.desk import VAR, Json, RunDir

COLUMNS = (
    "at_ms",
    "trade_id",
    "client_order_id",
    "instrument",
    "strategy",
    "side",
    "quantity",
    "price",
    "fee",
    "tax",
    "realised",
)


def fills(
    limit: Limit = NEWEST,
    everything: All = False,
    as_json: Json = False,
    run_dir: RunDir = VAR,
) -> None:
    """Show the newest fills, by the books."""
    with opened(run_dir) as reader:
        found = reader.fills(most(limit, everything=everything))
    if as_json:
        shown.document(found)
    else:
        shown.table("fills", found, COLUMNS)
