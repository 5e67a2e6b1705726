"""What the venue's rows mean, in the desk's words. Values in, values out.

A row that is not what the documentation promises is `VenueUnreadable` as a whole; a status word
nobody knows is no information, and said so. `counts` tells what was odd and read all the same.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from actors.venues.btcturk.amounts import (
    TEXT_MAX,
    AmountUnreadable,
    has_decimal_comma,
    is_whole,
    read,
)
from actors.venues.btcturk.symbols import Symbols, SymbolUnreadable
from actors.venues.port import (
    BookTop,
    PublicTrade,
    TransferKind,
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenueStatus,
    VenueTransfer,
    VenueUnreadable,
)
from messages.money import ZERO
from messages.orders import Side

STATUS_WORDS = {
    "untouched": VenueStatus.OPEN,
    "open": VenueStatus.OPEN,
    "partial": VenueStatus.OPEN,
    "partiallyfilled": VenueStatus.OPEN,
    "closed": VenueStatus.FILLED,
    "filled": VenueStatus.FILLED,
    "completed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "cancelled": VenueStatus.CANCELLED,
    "rejected": VenueStatus.CANCELLED,  # over, with nothing filled
}
TRANSFER_WORDS = ("deposit", "withdrawal")
SIDE_KEYS = ("orderType", "type", "orderMethod", "method")
SIDE_WORDS = {side.value: side for side in Side}
Row = Mapping[str, object]


class Reader:
    """Reads rows of one venue table; *counts* is code -> how often."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.counts: Counter[str] = Counter()

    def orders(self, rows: object) -> list[VenueOrder]:
        """Return the orders of a flat list. Raises VenueUnreadable."""
        return [self.order(row) for row in _list(rows)]

    def open_orders(self, data: object) -> list[VenueOrder]:
        """Return the orders of `asks` and `bids`. Raises VenueUnreadable."""
        sides = _row(data)
        return [self.order(row) for key in ("asks", "bids") for row in _list(sides.get(key))]

    def order(self, row: object) -> VenueOrder:
        """Return one order. Filled = amount − leftAmount, whatever the status says."""
        row = _row(row)
        quantity, left = self._amount(row, "amount"), self._amount(row, "leftAmount")
        if not 0 <= left <= quantity:
            raise _wrong("leftAmount is not between 0 and amount", row)
        price = self._optional(row, "price")
        return VenueOrder(
            venue_order_id=_whole(row, "id"),
            client_order_id=_text(row, "orderClientId"),
            instrument=self._instrument(row),
            side=_side(row),
            price=price if price else None,
            quantity=quantity,
            filled_quantity=quantity - left,
            status=self._status(row),
        )

    def fills(self, rows: object) -> list[VenueFill]:
        """Return the fills of a list. Raises VenueUnreadable."""
        return [self.fill(row) for row in _list(rows)]

    def fill(self, row: object) -> VenueFill:
        """Return one fill; signs are checked, then dropped.

        The precise amount counts; the plain one is rounded and only used where the other is
        missing. Fee and tax are negative in every row, and in the quote asset.
        """
        row = _row(row)
        side = _side(row)
        precise = self._optional(row, "preciseAmount")
        signed = self._amount(row, "amount") if precise is None else precise
        fee, tax = self._amount(row, "fee"), self._amount(row, "tax")
        if signed == 0 or (signed > 0) is not (side is Side.BUY) or fee > 0 or tax > 0:
            raise _wrong("a sign is not what it should be", row)
        base, quote = _text(row, "numeratorSymbol"), _text(row, "denominatorSymbol")
        return VenueFill(
            trade_id=str(_whole(row, "id")),
            venue_order_id=_whole(row, "orderId"),
            client_order_id=_text(row, "orderClientId"),
            instrument=f"{base}_{quote}".upper(),
            side=side,
            price=self._positive(row, "price"),
            quantity=abs(signed),
            fee=abs(fee),
            tax=abs(tax),
            fee_asset=quote.upper(),
            at_ms=_whole(row, "timestamp"),
        )

    def balances(self, rows: object) -> list[VenueBalance]:
        """Return the balances of a list; an amount that is null reads 0. Raises VenueUnreadable."""
        return [self._balance(_row(row)) for row in _list(rows)]

    def _balance(self, row: Row) -> VenueBalance:
        held = self._optional(row, "orderFund")
        withdrawing = self._optional(row, "requestFund") or ZERO
        if held is None:
            held = (self._optional(row, "locked") or ZERO) - withdrawing
        free = self._optional(row, "free") or ZERO
        total = self._optional(row, "balance")
        if total is not None and total != free + held + withdrawing:
            self.counts["BALANCE_MISMATCH"] += 1
        return VenueBalance(
            asset=_text(row, "asset").upper(),
            free=free,
            held=held,
            withdrawing=withdrawing,
            at_ms=_whole(row, "timestamp") if row.get("timestamp") is not None else None,
        )

    def transfers(self, kind: TransferKind, rows: object) -> list[VenueTransfer]:
        """Return the transfers of a list. Raises VenueUnreadable."""
        return [self._transfer(kind, _row(row)) for row in _list(rows)]

    def _transfer(self, kind: TransferKind, row: Row) -> VenueTransfer:
        """Return one transfer; what it cost is taken off what came in, put on what left."""
        word = _text(row, "balanceType").strip().lower()
        if word not in TRANSFER_WORDS:
            raise _wrong("balanceType is neither deposit nor withdrawal", row)
        precise = self._optional(row, "preciseAmount")
        amount = abs(self._amount(row, "amount") if precise is None else precise)
        cost = abs(self._optional(row, "fee") or ZERO) + abs(self._optional(row, "tax") or ZERO)
        return VenueTransfer(
            transfer_id=f"{kind.value}:{_whole(row, 'id')}",
            asset=_text(row, "currencySymbol").upper(),
            amount=amount - cost if word == "deposit" else -(amount + cost),
            settled=row.get("isConfirmed") is not False,
            at_ms=_whole(row, "timestamp"),
        )

    def book_top(self, instrument: str, data: object) -> BookTop:
        """Return best bid and ask of a REST order book, whatever the order of its rows."""
        book = _row(data)
        bid = max((self._level(row) for row in _list(book.get("bids"))), default=None)
        ask = min((self._level(row) for row in _list(book.get("asks"))), default=None)
        stamp = book.get("timestamp")
        return BookTop(
            instrument=instrument,
            bid=bid[0] if bid else None,
            bid_quantity=bid[1] if bid else None,
            ask=ask[0] if ask else None,
            ask_quantity=ask[1] if ask else None,
            stamp_ms=None if stamp is None else self._moment(stamp),
        )

    def _level(self, row: object) -> tuple[Decimal, Decimal]:
        if not isinstance(row, list) or len(row) < 2:
            raise VenueUnreadable(f"a level is {str(row)[:60]!r}")
        return self.number(row[0]), self.number(row[1])

    def trade(self, instrument: str, row: object) -> PublicTrade:
        """Return one trade of a 421 or 422 frame; its side is the taker's, 0 for buy."""
        row = _row(row)
        said = row.get("S")
        if said not in (0, 1):
            raise _wrong("S is neither 0 nor 1", row)
        side = Side.SELL if said else Side.BUY
        return PublicTrade(
            instrument=instrument,
            trade_id=_text(row, "I"),
            side=side,
            price=self._positive(row, "P"),
            quantity=self._positive(row, "A"),
            at_ms=self._moment(row.get("D")),
        )

    def number(self, raw: object) -> Decimal:
        """Return the amount *raw* states. Raises VenueUnreadable."""
        try:
            value = read(raw)
        except (AmountUnreadable, TypeError) as why:
            raise VenueUnreadable(str(why)) from why
        if has_decimal_comma(raw):
            self.counts["DECIMAL_COMMA"] += 1
        return value

    def _moment(self, raw: object) -> int:
        """Return a time in ms, of which some channels write fractions."""
        value = int(self.number(raw))
        if not is_whole(value):
            raise VenueUnreadable(f"no time is {value}")
        return value

    def _amount(self, row: Row, key: str) -> Decimal:
        value = self._optional(row, key)
        if value is None:
            raise _wrong(f"{key} is missing", row)
        return value

    def _optional(self, row: Row, key: str) -> Decimal | None:
        raw = row.get(key)
        return None if raw is None else self.number(raw)

    def _positive(self, row: Row, key: str) -> Decimal:
        value = self._amount(row, key)
        if value <= 0:
            raise _wrong(f"{key} is not positive", row)
        return value

    def _instrument(self, row: Row) -> str:
        for key in ("pairSymbolNormalized", "pairSymbol", "pairsymbol"):
            name = row.get(key)
            if isinstance(name, str):
                try:
                    return self.symbols.ours(name)
                except SymbolUnreadable as why:
                    raise _wrong(str(why), row) from why
        raise _wrong("pairSymbol is missing", row)

    def _status(self, row: Row) -> VenueStatus:
        word = row.get("status")
        status = STATUS_WORDS.get(word.strip().lower()) if isinstance(word, str) else None
        if status is None:
            self.counts["STATUS_UNREADABLE"] += 1
            return VenueStatus.UNREADABLE
        return status


