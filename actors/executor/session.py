"""Everything the executor knows that the store does not: what was heard, asked, and not answered.

It lives as long as the process. Times are monotonic milliseconds unless a name says otherwise.
"""

import itertools
from collections import deque
from enum import StrEnum

from msgspec import Struct

from actors.executor import day, levels
from actors.executor.accept import Desk
from actors.executor.answering import Answering
from actors.executor.books import Books
from actors.executor.clearance import Clearance
from actors.executor.clock_offset import Belief, Stamps, VenueClock, resumed
from actors.executor.contradictions import Behind
from actors.executor.day import Mark
from actors.executor.facts import Context
from actors.executor.fills import Terms
from actors.executor.foreign import Foreign
from actors.executor.gate import Gate
from actors.executor.limits import Pace, View
from actors.executor.pace import Backoff, Bucket
from actors.executor.permits import Permits
from actors.executor.postings import assets
from actors.executor.reconciling import Reconciler
from actors.executor.resolver import Resolver
from actors.executor.settings import Settings
from actors.executor.transfers import Transfers
from actors.executor.venue_calls import lane_of
from actors.executor.watching import Watching
from actors.runtime.effects import Route
from actors.runtime.settings import DeskSettings
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import ZERO
from messages.state import Level, Scope

KILL_EPOCH = "kill_epoch"  # meta
PACE_KEPT_MS = 60_000
UNTIMED_MAX_MS = 3_000  # so long nothing is signed before the venue said what time it is
KEPT_BATCHES_MAX = 64  # more than can wait for one turn: their socket holds four


class Now(Struct, frozen=True, kw_only=True):
    """One instant, read once for each message."""

    wall_ms: int
    mono_ms: int
    mono_ns: int


class Phase(StrEnum):
    STARTING = "STARTING"  # not reconciled yet
    RUNNING = "RUNNING"
    CANCEL_ONLY = "CANCEL_ONLY"  # without a store: what is ours at the venue is taken back
    STOPPING = "STOPPING"  # told to end in order
    ORPHANED = "ORPHANED"  # nobody watches over us: take back what rests, then leave
    STOPPED = "STOPPED"


class Question(Struct, frozen=True, kw_only=True):
    """Somebody waits for a comparison that begins at *asked_ms* or later."""

    route: Route
    asked_ms: int


class Doubts:
    """What the venue has not said yet of our key, before `live` begins."""

    def __init__(self) -> None:
        self.asked_ms: int | None = None  # whether it may trade
        self.told = False
        self.forbidden_ms: int | None = None  # since when every answer is a 403
        self.writes_forbidden_ms: int | None = None  # and every one to a write

    @property
    def is_asked(self) -> bool:
        return self.asked_ms is not None and not self.told


