"""What the venue last showed, where no desk runs to ask it: as the books noted it, or by its file.

`at_last_reconcile` compares with the totals that the executor wrote down when it last compared;
`at_the_file` with the simulated exchange's own journal, order by order and fill by fill. Both tell
differences in words.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.venues.simulated.events import Accepted, Deposited, Event
from actors.venues.simulated.history import History
from actors.venues.simulated.history import Order as VenueOrder
from actors.venues.simulated.journal import FILE_NAME, read
from messages import ids
from messages.money import ZERO, text
from store.journal import JournalRow, body_of
from store.readers import LIMIT_MAX, Reader
from store.rows import FREE, HELD, WITHDRAWING

RECONCILED = "Reconciled"
STOPPING = "STOPPING"
CHUNK = 1_000
ORDERS_KEPT = 10_000_000  # of the exchange's file: all of them
ALIVE = ("SENDING", "LIVE", "CLOSING", "UNKNOWN")


class Reconciled(Struct, frozen=True, kw_only=True):
    """The newest comparison that the executor wrote down. *in_order*: its last word at a stop."""

    seq: int
    at_ms: int
    in_order: bool
    clean: bool
    venue: dict[str, dict[str, str]]


def last_reconciled(reader: Reader) -> Reconciled | None:
    """Return the newest entry of a comparison, None when there is none."""
    end = reader.head().seq
    while end > 0:
        begin = max(0, end - CHUNK)
        for row in reversed(reader.journal_since(begin, end - begin)):
            if row.kind == RECONCILED:
                return _reconciled(row)
        end = begin
    return None


def at_last_reconcile(reader: Reader, last: Reconciled) -> list[str]:
    """Return what the books of that moment say differently from the venue's totals noted then.

    Totals, since the venue's free and held amounts are read a moment before the entry is written.
    """
    books: dict[tuple[str, str], Decimal] = {}
    seq = 0
    while chunk := reader.journal_since(seq, CHUNK):
        for row in chunk:
            if row.seq > last.seq:
                return _totals(books, last.venue)
            for account, asset, amount in _postings(row):
                books[account, asset] = books.get((account, asset), ZERO) + amount
        seq = chunk[-1].seq
    return _totals(books, last.venue)


def at_the_file(run_dir: Path, reader: Reader, last: Reconciled | None) -> list[str]:
    """Return what the books say differently from `exchange.jsonl` of *run_dir*.

    After a stop in order, what happened there since is not the books' business yet. Raises
    JournalDamaged.
    """
    until_ms = last.at_ms if last is not None and last.in_order else None
    events = [e for e in read(run_dir / FILE_NAME) if until_ms is None or e.at_ms <= until_ms]
    account = _account(events, reader.meta().get("key_hash", ""))
    if account is None:
        return [f"{FILE_NAME} knows no account with the key of this store"]
    history = History(orders_max=ORDERS_KEPT)
    for event in events:
        history.apply(event)
    wallet = history.ledger.wallet(account)
    theirs = {
        asset: {"free": text(wallet.free[asset]), "held": text(wallet.locked[asset])}
        for asset in (*wallet.free, *wallet.locked)
    }
    ours = {
        (name, line["asset"]): Decimal(line[name])
        for line in reader.balances()
        for name in (FREE, HELD)
    }
    mine = [one for one in history.orders.values() if one.accepted.account == account]
    return [*_amounts(ours, theirs), *_orders(reader, mine)]


def has_file(run_dir: Path) -> bool:
    """Return whether a simulated exchange has kept its journal in *run_dir*."""
    return (run_dir / FILE_NAME).is_file()


def _totals(
    books: Mapping[tuple[str, str], Decimal], venue: Mapping[str, Mapping[str, str]]
) -> list[str]:
    ours: dict[str, Decimal] = {}
    for (account, asset), value in books.items():
        if account in (FREE, HELD, WITHDRAWING):
            ours[asset] = ours.get(asset, ZERO) + value
    told = []
    for asset in dict.fromkeys([*venue, *ours]):
        mine = ours.get(asset, ZERO)
        theirs = sum((Decimal(one) for one in venue.get(asset, {}).values()), ZERO)
        if mine != theirs:
            told.append(f"{asset} total: books {text(mine)}, venue {text(theirs)}")
    return told


def _amounts(
    books: Mapping[tuple[str, str], Decimal], venue: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return where amounts differ per asset: free and held."""
    assets = dict.fromkeys([*venue, *(asset for _, asset in books)])
    told = []
    for asset in assets:
        theirs = venue.get(asset, {})
        for name in (FREE, HELD, WITHDRAWING):
            ours, said = books.get((name, asset), ZERO), Decimal(theirs.get(name, "0"))
            if ours != said:
                told.append(f"{asset} {name}: books {text(ours)}, venue {text(said)}")
    return told