def _side(row: Row) -> Side:
    """Return the one side that the row names, wherever it stands."""
    words = [row.get(key) for key in SIDE_KEYS]
    found = {SIDE_WORDS.get(word.strip().lower()) for word in words if isinstance(word, str)}
    found.discard(None)
    if len(found) != 1:
        raise _wrong("no side, or two that differ", row)
    side = found.pop()
    if side is None:
        raise _wrong("no side", row)
    return side


def _row(raw: object) -> Row:
    if not isinstance(raw, dict):
        raise VenueUnreadable(f"expected an object, not {str(raw)[:60]!r}")
    return raw


def _list(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise VenueUnreadable(f"expected a list, not {str(raw)[:60]!r}")
    return raw


def _whole(row: Row, key: str) -> int:
    raw = row.get(key)
    if isinstance(raw, str) and len(raw) <= TEXT_MAX and raw.isascii() and raw.isdigit():
        raw = int(raw)
    if not is_whole(raw):
        raise _wrong(f"{key} is not a whole number", row)
    return raw


def _text(row: Row, key: str) -> str:
    raw = row.get(key)
    if raw is None and key == "orderClientId":
        return ""  # an order made without one, by hand
    if not isinstance(raw, str):
        raise _wrong(f"{key} is not text", row)
    return raw


def _wrong(why: str, row: Row) -> VenueUnreadable:
    return VenueUnreadable(why, str(dict(row)).encode())