class Session:
    """What this process has heard and asked. Belongs to the actor's thread.

    The stamps and the gate are read by lane threads as well, under the gate's lock.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        desk: DeskSettings,
        books: Books,
        lineage: str,
        epoch: int,
        now: Now,
        run_id: str = "",
    ) -> None:
        asking, budgets, now_ms = settings.asking, settings.budgets, now.mono_ms
        self.settings, self.desk, self.books = settings, desk, books
        self.lineage, self.epoch, self.run_id = lineage, epoch, run_id
        self.started_ms = now_ms
        self.phase, self.stop_reason = Phase.STARTING, ""
        self.store_problem = ""  # why there is no store
        self.ends_ms: int | None = None  # an orderly or orphaned end is over by then
        self.final_ms: int | None = None  # since when the last comparison is awaited
        self.permits = Permits(started_ms=now_ms)
        self.stamps = resumed_stamps(books, now, window_ms=settings.window_ms)
        self.belief = Belief()
        self.clock_problem = "the venue's clock is not measured"  # empty: believed
        self.timed_ms = NEVER_HEARD_MS  # when the clock was measured
        self.doubts, self.answering = Doubts(), Answering()
        self.wall_minus_mono_ms = now.wall_ms - now_ms
        self.rules: dict[str, Instrument] = {}
        self.marks: dict[str, Mark] = {}
        self.accepted = deque(accepted_lately(books, now))  # when, the last minute
        self.accepted_ms: dict[str, int] = {}  # of orders whose answer is awaited
        self.pending: dict[object, int] = {}  # calls in flight but orders, and since when
        self.in_flight: dict[str, None] = {}  # orders past the gate; under the gate's lock
        self.passed_ns = 0  # when an order passed the gate last; under its lock
        self.orders_shut_ms = self.cancels_shut_ms = self.reads_shut_ms = now_ms  # until then
        self.buckets = {
            name: Bucket(getattr(budgets, name), now_ms=now_ms)
            for name in budgets.__struct_fields__
        }
        self.asks = Backoff(first_ms=asking.order_first_ms, most_ms=asking.order_most_ms)
        self.deletes = Backoff(first_ms=asking.cancel_first_ms, most_ms=asking.cancel_most_ms)
        self.fills_again = Backoff(first_ms=asking.fills_first_ms, most_ms=asking.fills_most_ms)
        self.not_found: dict[str, int] = {}
        self.behind = Behind(hidden_ms=settings.visibility_lag_s * 1_000 + asking.twice_apart_ms)
        self.strays: dict[int, str] = {}  # ours, and not alive in the books: venue id -> client id
        self.still_open: dict[int, int] = {}  # over in the books: venue id -> first list, mono ms
        self.watching = Watching(watched(desk, books))
        self.resolver = Resolver(settings)
        self.clearance = Clearance(apart_ms=asking.twice_apart_ms)
        self.reconciler = Reconciler(asking, hidden_ms=settings.visibility_lag_s * 1_000)
        self.transfers = Transfers(asking)
        self.foreign = Foreign(settings.foreign_orders, settings.fees.gross_taker)
        self.questions: list[Question] = []
        self.listed_since_ms = now_ms  # sends wait until every list is younger
        self.kept_batches: deque[str] = deque(maxlen=KEPT_BATCHES_MAX)
        self.fills_booked, self.newest_fill_ms = 0, 0  # the latter is the venue's time
        self.equity_written_ms = now_ms
        self.resume_code: tuple[str, int] | None = None  # and until when it counts
        self.reconciled = self.silent = False
        self.checkpoint_seq = books.seq  # the newest entry when the log was emptied
        self.checked_seq = 0  # the newest entry when books and venue were last compared

    @property
    def kill_epoch(self) -> int:
        return int(self.books.meta(KILL_EPOCH) or "0")

    @property
    def clock(self) -> VenueClock | None:
        """Return the venue's clock as it is believed, None until it was measured."""
        return self.belief.clock

    def waiting_for(self) -> str:
        """Return what is missing before orders may be sent, empty when nothing is."""
        if self.store_problem:
            return f"a store that can be used, and cancels meanwhile: {self.store_problem}"
        if self.reconciled:
            return ""
        if self.clock is None:
            return self.clock_problem
        if self.doubts.is_asked:
            return "the venue's word whether the key may trade"
        for instrument in self.watching.instruments:
            if self.watching.listed_ms(instrument) < self.started_ms:
                return f"the open orders of {instrument}"
        if self.watching.missing:
            return f"order {next(iter(self.watching.missing))}"
        if self.reconciler.last is not None and self.reconciler.last.differences:
            one = self.reconciler.last.differences[0]
            return f"a second look at {one.asset}, which differs"
        return "two equal reads of the balances"

    def ahead(self, lane: str) -> int:
        """Return how many calls were given to *lane* and are not answered yet."""
        return sum(1 for one in self.pending if lane_of(one) == lane)

    def venue_ms(self, now: Now) -> int:
        """Return the venue's time; the wall clock's until it was measured. Any thread may ask."""
        clock = self.clock
        return now.wall_ms if clock is None else clock.now_ms(now.mono_ms)

    def may_sign(self, now: Now) -> bool:
        """Return whether the venue's time is known, or was waited for long enough.

        The venue refuses what a wrong clock signs. But where it does not say its time and takes
        calls all the same, a cancel signed by the wall clock is better than none.
        """
        return self.clock is not None or now.mono_ms - self.started_ms >= UNTIMED_MAX_MS

    def context(self, instrument: str, now: Now) -> Context:
        """Return what merging a fact about an order of *instrument* needs."""
        rules = self.rules.get(instrument)
        terms = Terms(
            gross=self.settings.fees.gross_taker,
            dust_max=ZERO if rules is None else rules.notional_min,
            today=day.day_of(now.wall_ms),
            now_ms=now.wall_ms,
        )
        return Context(terms=terms, halt_on_absent=self.settings.on_absent == "halt_instrument")

    def pace(self, now_ms: int) -> Pace:
        """Return how many orders were accepted lately."""
        while self.accepted and now_ms - self.accepted[0] >= PACE_KEPT_MS:
            self.accepted.popleft()
        newest = itertools.takewhile(lambda at: now_ms - at < 1_000, reversed(self.accepted))
        last_s = sum(1 for _ in newest)
        return Pace(last_s=last_s, last_min=len(self.accepted))

    def view(self, now: Now) -> View:
        """Return what the hard limits are held against."""
        return View(
            rules=self.rules,
            marks=self.marks,
            holdings=self.holdings(),
            pace=self.pace(now.mono_ms),
            now_ms=now.mono_ms,
            today=day.day_of(now.wall_ms),
            locked=self.foreign.locked(),
            buying=self.foreign.buying(self.desk.quote),
        )

    def desk_facts(self) -> Desk:
        """Return what holds for every order."""
        return Desk(
            prefix=self.desk.prefix,
            lineage=self.lineage,
            kill_epoch=self.kill_epoch,
            limits=self.settings.limits,
            send_budget_ms=self.settings.send_budget_ms,
        )

    def gate(self) -> Gate:
        """Return the gate as everything known makes it."""
        return Gate(
            ready=self.may_trade(),
            latched=levels.is_latched(self.books.levels),
            stopping=self.phase not in (Phase.STARTING, Phase.RUNNING),
            not_armed=self.settings.not_armed,
            dry_run=self.settings.dry_run,
            permit_until_ms=self.permits.until_ms(self.settings.permit_ms),
            throttled_until_ms=self.orders_shut_ms,
            levels=strictest_by_scope(self.books),
        )

    def may_trade(self) -> bool:
        """Return whether orders were reconciled since the start and since the last silence."""
        listed = self.watching.all_listed_since(self.listed_since_ms)
        return self.reconciled and not self.silent and listed

    def hear_quote(self, quote: Quote, now_ms: int) -> None:
        """Keep the mid of a quote that may be traded on."""
        if quote.problem is None and (mid := quote.mid) is not None:
            self.marks[quote.instrument] = Mark(mid, now_ms - quote.age_ms)

    def hear_rules(self, rules: Instrument) -> None:
        """Keep the rules of an instrument of this desk."""
        if rules.instrument in self.desk.instruments:
            self.rules[rules.instrument] = rules

    def holdings(self) -> dict[str, Mark | None]:
        """Return the marks of all that is traded against the desk's quote asset, by base."""
        found: dict[str, Mark | None] = {}
        for instrument in self.desk.instruments:
            base, quote = assets(instrument)
            if quote == self.desk.quote and found.get(base) is None:
                found[base] = self.marks.get(instrument)
        return found


