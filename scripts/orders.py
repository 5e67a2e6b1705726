"""`btcbot orders`: what was sent, newest first, and what became of it."""

from typing import Annotated

import typer

from scripts import shown
from scripts.books import NEWEST, All, Limit, most, opened
from scripts.desk import VAR, Json, RunDir

COLUMNS = (
    "created_ms",
    "client_order_id",
    "venue_order_id",
    "instrument",
    "strategy",
    "side",
    "quantity",
    "price",
    "filled_quantity",
    "state",
)


def orders(
    limit: Limit = NEWEST,
    everything: All = False,
    alive: Annotated[bool, typer.Option("--alive", help="Only what is not over.")] = False,
    as_json: Json = False,
    run_dir: RunDir = VAR,
) -> None:
    """Show the newest orders, by the books."""
    with opened(run_dir) as reader:
        found = reader.orders(most(limit, everything=everything), alive=alive)
    if as_json:
        shown.document(found)
    else:
        shown.table("orders", found, COLUMNS)
