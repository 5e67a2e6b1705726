"""When balances are read, and what two equal reads are worth: the course of a comparison.

Monotonic milliseconds. One comparison at a time. Where it was not quiet between two reads, the
second of them is the first of the next comparison.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from actors.executor import reconcile
from actors.executor.books import Books
from actors.executor.reconcile import Checked, Difference, Standing
from actors.executor.settings import Asking
from actors.executor.venue_calls import ReadBalances
from actors.executor.watching import Watching
from actors.venues.port import VenueBalance

HIDDEN_LOOKS = 8  # how often it is compared again while fills may be hidden
HIDDEN_SEEN_MIN = 5  # looks in a row; fewer may each have met another order's hidden fill


class Stage(StrEnum):
    IDLE = "IDLE"
    FIRST = "FIRST"  # the first read is on its way
    SWEEP = "SWEEP"  # fills of every instrument are fetched
    SECOND = "SECOND"  # the second read is on its way


class Reconciler:
    """The comparison under way, the newest finished one, and what differed once."""

    def __init__(self, asking: Asking, *, hidden_ms: int = 0) -> None:
        self.last: Checked | None = None
        self.certain: tuple[Difference, ...] = ()  # of the newest: what showed twice
        self.stage = Stage.IDLE
        self._every_ms = asking.reconcile_every_s * 1_000
        self._apart_ms = asking.twice_apart_ms
        self._hidden_ms = max(hidden_ms, asking.twice_apart_ms)  # fills show by then
        self._number = 0
        self._asked = False
        self._first: tuple[VenueBalance, ...] = ()
        self._fills = 0  # booked when the first read was heard
        self._standing = self._next = Standing(asked_ms=0, versions={})
        self._swept_from_ms = 0
        self._wanted_ms: int | None = None
        self._once: dict[tuple[str, str, Decimal], int] = {}  # since when it shows
        self._ever: dict[tuple[str, str], int] = {}  # since when it differs by whatever amount
        self._looks: dict[tuple[str, str], int] = {}  # that found it so, in a row

    @property
    def between_ms(self) -> int:
        """When the first of the newest two reads was heard: what it shows happened before."""
        return self._swept_from_ms

    def want(self, at_ms: int) -> None:
        """Have a comparison begin at *at_ms* at the latest."""
        self._wanted_ms = at_ms if self._wanted_ms is None else min(at_ms, self._wanted_ms)

    def is_due(self, now_ms: int) -> bool:
        """Return whether a comparison should begin."""
        if self.stage is not Stage.IDLE:
            return False
        if self._wanted_ms is not None and now_ms >= self._wanted_ms:
            return True
        return self.last is None or now_ms - self.last.heard_ms >= self._every_ms

    def begin(self, books: Books, instruments: Sequence[str], *, now_ms: int) -> None:
        """Begin a comparison."""
        self._next = _standing(books, instruments, now_ms)
        if self._wanted_ms is not None and now_ms >= self._wanted_ms:
            self._wanted_ms = None
        self._go_to(Stage.FIRST)

    def advance(self, books: Books, watching: Watching, *, all_listed: bool, now_ms: int) -> None:
        """Go on to the second read once every instrument was swept and its orders are known."""
        swept = watching.all_swept_since(self._swept_from_ms)
        if self.stage is Stage.SWEEP and swept and all_listed:
            self._next = _standing(books, watching.instruments, now_ms)
            self._go_to(Stage.SECOND)

    def request(self) -> ReadBalances | None:
        """Return the read to make now, None while there is none."""
        if self._asked or self.stage not in (Stage.FIRST, Stage.SECOND):
            return None
        return ReadBalances(number=self._number)

    def asked(self) -> None:
        """Take note that the read is on its way."""
        self._asked = True

    def sweeps_since(self, watching: Watching) -> Mapping[str, int]:
        """Return from when a sweep of fills must be, by instrument."""
        if self.stage is not Stage.SWEEP:
            return {}
        return dict.fromkeys(watching.instruments, self._swept_from_ms)

    def failed(self, number: int) -> None:
        """A read failed: ask it again."""
        if number == self._number:
            self._asked = False

    def heard(
        self,
        number: int,
        balances: Sequence[VenueBalance],
        *,
        fills: int,
        newest_fill_ms: int,
        now_ms: int,
    ) -> tuple[Standing, tuple[VenueBalance, ...]] | None:
        """Take a read; return how the books stood and what to hold against them, when quiet."""
        if number != self._number:
            return None
        quiet = fills == self._fills and reconcile.same(self._first, balances)
        if self.stage is Stage.FIRST or not quiet or reconcile.is_stale(balances, newest_fill_ms):
            self._take_first(balances, fills, now_ms)
            return None
        self._go_to(Stage.IDLE)
        return self._standing, tuple(balances)

    def judge(self, checked: Checked) -> tuple[Difference, ...]:
        """Take *checked* as the newest; return what of it showed twice, far enough apart.

        What hidden fills would explain must show again in reads that began when none can be. What
        differs for longer, by ever another amount at one look after the other, counts: every fill
        may be booked wrong.
        """
        before, self.last = self.last, checked
        now_ms = checked.heard_ms
        self._once = {one.key: self._once.get(one.key, now_ms) for one in checked.differences}
        self._ever = self._ever_since(checked, now_ms if before is None else before.heard_ms)
        self._looks = {key: self._looks.get(key, 0) for key in self._ever}
        for one in checked.differences:
            self._looks[one.asset, one.account] += 1
        all_hidden = checked.differences and len(checked.hidden) == len(checked.differences)
        if all_hidden and not checked.unclear:
            self.want(now_ms + max(self._apart_ms, self._hidden_ms // HIDDEN_LOOKS))
        elif checked.differences or checked.unclear:
            self.want(now_ms + self._apart_ms)
        self.certain = tuple(one for one in checked.differences if self._counts(one, checked))
        return self.certain

    def _counts(self, one: Difference, checked: Checked) -> bool:
        since_ms, account = self._once[one.key], (one.asset, one.account)
        is_hidden = one in checked.hidden
        ever_ms = checked.asked_ms - self._ever[account]
        if is_hidden and self._looks[account] < HIDDEN_SEEN_MIN:
            return False
        if ever_ms >= self._hidden_ms + self._apart_ms:
            return True
        if is_hidden:
            return checked.asked_ms - since_ms >= self._hidden_ms
        return checked.heard_ms - since_ms >= self._apart_ms

    def _ever_since(self, checked: Checked, before_ms: int) -> dict[tuple[str, str], int]:
        """Return since when each account differs; no time passes for what cannot be compared."""
        now_ms, known = checked.heard_ms, self._ever
        paused = {
            key: since_ms + now_ms - before_ms
            for key, since_ms in known.items()
            if key[0] in checked.unclear
        }
        differing = [(one.asset, one.account) for one in checked.differences]
        return paused | {key: known.get(key, now_ms) for key in differing}

    def _take_first(self, balances: Sequence[VenueBalance], fills: int, now_ms: int) -> None:
        """Take a read as the first of two: what moves from now on, moves between them."""
        self._first, self._fills, self._standing = tuple(balances), fills, self._next
        self._swept_from_ms = now_ms
        self._go_to(Stage.SWEEP)

    def _go_to(self, stage: Stage) -> None:
        self.stage = stage
        self._asked = False
        self._number += 1


def _standing(books: Books, instruments: Sequence[str], now_ms: int) -> Standing:
    versions = {name: books.instrument(name).version for name in instruments}
    return Standing(asked_ms=now_ms, versions=versions, seq=books.seq)
