"""What memory let go of and evidence is about comes back from the store before it is judged."""

from actors.executor import evidence
from actors.executor.books import Books
from actors.executor.storeless import Storeless
from store.writer import Writer


def recall(evident: object, books: Books, store: Writer | Storeless) -> None:
    """Take from *store* what *evident* is about and *books* do not hold.

    Trades first: of those that are booked no order is needed. Orders by name, then by the venue's
    number what no name was found for: an order of ours may come back without its own.
    """
    books.forget()
    books.recall_trades(store.known_fills(evidence.trades(evident, books)))
    books.recall(store.orders(evidence.orders(evident, books)).values())
    books.recall(store.orders_by_venue_id(evidence.numbers(evident, books)).values())
