"""Is the journal sound? A second fold of it, with its own rules. Pure: values in, findings out.

The auditor follows the journal entry by entry and keeps only what its rules need: balances as sums
of postings, positions, versions, levels, and the orders that are alive or ended lately. So its
memory does not grow with history. The tables themselves are compared by key: see `touched`.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from msgspec import Struct

from messages.codec import Unreadable
from messages.money import ZERO, Amount, text
from messages.orders import ALIVE, OrderState, Side
from messages.records import Breach
from messages.state import Level
from store.columns import TABLE_NAMED, SqlValue, Table
from store.fold import Tables, order_faults
from store.journal import Body, JournalRow, body_of, head_of, link_of
from store.rows import FREE, HELD, Head

ENDED_KEPT_MAX = 4_096  # orders that are over and may still get a late fill

Values = tuple[SqlValue, ...]  # a row: its columns in order, then the entry that wrote it
Kept = Mapping[str, Mapping[Values, Values]]  # rows by table and key
Finding = tuple[str, str, str]  # invariant, expected, found
Rows = dict[str, list[tuple[Any, ...]]]  # SQL values by table


def _places(table: str, *columns: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return itemgetter(*(TABLE_NAMED[table].columns.index(name) for name in columns))


_NEW, _BUY = OrderState.SENDING.value, Side.BUY.value

# Rows are read as the SQL values they are: building each one would cost more than all rules.
_POSTING = _places("posting", "transfer", "account", "asset", "amount")
_BALANCE = _places("balance", "account", "asset", "amount")
_INSTRUMENT = _places("instrument", "instrument", "version")
_POSITION = _places("position", "strategy", "instrument", "position")
_LEVEL = _places("level", "scope", "name", "source", "level")
_FILL = _places("fill", "client_order_id", "strategy", "instrument", "side", "quantity")
_ORDER = _places("orders", "client_order_id", "state", "hold_asset")
_ORDER_AMOUNTS = _places("orders", "filled_quantity", "booked_quantity", "hold_left")


class Standing(Struct, frozen=True):
    """What the rules read of an order."""

    client_order_id: str
    state: str
    hold_asset: str
    filled_quantity: Amount
    booked_quantity: Amount
    hold_left: Amount


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Where an auditor was, so that another goes on from there; bound to the journal by *hash*."""

    lineage: str
    seq: int
    hash: str
    epoch: int
    balances: tuple[tuple[str, str, Amount], ...]
    versions: dict[str, int]
    positions: tuple[tuple[str, str, Amount], ...]
    levels: tuple[tuple[str, str, str, str], ...]
    alive: tuple[Standing, ...]
    breach: Breach | None = None


