"""`btcbot explain ORDER`: why was this order, and what became of it?"""

from pathlib import Path
from typing import Annotated

import typer

from scripts import shown, story
from scripts.books import opened
from scripts.desk import VAR, Ended, Json, RunDir, Told
from store.explain import explain as explained
from store.explain import told_about
from store.readers import FOUND_MAX, Reader

LAST = "last"

OrderArgument = Annotated[
    str,
    typer.Argument(
        metavar="ORDER",
        help="Client order id or its beginning, the venue's order id, or `last`.",
        show_default=False,
    ),
]


def explain(order: OrderArgument, as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Tell an order from quote over target, sizing and verdict to HTTP, fills and books.

    A deposit or a withdrawal is told by its name, which `btcbot status` shows: fiat:80017.
    """
    if ":" in order:
        _transfer(order, as_json=as_json, run_dir=run_dir)
        return
    with opened(run_dir) as reader:
        told = explained(reader, the_one(reader, order))
    if told is None:
        raise Told(Ended.NO, f"no order is called {order!r}")
    if as_json:
        shown.document(told)
        return
    for line in story.lines(told):
        shown.say(line)


def _transfer(name: str, *, as_json: bool, run_dir: Path) -> None:
    """Tell what a transfer of money moved. Raises Told when none of that name is booked."""
    with opened(run_dir) as reader:
        entries = told_about(reader, name)
    if not entries:
        raise Told(Ended.NO, f"no deposit or withdrawal {name!r} is booked")
    if as_json:
        shown.document(entries)
        return
    for entry in entries:
        cause = entry["cause"]
        worth = cause.get("value") or "unknown"
        shown.say(f"{cause['what']} of {cause['amount']} {cause['asset']}, worth {worth}")
        shown.table("books", entry["postings"], ("account", "asset", "amount"))


def the_one(reader: Reader, name: str) -> str:
    """Return the client order id that *name* means. Raises Told when it means none or several."""
    if name == LAST:
        newest = reader.orders(1)
        if not newest:
            raise Told(Ended.NO, "there is no order yet: see `btcbot decisions` for why not")
        return str(newest[0]["client_order_id"])
    found = reader.find(name)
    if not found:
        raise Told(
            Ended.NO,
            f"no order is called {name!r} or begins so; `btcbot orders` lists them, "
            "`btcbot decisions` what was not sent and why",
        )
    if len(found) > 1:
        more = " …" if len(found) == FOUND_MAX else ""
        raise Told(Ended.USAGE, f"{name!r} means several orders: {', '.join(found)}{more}")
    return found[0]
