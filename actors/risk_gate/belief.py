"""Everything the gate has heard, and what follows from it as it is heard. Moments monotonic ms."""

from collections.abc import Sequence
from decimal import Decimal

from actors.risk_gate.approvals import Approvals
from actors.risk_gate.facts import Facts, facts, valid_book
from actors.risk_gate.settings import Settings
from actors.risk_gate.valuations import Valuations
from actors.runtime.newest import Newest
from messages.market import FeedStatus, FeedVerdict, Quote
from messages.state import AccountState, ExecutorStatus, InstrumentState, LevelEntry

SECOND_MS = 1_000


class Belief:
    """The newest of everything, the last good mids, what was approved, which losses are real."""

    def __init__(self, limits: Settings, *, instruments: Sequence[str], quote_asset: str) -> None:
        self.newest = Newest()
        self.approvals = Approvals(window_ms=limits.repeated_window_s * SECOND_MS)
        self.data_was_good = False
        self._valuations = Valuations(limits)
        self._marks: dict[str, Decimal] = {}
        self._instruments = tuple(instruments)
        self._quote_asset = quote_asset

    def take(self, message: object, *, name: str = "", now_ms: int) -> None:
        """Take in *message* as the newest of its kind and *name*."""
        self.newest.take(message, name=name, now_ms=now_ms)
        match message:
            case Quote():
                self._mark(message)
            case InstrumentState():
                self.approvals.state_heard(message, now_ms)
            case AccountState():
                self._valuations.look(message, now_ms)
                self.approvals.account_heard()
            case FeedStatus():
                good = message.verdict is not FeedVerdict.OBSERVE
                self.data_was_good = self.data_was_good or good

    def missing(self) -> str:
        """Return what has to be heard before anything can be judged, "" when nothing is missing."""
        unheard = [name for name in self._instruments if not self._knows(name)]
        if unheard:
            return f"the state of {', '.join(unheard)}"
        kinds = (kind for kind in (AccountState, ExecutorStatus) if self.newest.get(kind) is None)
        return next((f"the executor's {kind.__name__}" for kind in kinds), "")

    def facts(self, instrument: str, *, now_ms: int, now_ns: int, killed: bool = False) -> Facts:
        """Return what is believed now, with *instrument* as the one that is asked about."""
        return facts(
            self.newest,
            instrument,
            instruments=self._instruments,
            quote_asset=self._quote_asset,
            marks=self._marks,
            losses=self._valuations.confirmed(),
            filled_ms=self.approvals.filled_ms(instrument),
            killed=killed,
            now_ms=now_ms,
            now_ns=now_ns,
        )

    def entries(self, *, now_ms: int, age_max_ms: int) -> Sequence[LevelEntry] | None:
        """Return the levels as the executor last said them, None when that is too long ago."""
        status = self.newest.get(ExecutorStatus)
        age_ms = self.newest.age_ms(ExecutorStatus, now_ms=now_ms)
        young = status is not None and age_ms is not None and age_ms <= age_max_ms
        return status.levels if status is not None and young else None

    def _knows(self, instrument: str) -> bool:
        return self.newest.get(InstrumentState, instrument) is not None

    def _mark(self, quote: Quote) -> None:
        known = quote.instrument in self._instruments and quote.mid is not None
        if known and quote.problem is None and valid_book(quote):
            self._marks[quote.instrument] = quote.mid or self._marks[quote.instrument]
