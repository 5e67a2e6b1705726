"""`btcbot verify`: do the books follow from the journal, and do they agree with the venue?

Beside a running desk the executor compares with the venue, since it alone has the key. On a stopped
one the last comparison in the journal stands for the venue and, where a simulated exchange kept its
file, that file. Any difference and any unknown order is exit 1, listed.
"""

from pathlib import Path
from typing import Any

import typer
from msgspec import Struct

from actors.runtime.control import Unreachable, ask
from actors.venues.simulated.journal import JournalDamaged
from messages.codec import Unreadable
from messages.control import ReconcileQuery, Reply
from scripts import recorded, shown
from scripts.books import opened
from scripts.desk import VAR, Ended, Json, RunDir, Told, runs
from store.readers import LIMIT_MAX, Reader
from store.verify import Verified
from store.verify import verify as refold

LIVE, FILE, LAST = "live", "file", "last_reconcile"
PATIENCE_S = 35.0  # the executor itself tries for 30
UNKNOWN = "UNKNOWN"
# What reading entries that somebody changed may raise.
_UNREADABLE = (Unreadable, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class Compared(Struct, frozen=True, kw_only=True):
    """How books and venue stand. *venue* says what stood for the venue."""

    venue: str
    differences: list[str]
    unknown: list[dict[str, Any]]
    note: str = ""


def verify(as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Refold the journal, recompute every balance, compare with the venue; exit 1: they differ."""
    with opened(run_dir) as reader:
        folded = refold(reader)
        compared = with_the_desk(run_dir) if runs(run_dir) else stopped(run_dir, reader)
    report = told(folded, compared)
    if as_json:
        shown.document(report)
    else:
        show(report)
    raise typer.Exit(Ended.DONE if report["ok"] else Ended.NO)


def with_the_desk(run_dir: Path) -> Compared:
    """Return how the running executor finds books and venue. Raises Told when it is silent."""
    try:
        reply = ask(run_dir, "executor.control", ReconcileQuery(), PATIENCE_S)
    except Unreachable as why:
        raise Told(Ended.UNREACHABLE, f"a desk runs on {run_dir}, but {why}") from why
    return Compared(
        venue=LIVE,
        differences=_live_differences(reply),
        unknown=[dict(one) for one in reply.report.get("unknown", ())],
        note=reply.message,
    )


def stopped(run_dir: Path, reader: Reader) -> Compared:
    """Return how the books of a stopped desk stand against the venue's last known amounts."""
    try:
        return _recorded(run_dir, reader)
    except _UNREADABLE as why:
        said = f"not compared with the venue: the journal cannot be read: {why}"
        return Compared(venue=LAST, differences=[said], unknown=[])


def _recorded(run_dir: Path, reader: Reader) -> Compared:
    last = recorded.last_reconciled(reader)
    unknown = [
        {key: one[key] for key in ("client_order_id", "instrument", "outcome", "created_ms")}
        for one in reader.orders(LIMIT_MAX, alive=True)
        if one["state"] == UNKNOWN
    ]
    differences: list[str] = []
    if last is not None:
        differences += recorded.at_last_reconcile(reader, last)
    if not recorded.has_file(run_dir):
        note = "" if last else "books and venue were never compared"
        missing = [] if last else [note]
        return Compared(venue=LAST, differences=differences + missing, unknown=unknown, note=note)
    try:
        differences += recorded.at_the_file(run_dir, reader, last)
    except JournalDamaged as why:
        differences.append(str(why))
    return Compared(venue=FILE, differences=differences, unknown=unknown)


def told(folded: Verified, compared: Compared) -> dict[str, Any]:
    """Return the whole answer as plain values."""
    count = folded.count + len(compared.differences)
    return {
        "ok": count == 0 and not compared.unknown,
        "venue": compared.venue,
        "entries": folded.entries,
        "head_seq": folded.head.seq,
        "head_hash": folded.head.hash,
        "epoch": folded.epoch,
        "difference_count": count,
        "differences": [*folded.differences, *compared.differences],
        "unknown_orders": compared.unknown,
        "note": compared.note,
        "rows": folded.rows,
    }


def show(report: dict[str, Any]) -> None:
    """Write the answer for a person: what is wrong first, the verdict last."""
    for line in report["differences"]:
        shown.say(f"difference: {line}")
    shown.say(f"{report['entries']:,} entries refolded, head {report['head_seq']:,}")
    if report["unknown_orders"]:
        shown.table("unknown orders", report["unknown_orders"], tuple(report["unknown_orders"][0]))
    against = {
        LIVE: "the venue, asked just now",
        FILE: "the simulated exchange's file and the last comparison",
        LAST: "the last comparison in the journal",
    }[report["venue"]]
    shown.say(f"compared with {against}. {report['note']}".strip())
    shown.say(f"{'PASS' if report['ok'] else 'FAIL'}: {report['difference_count']} differences")


def _live_differences(reply: Reply) -> list[str]:
    report = reply.report
    lines = [
        f"{one['asset']} {one['account']}: books {one['books']}, venue {one['venue']}"
        for one in report.get("differences", ())
    ]
    unclear = ", ".join(report.get("unclear", ()))
    if unclear:
        lines.append(f"cannot be compared while orders are incomplete: {unclear}")
    if not reply.ok and not lines and not report.get("unknown"):
        lines.append(f"{reply.code}: {reply.message}")
    return lines
