"""What the venue's answers say about orders: rows and outcomes become facts.

Orders are told apart by their client order id alone, never by price or size. What is not in the
books is ours by its prefix or somebody else's; both are findings, and neither is taken over.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from actors.executor.books import Books
from actors.executor.facts import Seen
from actors.executor.states import Fact
from actors.executor.venue_calls import Answer, NoAnswer
from actors.venues.port import (
    Ack,
    HttpCall,
    Lost,
    NotSent,
    Outcome,
    Reject,
    VenueFill,
    VenueOrder,
    VenueStatus,
)
from messages import ids
from messages.orders import OrderState
from store.rows import HttpRow

UNKNOWN_ORDER = "UNKNOWN_ORDER"  # carries our prefix and is in no books of ours
FOREIGN_ORDER = "FOREIGN_ORDER"  # of somebody else on our account
ENDED = {VenueStatus.FILLED: OrderState.FILLED, VenueStatus.CANCELLED: OrderState.CANCELLED}


class Stranger(Struct, frozen=True, kw_only=True):
    """An order or a fill that is in no books: *code* says whose it seems to be."""

    code: str
    client_order_id: str
    venue_order_id: int
    instrument: str


def trades(result: object, books: Books) -> list[str]:
    """Return the trades that *result* tells of and memory does not hold.

    *result* is a lane's answer, or something a stream said.
    """
    fills = [row for row in _rows(result) if isinstance(row, VenueFill)]
    return [row.trade_id for row in fills if not books.is_booked(row.trade_id)]


def orders(result: object, books: Books) -> list[str]:
    """Return the orders that *result* is about and memory does not hold, each once.

    What is booked tells nothing new, so its order is not needed.
    """
    return list(dict.fromkeys(row.client_order_id for row in _unknown(result, books)))


def numbers(result: object, books: Books) -> list[int]:
    """Return the venue's numbers of what *result* is about under a name that memory does not hold.

    Asked after the names were looked up: an order of ours may come back without its own.
    """
    return list(dict.fromkeys(row.venue_order_id for row in _unknown(result, books)))


def is_old(row: VenueOrder | VenueFill, books: Books) -> bool:
    """Return whether *row* is a fill that is booked, and for the order that it names."""
    if not isinstance(row, VenueFill) or not books.is_booked(row.trade_id):
        return False
    return books.booked_for(row.trade_id) == row.client_order_id


def _unknown(result: object, books: Books) -> list[VenueOrder | VenueFill]:
    rows = [row for row in _rows(result) if isinstance(row, VenueOrder | VenueFill)]
    return [
        row for row in rows if row.client_order_id not in books.orders and not is_old(row, books)
    ]


def _rows(result: object) -> list[object]:
    value = result.value if isinstance(result, Answer) else result
    return value if isinstance(value, list) else [value]


def of_outcome(outcome: Outcome, http: HttpRow | None) -> Seen:
    """Return the fact that one attempt to send an order came to."""
    match outcome:
        case NotSent():
            return Seen(fact=Fact.NOT_SENT, code=outcome.reason, http=http)
        case Ack():
            return Seen(
                fact=Fact.ACK, code="ACCEPTED", venue_order_id=outcome.venue_order_id, http=http
            )
        case Reject():
            return Seen(fact=Fact.REJECT, code=outcome.code, http=http)
        case Lost():
            return Seen(fact=Fact.LOST, code=outcome.reason, http=http)


def of_order(row: VenueOrder, http: HttpRow | None = None) -> Seen | None:
    """Return what a listed order says; None for a status that no documentation knows."""
    if row.status is VenueStatus.UNREADABLE:
        return None
    ended = ENDED.get(row.status)
    return Seen(
        fact=Fact.OPEN if ended is None else Fact.DONE,
        code="" if ended is None else ended.value,
        venue_order_id=row.venue_order_id,
        filled=row.filled_quantity,
        ended=ended,
        http=http,
    )


def of_fill(row: VenueFill) -> Seen:
    """Return one execution as a fact."""
    return Seen(fact=Fact.FILL, venue_order_id=row.venue_order_id, fill=row)


def in_time_order(rows: Iterable[VenueFill]) -> list[VenueFill]:
    """Return fills oldest first, those of one moment by trade id."""
    return sorted(rows, key=lambda row: (row.at_ms, len(row.trade_id), row.trade_id))


def strangers(
    rows: Sequence[VenueOrder | VenueFill], books: Books, *, prefix: str
) -> list[Stranger]:
    """Return what of *rows* is about orders that no books of ours know, each order once.

    What carries the venue's number of an order of ours under another name is nobody else's.
    """
    found: dict[int, Stranger] = {}
    numbers = {one.venue_order_id for one in books.orders.values()}
    for row in rows:
        if row.client_order_id in books.orders:
            continue
        by_name = ids.is_ours(row.client_order_id, prefix=prefix)
        ours = by_name or row.venue_order_id in numbers
        found[row.venue_order_id] = Stranger(
            code=UNKNOWN_ORDER if ours else FOREIGN_ORDER,
            client_order_id=row.client_order_id,
            venue_order_id=row.venue_order_id,
            instrument=row.instrument,
        )
    return list(found.values())


def http_row(client_order_id: str, call: HttpCall | None, meaning: str) -> HttpRow | None:
    """Return one HTTP exchange about an order, None where there was none."""
    if call is None:
        return None
    return HttpRow(
        client_order_id=client_order_id,
        at_ms=call.sent_ms,
        what=call.method,
        path=call.path,
        status=call.status,
        answered_ms=call.answered_ms,
        meaning=meaning,
        answer=call.answer,
    )


def plain(stranger: Stranger) -> dict[str, Any]:
    """Return *stranger* as the cause of an entry."""
    return {
        "code": stranger.code,
        "client_order_id": stranger.client_order_id,
        "venue_order_id": stranger.venue_order_id,
        "instrument": stranger.instrument,
    }


def meaning(result: object) -> str:
    """Return in a word what a call came to, for `explain`."""
    if isinstance(result, NoAnswer):
        return result.code
    if isinstance(result, Answer):
        value = result.value
        if isinstance(value, VenueOrder):
            return value.status.value
        return value if isinstance(value, str) else type(value).__name__
    return type(result).__name__
