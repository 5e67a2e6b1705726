"""One order as a person reads it: from the quote to the last posting. Values in, lines out.

Times are milliseconds before or after the order was committed, which is before it was sent.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from messages.money import ZERO, text
from scripts.shown import time_of_day

Plain = Mapping[str, Any]
WIDTH = 9  # of the first column
ANSWER_MAX = 160  # characters of an answer shown; --json has all that was kept
_CAUSE_LEFT_OUT = ("from", "to", "instrument")


def lines(told: Plain) -> list[str]:
    """Return the story of an order as `store.explain.explain` tells it."""
    order = told["order"]
    began_ms = int(order["created_ms"])
    return [
        *_headline(order),
        "",
        *_decision(told["decision"]),
        "",
        *_events(told, began_ms),
        "",
        *_books(told["postings"]),
    ]


def _headline(order: Plain) -> Iterator[str]:
    named = order["venue_order_id"]
    yield (
        f"{order['side']} {order['quantity']} {order['instrument']} at {order['price']}: "
        f"{order['state']}, {order['filled_quantity']} filled"
    )
    yield _line("order", f"{order['client_order_id']} · the venue's {named or 'none yet'}")
    yield _line("committed", time_of_day(int(order["created_ms"])))
    if order["outcome"]:
        yield _line("outcome", str(order["outcome"]))
    if order["cancel_wanted"]:
        yield _line("cancel", f"wanted: {order['cancel_reason'] or 'no reason given'}")


def _decision(decision: Plain | None) -> Iterator[str]:
    if decision is None:
        yield _line("decision", "none: the order is not in the intents of this store")
        return
    yield _line(
        "decision",
        f"{decision['decision_id']} · {decision['instrument']} at version {decision['version']}",
    )
    yield _line("quote", _quote(decision.get("quote")))
    yield _line("target", _target(decision.get("target") or {}, decision.get("strategy")))
    yield from _sizing(decision.get("sizing") or {})
    yield from _verdict(decision.get("checks"))


def _quote(quote: Plain | None) -> str:
    if not quote:
        return "none was written down"
    return (
        f"bid {quote['bid']} ask {quote['ask']} · {quote['channel']} · "
        f"{quote['age_ms']} ms old · seq {quote['seq']}"
    )


def _target(target: Plain, strategy: object) -> str:
    price = target.get("price")
    worst = f"at {price} or better" if price else "price left to the allocator"
    return f"{strategy} wants to hold {target.get('quantity')}, {worst} · {target.get('reason')}"


def _sizing(sizing: Plain) -> Iterator[str]:
    if not sizing:
        yield _line("sizing", "none was written down")
        return
    sizing = defaultdict(lambda: "–", sizing)  # an older build may have written down less
    yield _line(
        "sizing",
        f"wish {sizing['wish']} = target − (position {sizing['position']} + "
        f"buying {sizing['buying']} − selling {sizing['selling']})",
    )
    yield _line(
        "",
        f"cash {sizing['cash'] or 'unknown'} → investable {sizing['investable']} → "
        f"deploy {sizing['deploy']} · size factor {sizing['size_factor']}",
    )
    for cap in sizing.get("caps", ()):
        bound = "  ← binds" if cap["code"] == sizing["binding"] else ""
        yield _line("", f"cap {cap['code']} leaves {cap['left']}{bound}")
    yield _line(
        "",
        f"{sizing['status']}: allocated {sizing['allocated']} → "
        f"{sizing['quantity']} at {sizing['limit_price']}",
    )


def _verdict(checks: Sequence[Plain] | None) -> Iterator[str]:
    if not checks:
        yield _line("verdict", "none was written down")
        return
    first = "verdict"
    for check in checks:
        mark = "passed" if check["passed"] else "BROKEN"
        seen = f"{check['code']}: {check['observed'] or '–'} against {check['limit'] or '–'}"
        yield _line(first, f"{mark} {seen}")
        first = ""


def _events(told: Plain, began_ms: int) -> Iterator[str]:
    """Give what happened, in order of time; of one moment, in the order it was written down."""
    happened: list[tuple[int, str]] = []
    happened += [(int(one["at_ms"]), _entry(one)) for one in told["journal"]]
    happened += [(int(one["at_ms"]), _exchange(one)) for one in told["http"]]
    happened += [(int(one["at_ms"]), _fill(one)) for one in told["fills"]]
    for at_ms, what in sorted(happened, key=lambda one: one[0]):
        yield _line(f"{at_ms - began_ms:+,} ms", what)


def _entry(entry: Plain) -> str:
    cause = entry["cause"]
    moved = f" {cause['from']} → {cause['to']}" if "from" in cause and "to" in cause else ""
    rest = ", ".join(
        f"{key} {value}"
        for key, value in cause.items()
        if key not in _CAUSE_LEFT_OUT and isinstance(value, str | int) and value != ""
    )
    return f"journal {entry['seq']} {entry['kind']}{moved}" + (f" ({rest})" if rest else "")


def _exchange(http: Plain) -> str:
    answered = http["answered_ms"]
    took = "no answer" if answered is None else f"answered in {answered - http['at_ms']} ms"
    status = f"HTTP {http['status']}, " if http["status"] is not None else ""
    said = " ".join(str(http["answer"]).split())[:ANSWER_MAX]
    return f"{http['what']} {http['path']}: {status}{took} · {http['meaning']} · {said}"


def _fill(fill: Plain) -> str:
    realised = f" · realised {fill['realised']}" if fill["realised"] is not None else ""
    late = " · LATE" if fill["late"] else ""
    return (
        f"fill {fill['trade_id']}: {fill['quantity']} at {fill['price']} · "
        f"fee {fill['fee']} tax {fill['tax']} {fill['fee_asset']}{realised}{late}"
    )


def _books(postings: Sequence[Plain]) -> Iterator[str]:
    """Give what the order changed in the books, per account and asset."""
    sums: dict[tuple[str, str], Decimal] = {}
    for one in postings:
        key = (str(one["account"]), str(one["asset"]))
        sums[key] = sums.get(key, ZERO) + Decimal(one["amount"])
    changed = {key: value for key, value in sums.items() if value != 0}
    if not changed:
        yield _line("books", "nothing changed for good" if postings else "no posting")
        return
    first = "books"
    for (account, asset), value in sorted(changed.items()):
        yield _line(first, f"{account} {asset} {'+' if value > 0 else ''}{text(value)}")
        first = ""


def _line(name: str, said: str) -> str:
    return f"{name:>{WIDTH}}  {said}"
