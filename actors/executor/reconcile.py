"""Do the books and the venue agree? Balances are read twice, with a sweep of fills in between.

Only when both reads are equal and no fill turned up can they be compared. Totals are compared per
asset; free and held as well where no order touches the asset. What an unknown or incomplete order
touches cannot be compared yet. A difference counts when it shows twice, and one that fills would
explain which the venue does not show yet only when it stands for longer than they may stay hidden;
so does one whose amount is ever another. Nothing is ever adjusted.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.executor.books import Books, is_behind, left
from actors.executor.postings import assets
from actors.venues.port import VenueBalance
from messages.money import ONE, ZERO, text
from messages.orders import OrderState, Side
from store.rows import FREE, HELD, WITHDRAWING, OrderRow

BOOKS_DIFFER = "BOOKS_DIFFER"


class Difference(Struct, frozen=True, kw_only=True):
    """One amount that does not agree. *account* is total, free or held."""

    asset: str
    account: str
    books: Decimal
    venue: Decimal

    @property
    def amount(self) -> Decimal:
        return self.venue - self.books

    @property
    def key(self) -> tuple[str, str, Decimal]:
        """The same while it only moves with the books."""
        return self.asset, self.account, self.amount

    def plain(self) -> dict[str, str]:
        return {
            "asset": self.asset,
            "account": self.account,
            "books": text(self.books),
            "venue": text(self.venue),
            "difference": text(self.amount),
        }


class Checked(Struct, frozen=True, kw_only=True):
    """One comparison: what differs, what could not be compared, and the venue's own amounts."""

    differences: tuple[Difference, ...]
    hidden: tuple[Difference, ...] = ()  # those that fills nobody sees yet would explain
    unclear: tuple[str, ...]  # assets that an unknown or incomplete order touches
    balances: tuple[VenueBalance, ...]
    asked_ms: int  # monotonic, when the first of both reads was asked for
    from_seq: int = 0  # the newest entry at that time
    heard_ms: int

    @property
    def is_clean(self) -> bool:
        return not self.differences and not self.unclear


class Standing(Struct, frozen=True, kw_only=True):
    """What the books looked like when the first read was asked for."""

    asked_ms: int
    versions: Mapping[str, int]
    seq: int = 0


def same(first: Sequence[VenueBalance], second: Sequence[VenueBalance]) -> bool:
    """Return whether two reads show the same total of every asset."""
    return totals(first) == totals(second)


def totals(balances: Iterable[VenueBalance]) -> dict[str, Decimal]:
    """Return what the account holds, free, held or withdrawing, by asset, without the empty."""
    sums = {one.asset: _total(one) for one in balances}
    return {asset: total for asset, total in sums.items() if total}


def compare(
    books: Books,
    balances: Sequence[VenueBalance],
    before: Standing,
    *,
    now_ms: int,
    fees_gross: Decimal = ZERO,
    lately_ms: int | None = None,
    totals_only: bool = False,
) -> Checked:
    """Return how the *books* and *balances* differ; *before*: the books at the first read.

    Orders that ended at *lately_ms* (wall) or later may have fills that the venue does not show
    yet, as alive ones may; *fees_gross* is what a buy pays on top at most, a ratio. *totals_only*:
    orders of others may hold any asset.
    """
    alive = books.all_alive()
    unclear = _unclear(alive)
    moving = {*touched(alive), *_since(books, before)}
    theirs = {one.asset: one for one in balances}
    names = sorted({*theirs, *books.balances(FREE), *books.balances(HELD)})
    found: list[Difference] = []
    for asset in names:
        if asset in unclear:
            continue
        found += _differences(
            books, asset, theirs.get(asset), exact=asset not in moving and not totals_only
        )
    suspects = alive if not found else [*alive, *_ended_since(books, lately_ms)]
    return Checked(
        differences=tuple(found),
        hidden=tuple(one for one in found if explains(suspects, one, fees_gross=fees_gross)),
        unclear=tuple(unclear),
        balances=tuple(balances),
        asked_ms=before.asked_ms,
        from_seq=before.seq,
        heard_ms=now_ms,
    )