def _orders(reader: Reader, venue: list[VenueOrder]) -> list[str]:
    ours = {one["client_order_id"]: one for one in _every_order(reader)}
    theirs = {one.accepted.client_order_id: one for one in venue}
    prefixes = {name.partition("-")[0] for name in ours}
    told = []
    for name, order in theirs.items():
        line = ours.get(name)
        if line is None:
            if any(ids.is_ours(name, prefix=prefix) for prefix in prefixes):
                told.append(f"order {name}: at the venue, not in the books")
            continue
        told += _one_order(name, line, order, reader)
    for name, line in ours.items():
        if name not in theirs and (line["state"] in ALIVE or line["booked_quantity"] != "0"):
            told.append(f"order {name}: {line['state']} in the books, not at the venue")
    return told


def _one_order(
    name: str, line: Mapping[str, Any], order: VenueOrder, reader: Reader
) -> Iterator[str]:
    if Decimal(line["booked_quantity"]) != order.filled:
        booked, filled = line["booked_quantity"], text(order.filled)
        yield f"order {name}: {booked} booked, {filled} filled at the venue"
    booked_ids = {one["trade_id"] for one in reader.fills(LIMIT_MAX, client_order_id=name)}
    venue_ids = {str(one.trade_id) for one in order.fills}
    for missing in sorted(venue_ids - booked_ids):
        yield f"order {name}: fill {missing} of the venue is not booked"
    for more in sorted(booked_ids - venue_ids):
        yield f"order {name}: fill {more} is booked, the venue does not know it"
    if order.is_open != (line["state"] in ALIVE):
        yield f"order {name}: {line['state']} in the books, {order.status} at the venue"


def _every_order(reader: Reader) -> Iterator[dict[str, Any]]:
    """Give every order of the store, oldest first."""
    table = "orders"
    if reader.count(table) > LIMIT_MAX:
        yield from _by_journal(reader)
    else:
        yield from reversed(reader.orders(LIMIT_MAX))


def _by_journal(reader: Reader) -> Iterator[dict[str, Any]]:
    seen: dict[str, None] = {}
    seq = 0
    while chunk := reader.journal_since(seq, CHUNK):
        for row in chunk:
            if row.subject and row.subject not in seen:
                seen[row.subject] = None
                order = reader.order(row.subject)
                if order is not None:
                    yield order
        seq = chunk[-1].seq


def _account(events: list[Event], key_hash: str) -> str | None:
    names = dict.fromkeys(one.account for one in events if isinstance(one, Deposited | Accepted))
    return next((n for n in names if ids.content_hash(n.encode()) == key_hash), None)


def _reconciled(row: JournalRow) -> Reconciled:
    cause = body_of(row).cause
    return Reconciled(
        seq=row.seq,
        at_ms=row.at_ms,
        in_order=str(cause.get("phase", "")).upper() == STOPPING,
        clean=bool(cause.get("clean")),
        venue={asset: dict(amounts) for asset, amounts in cause.get("venue", {}).items()},
    )


def _postings(row: JournalRow) -> Iterator[tuple[str, str, Decimal]]:
    """Give account, asset and amount of every posting of one entry."""
    for name, values in body_of(row).rows:
        if name == "posting":
            _transfer, _leg, account, asset, amount = values[:5]
            yield str(account), str(asset), Decimal(str(amount))
