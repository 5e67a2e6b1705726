"""Do the books and the exchange's own ground truth tell one story? Values in, violations out.

Asked at rest, after the last fault: nothing is on its way any more. Each violation is one line that
names its invariant; an empty list is the claim that is proved. Nothing here reads a file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from messages.money import ZERO, text

TOLD_MAX = 20  # of one kind; more are counted
UNRESOLVED = ("SENDING", "UNKNOWN", "CLOSING")
ALIVE = ("LIVE", *UNRESOLVED)
FREE, HELD = "free", "held"


class Sent(Struct, frozen=True, kw_only=True):
    """One order that the exchange took."""

    client_order_id: str
    venue_order_id: int
    at_ms: int
    is_open: bool


class Execution(Struct, frozen=True, kw_only=True):
    """One fill, with everything that moves money. Costs are positive."""

    trade_id: str
    client_order_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    tax: Decimal


class Booked(Struct, frozen=True, kw_only=True):
    """One order in the books."""

    state: str
    created_ms: int


Amounts = Mapping[tuple[str, str], Decimal]  # by asset and account: free or held


class Venue(Struct, frozen=True, kw_only=True):
    """What really is: every order ever taken, oldest first, every fill, what is in the account."""

    orders: tuple[Sent, ...]
    fills: tuple[Execution, ...]
    amounts: Amounts


class Books(Struct, frozen=True, kw_only=True):
    """What the store says: orders by client order id, fills, amounts."""

    orders: Mapping[str, Booked]
    fills: tuple[Execution, ...]
    amounts: Amounts


class Silence(Struct, frozen=True, kw_only=True):
    """From a kill's answer until a resume is asked for, nothing new may reach the exchange.

    *on_its_way* names what had passed the gate when the kill was answered.
    """

    from_ms: int
    until_ms: int
    on_its_way: frozenset[str] = frozenset()


def violations(venue: Venue, books: Books, silences: Iterable[Silence]) -> list[str]:
    """Return what must not be, in words; at most TOLD_MAX lines of each kind."""
    found: list[str] = []
    for kind in (
        _sent_twice(venue),
        _not_written_first(venue, books),
        _fills_differ(venue, books),
        _unresolved(venue, books),
        _sent_in_silence(venue, silences),
        _amounts_differ(venue, books),
    ):
        lines = list(kind)
        found += lines[:TOLD_MAX]
        if len(lines) > TOLD_MAX:
            found.append(f"… and {len(lines) - TOLD_MAX} more like it")
    return found


def differences(venue: Venue, books: Books) -> dict[str, Decimal]:
    """Return books minus venue of each asset, free and held together: zero, to the last digit."""
    assets = sorted({asset for asset, _ in (*venue.amounts, *books.amounts)})
    return {asset: _total(books.amounts, asset) - _total(venue.amounts, asset) for asset in assets}


def _sent_twice(venue: Venue) -> Iterator[str]:
    taken = Counter(one.client_order_id for one in venue.orders)
    for name, times in taken.items():
        if times > 1:
            yield f"I1 order {name} was sent {times} times"


def _not_written_first(venue: Venue, books: Books) -> Iterator[str]:
    for order in venue.orders:
        if order.client_order_id not in books.orders:
            yield f"I2 order {order.client_order_id} is at the exchange and not in the books"


def _fills_differ(venue: Venue, books: Books) -> Iterator[str]:
    for trade_id, times in Counter(one.trade_id for one in books.fills).items():
        if times > 1:
            yield f"I15 fill {trade_id} is booked {times} times"
    theirs, ours = frozenset(venue.fills), frozenset(books.fills)
    for one in sorted(theirs - ours, key=_by_trade):
        yield f"I15 fill {one.trade_id} of {one.client_order_id} is not booked as it was: {one}"
    for one in sorted(ours - theirs, key=_by_trade):
        yield f"I15 fill {one.trade_id} of {one.client_order_id} never was so: {one}"


def _unresolved(venue: Venue, books: Books) -> Iterator[str]:
    opened = {one.client_order_id for one in venue.orders if one.is_open}
    for name, order in books.orders.items():
        if order.state in UNRESOLVED:
            yield f"I17 order {name} is {order.state} at rest"
        elif (order.state in ALIVE) != (name in opened):
            there = "open" if name in opened else "not open"
            yield f"I16 order {name} is {order.state} in the books, {there} at the exchange"


def _sent_in_silence(venue: Venue, silences: Iterable[Silence]) -> Iterator[str]:
    for silence in silences:
        for order in venue.orders:
            inside = silence.from_ms < order.at_ms < silence.until_ms
            if inside and order.client_order_id not in silence.on_its_way:
                late_ms = order.at_ms - silence.from_ms
                yield f"I5 order {order.client_order_id} was taken {late_ms} ms after a kill"


def _amounts_differ(venue: Venue, books: Books) -> Iterator[str]:
    for key in sorted({*venue.amounts, *books.amounts}):
        ours, theirs = books.amounts.get(key, ZERO), venue.amounts.get(key, ZERO)
        if ours != theirs:
            asset, account = key
            yield f"I16 {asset} {account}: books {text(ours)}, exchange {text(theirs)}"


def _total(amounts: Amounts, asset: str) -> Decimal:
    return sum((amounts.get((asset, name), ZERO) for name in (FREE, HELD)), ZERO)


def _by_trade(one: Execution) -> str:
    return one.trade_id