class Auditor:
    """Follows one journal. Knows the first breach it found and goes no further than that.

    Whoever feeds it takes what it `touched` after each step, or that grows.
    """

    def __init__(self, start: Tables | None = None, *, head: Head, epoch: int = 0) -> None:
        self.head = head
        self.epoch = epoch
        self.breach: Breach | None = None
        self.balances: dict[tuple[str, str], Decimal] = {}
        self.versions: dict[str, int] = {}
        self.positions: dict[tuple[str, str], Decimal] = {}
        self.levels: dict[tuple[str, str, str], str] = {}
        self._alive: dict[str, Standing] = {}
        self._ended: OrderedDict[str, Standing] = OrderedDict()
        self._holds: dict[str, Decimal] = {}
        self._touched: dict[str, dict[Values, Values]] = {}
        if start is not None:
            self._start(start)

    @classmethod
    def resumed(cls, at: Checkpoint) -> "Auditor":
        """Return an auditor that goes on from *at*."""
        auditor = cls(head=Head(seq=at.seq, hash=at.hash), epoch=at.epoch)
        auditor.breach = at.breach
        auditor.balances = {(account, asset): total for account, asset, total in at.balances}
        auditor.versions = dict(at.versions)
        auditor.positions = {(strategy, name): held for strategy, name, held in at.positions}
        auditor.levels = {(scope, name, who): level for scope, name, who, level in at.levels}
        for order in at.alive:
            auditor._take_order(order)
        return auditor

    def checkpoint(self, lineage: str) -> Checkpoint:
        """Return where this auditor is."""
        return Checkpoint(
            lineage=lineage,
            seq=self.head.seq,
            hash=self.head.hash,
            epoch=self.epoch,
            balances=tuple((*key, Amount(total)) for key, total in self.balances.items()),
            versions=dict(self.versions),
            positions=tuple((*key, Amount(held)) for key, held in self.positions.items()),
            levels=tuple((*key, level) for key, level in self.levels.items()),
            alive=tuple(self._alive.values()),
            breach=self.breach,
        )

    def step(self, rows: Sequence[JournalRow]) -> Breach | None:
        """Follow *rows*, which come right after the last ones; return what is wrong, if anything.

        Stops at the first breach and stays there.
        """
        for row in rows:
            if self.breach is not None:
                break
            self.breach = next(self.follow(row), None)
        return self.breach

    def follow(self, row: JournalRow) -> Iterator[Breach]:
        """Yield every breach of entry *row*, and take it in whatever was found."""
        where = f"entry {row.seq} {row.kind} {row.subject}".rstrip()
        if row.seq != self.head.seq + 1:
            yield _breach("JOURNAL_CONTIGUOUS", where, f"seq {self.head.seq + 1}", f"{row.seq}")
        seal = link_of(row, bytes.fromhex(self.head.hash))
        if seal != row.hash:
            yield _breach("JOURNAL_CHAIN", where, seal.hex(), row.hash.hex())
        if row.epoch < self.epoch:
            yield _breach("EPOCH_RISES", where, f">= {self.epoch}", f"{row.epoch}")
        self.head, self.epoch = head_of(row), row.epoch
        try:
            rows = self._rows(body_of(row), row.seq)
            for invariant, expected, found in self._checked(rows):
                yield _breach(invariant, where, expected, found)
        except (Unreadable, ValueError, TypeError, LookupError, ArithmeticError) as error:
            yield _breach("JOURNAL_READABLE", where, "an entry", f"{error!r}"[:200])

    def touched(self) -> Kept:
        """Return, once, the newest rows that the entries followed since the last call gave."""
        found, self._touched = self._touched, {}
        return found

    def compare(self, touched: Kept, found: Kept, booked: Mapping[str, Decimal]) -> Breach | None:
        """Return the first difference of the tables from *touched*, if any, and keep it.

        *found* is what they have under the same keys, *booked* the sum of fills of each order.
        """
        if self.breach is None:
            self.breach = next(table_breaches(touched, found), None)
        if self.breach is None:
            self.breach = next(fill_breaches(orders_in(touched, found), booked), None)
        return self.breach

    def _start(self, start: Tables) -> None:
        self.balances = {key: row.amount for key, row in start.balances.items()}
        self.versions = {key: row.version for key, row in start.instruments.items()}
        self.positions = {key: row.position for key, row in start.positions.items()}
        for level in start.levels.values():
            self.levels[level.scope.value, level.name, level.source] = level.level.value
        for row in start.orders.values():
            self._take_order(_standing(TABLE_NAMED["orders"].values(row)))

    def _rows(self, body: Body, seq: int) -> Rows:
        """Return the rows in *body* by table, and note all of them as touched."""
        rows: Rows = {}
        for name, values in body.rows:
            table = TABLE_NAMED[name]
            key = values[: table.key_width]
            kept = self._touched.setdefault(name, {})
            if table.added_only and key in kept:
                raise ValueError(f"{name} {key}: a second row with one key")
            kept[key] = (*values, seq)
            rows.setdefault(name, []).append(values)
        return rows

    def _checked(self, rows: Rows) -> Iterator[Finding]:
        for scope, name, source, level in map(_LEVEL, rows.get("level", ())):
            self.levels[scope, name, source] = level
        if "posting" in rows or "balance" in rows:
            yield from self._money(rows)
        for instrument, version in map(_INSTRUMENT, rows.get("instrument", ())):
            old = self.versions.get(instrument, version)
            if version < old:
                yield "VERSION_RISES", f"{instrument}: >= {old}", f"{version}"
            self.versions[instrument] = version
        if "position" in rows or "fill" in rows:
            yield from self._positions(rows)
        if "orders" in rows:
            yield from self._orders(rows)
        yield from self._hold(rows)

    def _money(self, rows: Rows) -> Iterator[Finding]:
        before: dict[tuple[str, str], Decimal] = {}
        sums: dict[tuple[str, str], Decimal] = {}
        for transfer, account, asset, said in map(_POSTING, rows.get("posting", ())):
            amount, key = Decimal(said), (account, asset)
            old = self.balances.get(key, ZERO)
            before.setdefault(key, old)
            self.balances[key] = old + amount
            sums[transfer, asset] = sums.get((transfer, asset), ZERO) + amount
        for (transfer, asset), total in sums.items():
            if total:
                yield "POSTINGS_BALANCE", f"{transfer} {asset}: 0", text(total)
        stated = {(one[0], one[1]): one[2] for one in map(_BALANCE, rows.get("balance", ()))}
        for key in {**before, **stated}:
            total = self.balances.get(key, ZERO)
            if stated.get(key) != text(total):
                yield (
                    "BALANCE_IS_POSTINGS",
                    f"{key[0]} {key[1]}: {text(total)}",
                    f"{stated.get(key)}",
                )
        for key, old in before.items():
            yield from self._sign(key, old)

    def _sign(self, key: tuple[str, str], old: Decimal) -> Iterator[Finding]:
        account, asset = key
        total = self.balances[key]
        if account == HELD and total < 0:
            yield "HELD_NOT_NEGATIVE", f"{asset}: >= 0", text(total)
        # Money that a late fill took is gone whatever the rules say; then the desk stands.
        if account == FREE and total < min(old, ZERO) and not self._halted():
            yield "FREE_NOT_NEGATIVE", f"{asset}: >= 0, or HALTED", text(total)

    def _halted(self) -> bool:
        return Level.HALTED.value in self.levels.values()

    def _positions(self, rows: Rows) -> Iterator[Finding]:
        moved: dict[tuple[str, str], Decimal] = {}
        for _, strategy, instrument, side, quantity in map(_FILL, rows.get("fill", ())):
            signed = Decimal(quantity) if side == _BUY else -Decimal(quantity)
            moved[strategy, instrument] = moved.get((strategy, instrument), ZERO) + signed
        stated = {(one[0], one[1]): one[2] for one in map(_POSITION, rows.get("position", ()))}
        for key, change in moved.items():
            expected = text(self.positions.get(key, ZERO) + change)
            if stated.get(key) != expected:
                yield "POSITION_IS_FILLS", f"{key[0]} {key[1]}: {expected}", f"{stated.get(key)}"
        for key, said in stated.items():
            self.positions[key] = Decimal(said)

    def _orders(self, rows: Rows) -> Iterator[Finding]:
        new: dict[str, Decimal] = {}
        for name, _, _, _, quantity in map(_FILL, rows.get("fill", ())):
            new[name] = new.get(name, ZERO) + Decimal(quantity)
        for values in rows["orders"]:
            order = _standing(values)
            name = order.client_order_id
            old = self._alive.get(name) or self._ended.get(name)
            booked = order.booked_quantity
            # Of an order that ended long ago only the table knows how much was booked before.
            if old is not None or order.state == _NEW:
                booked = Amount((old.booked_quantity if old else ZERO) + new.get(name, ZERO))
            for fault in order_faults(order, booked):
                yield "ORDER_IS_FILLS", name, fault
            self._take_order(order)

    def _hold(self, rows: Rows) -> Iterator[Finding]:
        assets = {one[2]: None for one in map(_ORDER, rows.get("orders", ()))}
        assets |= {one[1]: None for one in map(_BALANCE, rows.get("balance", ())) if one[0] == HELD}
        for asset in assets:
            held, expected = self.balances.get((HELD, asset), ZERO), self._holds.get(asset, ZERO)
            if held != expected:
                yield "HELD_IS_HOLDS", f"{asset}: {text(expected)}", text(held)

    def _take_order(self, order: Standing) -> None:
        name, asset = order.client_order_id, order.hold_asset
        old = self._alive.pop(name, None)
        self._ended.pop(name, None)
        if old is not None:
            self._holds[old.hold_asset] = self._holds.get(old.hold_asset, ZERO) - old.hold_left
        if order.state in ALIVE:
            self._alive[name] = order
            self._holds[asset] = self._holds.get(asset, ZERO) + order.hold_left
            return
        self._ended[name] = order
        while len(self._ended) > ENDED_KEPT_MAX:
            self._ended.popitem(last=False)


