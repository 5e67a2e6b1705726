"""`btcbot decisions`: what was decided, and why or why not, newest first."""

from collections.abc import Mapping
from typing import Any

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
        shown.table("decisions", [with_numbers(one) for one in found], COLUMNS)


def with_numbers(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return *decision* with what was seen and the limit it met, also where a cap said no."""
    line = dict(decision)
    wishes = line.get("wishes") or ()
    if "observed" in line or line.get("outcome") != "rejected" or not wishes:
        return line
    [first, *_] = wishes
    binding, caps = first.get("binding"), first.get("caps") or {}
    line["observed"] = f"wish {first.get('wish')}"
    if first.get("allocated") is not None:
        line["observed"] += f", allocated {first['allocated']}"
    if binding in caps:
        line["limit"] = f"{binding} {caps[binding]}"
    return line
