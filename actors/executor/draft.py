"""One entry of the journal in the making: rows that see each other before anybody else does."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from actors.executor.books import Books
from actors.executor.postings import Leg, unbalanced
from actors.runtime.effects import Write
from actors.runtime.failures import InvariantBroken
from messages.money import Amount
from store.rows import HELD, BalanceRow, Entry, InstrumentRow, PostingRow, Row


class Draft:
    """Rows for one entry on top of *books*. Nothing is so until `write` hands the entry over."""

    def __init__(self, books: Books, *, at_ms: int) -> None:
        self.books = books
        self.at_ms = at_ms
        self._rows: dict[tuple[object, ...], Row] = {}
        self._flags: list[str] = []

    def is_empty(self) -> bool:
        """Return whether nothing was added."""
        return not self._rows

    def flag(self, *codes: str) -> None:
        """Have the entry's cause name what a person should know."""
        self._flags.extend(codes)

    def put(self, *rows: Row) -> None:
        """Add *rows*; a later row replaces an earlier one with the same key."""
        for row in rows:
            self._rows[(type(row), *(getattr(row, name) for name in row.key_fields))] = row

    def get(self, row: Row) -> Row:
        """Return what the draft holds under the key of *row*, *row* itself when nothing."""
        return self._rows.get((type(row), *(getattr(row, n) for n in row.key_fields)), row)

    def transfer(self, name: str, legs: Iterable[Leg]) -> None:
        """Post *legs* under the unique *name*. Raises InvariantBroken when they do not balance."""
        moves = list(legs)
        if wrong := unbalanced(moves):
            raise InvariantBroken(f"transfer {name} does not balance: {wrong}")
        for number, leg in enumerate(moves):
            self.put(
                PostingRow(
                    transfer=name,
                    leg=number,
                    account=leg.account,
                    asset=leg.asset,
                    amount=Amount(leg.amount),
                )
            )
            self._add(leg.account, leg.asset, leg.amount)

    def raise_version(self, instrument: str) -> InstrumentRow:
        """Make the version of *instrument* one more than the books have; return its row.

        However often it is called for one entry, that raises it once.
        """
        before = self.books.instrument(instrument)
        raised = InstrumentRow(
            instrument=instrument,
            version=before.version + 1,
            last_buy_ms=before.last_buy_ms,
            last_sell_ms=before.last_sell_ms,
        )
        self.put(raised)
        return raised

    def write(self, kind: str, subject: str, cause: dict[str, Any]) -> Write:
        """Take the entry into the books and return the effect that makes it durable."""
        entry = Entry(
            kind=kind,
            subject=subject,
            at_ms=self.at_ms,
            cause={**cause, "flags": self._flags} if self._flags else cause,
            rows=tuple(self._rows.values()),
        )
        return self.books.take(entry)

    def balance(self, account: str, asset: str) -> Decimal:
        """Return the balance as it will be."""
        before = Amount(self.books.balance(account, asset))
        row = self.get(BalanceRow(account=account, asset=asset, amount=before))
        return row.amount if isinstance(row, BalanceRow) else before

    def _add(self, account: str, asset: str, amount: Decimal) -> None:
        total = amount + self.balance(account, asset)
        if account == HELD and total < 0:
            raise InvariantBroken(f"{asset} held would be {total}: a hold was given back twice")
        self.put(BalanceRow(account=account, asset=asset, amount=Amount(total)))