NEVER_HEARD_MS = -(10**12)


def watched(desk: DeskSettings, books: Books) -> list[str]:
    """Return the desk's instruments and those of before, of which an order is still alive.

    Nothing new is sent there: an instrument without rules has none. What was left is ours still.
    """
    return list(dict.fromkeys([*desk.instruments, *(o.instrument for o in books.all_alive())]))


def strictest_by_scope(books: Books) -> dict[tuple[Scope, str], Level]:
    """Return the strictest level of each scope that has any."""
    found: dict[tuple[Scope, str], Level] = {}
    for row in books.levels.values():
        key = (row.scope, row.name)
        if key not in found or row.level.rank > found[key].rank:
            found[key] = row.level
    return found


def accepted_lately(books: Books, now: Now) -> list[int]:
    """Return when the alive orders of the last minute were accepted, monotonic, oldest first."""
    ages = (now.wall_ms - order.created_ms for order in books.all_alive())
    return sorted(now.mono_ms - age_ms for age_ms in ages if 0 <= age_ms < PACE_KEPT_MS)


def resumed_stamps(books: Books, now: Now, *, window_ms: int) -> Stamps:
    """Return the stamps after those known to be signed: the last order's, and of all alive."""
    last, _, _ = (books.meta(day.SENT) or "0||0").partition("|")
    durable = [int(last), *(order.stamp_ms for order in books.all_alive())]
    return resumed(durable, now_ms=now.wall_ms, window_ms=window_ms)
