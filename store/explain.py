"""Why was this order, and what became of it? One nested answer from quote to last posting.

Everything in it was durable before the order left or when it was heard; nothing is computed anew.
"""

from typing import Any

from store.journal import JournalRow, body_of
from store.readers import Plain, Reader

ENTRIES_MAX = 1_000  # of one order; it has a handful

_POSTING = ("transfer", "leg", "account", "asset", "amount")


def explain(reader: Reader, client_order_id: str) -> Plain | None:
    """Return all that is known of an order, None where there is none.

    `order`, `decision` (quote, target, sizing with caps, checks), `journal` (seq, time, kind,
    cause), `http`, `fills`, `postings`; each list oldest first.
    """
    with reader.snapshot():
        order = reader.order(client_order_id)
        if order is None:
            return None
        entries = reader.journal_about(client_order_id, ENTRIES_MAX)
        return {
            "order": order,
            "decision": _decision(reader.intent(client_order_id)),
            "journal": [_entry(one) for one in entries],
            "http": reader.http(client_order_id),
            "fills": reader.fills(client_order_id=client_order_id, limit=ENTRIES_MAX)[::-1],
            "postings": [posting for one in entries for posting in _postings(one)],
        }


def told_about(reader: Reader, subject: str) -> list[Plain]:
    """Return the entries about anything but an order, each with its cause and its postings."""
    with reader.snapshot():
        entries = reader.journal_about(subject, ENTRIES_MAX)
        return [{**_entry(one), "postings": _postings(one)} for one in entries]


def _decision(intent: Plain | None) -> Plain | None:
    if intent is None:
        return None
    why = intent.pop("why")
    sizing: Plain = dict(why.get("sizing") or {})
    target = {
        "quantity": sizing.pop("target_quantity", None),
        "price": sizing.pop("target_price", None),
        "reason": sizing.pop("reason", None),
        "targets_seq": sizing.pop("targets_seq", None),
    }
    quote = sizing.pop("quote", None)
    rest: Any = {key: value for key, value in why.items() if key not in ("sizing", "verdict")}
    checks = why.get("verdict")
    return {**intent, "quote": quote, "target": target, "sizing": sizing, "checks": checks, **rest}


def _entry(row: JournalRow) -> Plain:
    return {
        "seq": row.seq,
        "at_ms": row.at_ms,
        "epoch": row.epoch,
        "kind": row.kind,
        "cause": body_of(row).cause,
    }


def _postings(row: JournalRow) -> list[Plain]:
    return [
        {"seq": row.seq, "at_ms": row.at_ms, **dict(zip(_POSTING, values, strict=False))}
        for name, values in body_of(row).rows
        if name == "posting"
    ]