def table_breaches(touched: Kept, found: Kept) -> Iterator[Breach]:
    """Yield where the tables are not the fold: *found* is what they have under the same keys.

    A row that a later entry wrote again is left to that entry.
    """
    for name, rows in touched.items():
        there = found.get(name, {})
        for key, ours in rows.items():
            theirs = there.get(key)
            if theirs != ours and (problem := _difference(TABLE_NAMED[name], ours, theirs)):
                yield _breach("TABLES_ARE_FOLD", f"{name} {_shown(key)}", *problem)


def _difference(table: Table, ours: Values, theirs: Values | None) -> tuple[str, str] | None:
    """Return what was expected and what was found, None when it is no difference after all."""
    if theirs is None:
        return f"the row of entry {_seq(ours)}", "nothing"
    written, last = _seq(ours), _seq(theirs)
    if last > written and not table.added_only:
        return None
    if last != written:
        return f"the row of entry {written}", f"the row of entry {last}"
    if len(ours) != len(theirs):  # columns that came after the entry have their defaults
        ours = (*table.values(table.row(ours[:-1])), written)
    return None if ours == theirs else (_shown(ours), _shown(theirs))


def fill_breaches(orders: Iterable[Standing], booked: Mapping[str, Decimal]) -> Iterator[Breach]:
    """Yield where the fills in the table do not add up to what their order says is booked."""
    for order in orders:
        for fault in order_faults(order, booked.get(order.client_order_id, ZERO)):
            yield _breach("ORDER_IS_FILLS", order.client_order_id, "the sum of its fills", fault)


def newest(touched: Kept, found: Kept, table: str) -> list[Values]:
    """Return the rows of *table* among *touched* that no later entry wrote again."""
    there = found.get(table, {})
    rows = touched.get(table, {})
    return [ours for key, ours in rows.items() if key in there and there[key][-1] == ours[-1]]


def orders_in(touched: Kept, found: Kept) -> list[Standing]:
    """Return the orders among *touched* that stand as they were written."""
    return [_standing(values) for values in newest(touched, found, "orders")]


def _standing(values: tuple[Any, ...]) -> Standing:
    return Standing(*_ORDER(values), *map(Amount, _ORDER_AMOUNTS(values)))


def _seq(values: Values) -> int:
    seq = values[-1]
    return seq if isinstance(seq, int) else 0


def _shown(values: Values) -> str:
    return " ".join("…" if isinstance(one, bytes) else str(one) for one in values)[:300]


def _breach(invariant: str, where: str, expected: str, found: str) -> Breach:
    return Breach(invariant=invariant, where=where, expected=expected, found=found)