def set_aside(
    books: Books, balances: Sequence[VenueBalance], *, totals_only: bool = False
) -> dict[str, Decimal]:
    """Return by how much the venue sets aside more for withdrawals than the books do, by asset.

    A withdrawal that is asked for leaves the total as it is, and its amount is not ours to spend.
    Only where totals agree: more, as far as the books have it free; less, where one was taken back,
    only when what is held agrees, else it may be an order of others that the books opened with.
    """
    unclear = _unclear(books.all_alive())
    found: dict[str, Decimal] = {}
    for one in balances:
        more = one.withdrawing - books.balance(WITHDRAWING, one.asset)
        if one.asset in unclear or _total(one) != _owned(books, one.asset):
            continue
        sure = totals_only or one.held == books.balance(HELD, one.asset)
        if 0 < more <= books.balance(FREE, one.asset) or (more < 0 and sure):
            found[one.asset] = more
    return found


def touched(orders: Iterable[OrderRow]) -> list[str]:
    """Return the assets that *orders* pay with or buy, each once."""
    return list(dict.fromkeys(asset for order in orders for asset in assets(order.instrument)))


def is_incomplete(order: OrderRow) -> bool:
    """Return whether fills of *order* may exist that are not booked."""
    return order.state in (OrderState.UNKNOWN, OrderState.SENDING) or is_behind(order)


def explains(orders: Iterable[OrderRow], found: Difference, *, fees_gross: Decimal) -> bool:
    """Return whether fills of *orders* that are not booked could move what *found* shows.

    A buy brings base up to its rest and takes quote up to its limit and fees, a sell takes base up
    to its rest and brings quote, nobody knows how much: its price may improve.
    """
    most, least, unbounded = ZERO, ZERO, False
    for order in orders:
        base, quote = assets(order.instrument)
        rest, is_buy = left(order), order.side is Side.BUY
        if not rest or found.asset not in (base, quote):
            continue
        if found.asset == base:
            most, least = (most + rest, least) if is_buy else (most, least - rest)
        elif is_buy:
            least -= rest * order.price * (ONE + fees_gross)
        else:
            unbounded = True
    if found.account == HELD:
        return bool(most or least or unbounded)
    return least <= found.amount < 0 or (found.amount > 0 and (unbounded or found.amount <= most))


def is_stale(balances: Iterable[VenueBalance], newest_fill_ms: int) -> bool:
    """Return whether the venue shows balances from before the newest booked fill."""
    stamps = [one.at_ms for one in balances if one.at_ms is not None]
    return bool(stamps) and max(stamps) < newest_fill_ms


def affected(differences: Iterable[Difference], instruments: Iterable[str]) -> dict[str, str]:
    """Return the instruments to halt, each with the reason that names the exact difference."""
    told: dict[str, str] = {}
    for one in differences:
        amount = text(one.amount)
        for instrument in instruments:
            if one.asset in assets(instrument):
                told.setdefault(instrument, f"{BOOKS_DIFFER}: {one.asset} {one.account} {amount}")
    return told


def _differences(
    books: Books, asset: str, theirs: VenueBalance | None, *, exact: bool
) -> list[Difference]:
    free = theirs.free if theirs else ZERO
    held = theirs.held if theirs else ZERO
    rows = [("total", _owned(books, asset), _total(theirs) if theirs else ZERO)]
    if exact:
        rows += [
            ("held", books.balance(HELD, asset), held),
            ("free", books.balance(FREE, asset), free),
        ]
    return [
        Difference(asset=asset, account=account, books=mine, venue=venue)
        for account, mine, venue in rows
        if mine != venue
    ]


def _total(one: VenueBalance) -> Decimal:
    return one.free + one.held + one.withdrawing


def _owned(books: Books, asset: str) -> Decimal:
    """Return what the books have of *asset*, with what is being withdrawn."""
    return books.owned(asset) + books.balance(WITHDRAWING, asset)


def _unclear(alive: Iterable[OrderRow]) -> list[str]:
    return touched(order for order in alive if is_incomplete(order))


def _ended_since(books: Books, since_ms: int | None) -> list[OrderRow]:
    if since_ms is None:
        return []
    ended = ((order, order.ended_ms) for order in books.orders.values())
    return [order for order, ended_ms in ended if ended_ms is not None and ended_ms >= since_ms]


def _since(books: Books, before: Standing) -> list[str]:
    changed = [
        name
        for name, version in before.versions.items()
        if books.instrument(name).version != version
    ]
    return [asset for name in changed for asset in assets(name)]


def plain(balances: Iterable[VenueBalance]) -> dict[str, dict[str, str]]:
    """Return the amounts of *balances* as plain values, by asset, without the empty ones."""
    return {
        one.asset: {
            "free": text(one.free),
            "held": text(one.held),
            "withdrawing": text(one.withdrawing),
        }
        for one in balances
        if one.free or one.held or one.withdrawing
    }
