"""`btcbot explain ORDER`: why was this order, and what became of it?"""

from typing import Annotated

import typer

from scripts import shown, story
from scripts.books import opened
from scripts.desk import VAR, Ended, Json, RunDir, Told
from store.explain import explain as explained
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
    """Tell an order from quote over target, sizing and verdict to HTTP, fills and books."""
    with opened(run_dir) as reader:
        told = explained(reader, the_one(reader, order))
    if told is None:
        raise Told(Ended.NO, f"no order is called {order!r}")
    if as_json:
        shown.document(told)
        return
    for line in story.lines(told):
        shown.say(line)


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
