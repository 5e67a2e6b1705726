"""What the actor heard, as one question to one strategy; and whether that is enough to ask."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from actors.runtime.newest import Newest
from actors.runtime.settings import DeskSettings
from actors.strategy import views
from actors.strategy.interface import Seen
from actors.strategy.runs import Running
from actors.strategy.settings import Settings
from actors.strategy.views import Known
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import ZERO
from messages.state import AccountState, InstrumentState

T = TypeVar("T")


class View(Struct, frozen=True, kw_only=True):
    """One question: the money, what is seen, where it may enter, where an order is alive."""

    cash: Decimal
    seen: dict[str, Seen]
    may_enter: dict[str, bool]
    keeps: dict[str, bool]


class Warming:
    """How far the warm-up is. A strategy that needs no past is warm at once."""

    def __init__(self, own: Settings) -> None:
        self.done = own.warmup_s == 0
        self._span_ms = own.warmup_s * 1_000
        self._left = own.warmup_asks_max

    def since_ms(self, wall_ms: int) -> int:
        """Return where the past that is asked for begins."""
        return wall_ms - self._span_ms

    def give_up(self) -> bool:
        """Count one more question; return whether there were enough without an answer."""
        if self.done:
            return False
        self._left -= 1
        self.done = self._left < 0
        return self.done


def missing(newest: Newest, instruments: Iterable[str]) -> str:
    """Return what was not heard yet, "" when all was."""
    if newest.get(AccountState) is None:
        return "the account's state"
    for name in instruments:
        if newest.get(InstrumentState, name) is None:
            return f"the state of {name}"
    return ""


def rules(newest: Newest, instruments: Iterable[str]) -> dict[str, Instrument]:
    """Return the rules heard, by instrument."""
    found = ((name, newest.get(Instrument, name)) for name in instruments)
    return {name: one for name, one in found if one is not None}


def listed(seen: Mapping[str, Seen], run: Running) -> dict[str, Seen]:
    """Return of *seen* what *run* lists."""
    return {name: one for name, one in seen.items() if name in run.instruments}


def view(newest: Newest, run: Running, desk: DeskSettings, own: Settings, *, now_ms: int) -> View:
    """Return what *run* is asked about at *now_ms* (monotonic)."""
    known = {name: _known(newest, name, own, now_ms) for name in desk.instruments}
    states = [one.state for one in known.values() if one.state is not None]
    may_enter = views.universe(run.instruments, run.name, states)
    seen: dict[str, Seen] = {}
    for name in may_enter:
        one = views.seen(known[name], run.name) if name in known else None
        if one is not None:
            seen[name] = one
    keeps = {
        name: views.has_order_alive(newest.get(InstrumentState, name), run.name)
        for name in may_enter
    }
    account = _young(newest, AccountState, "", own.state_age_max_ms, now_ms)
    cash = ZERO if account is None else account.free.get(desk.quote, ZERO)
    return View(cash=cash, seen=seen, may_enter=may_enter, keeps=keeps)


def _known(newest: Newest, name: str, own: Settings, now_ms: int) -> Known:
    quote = newest.get(Quote, name)
    waited_ms = newest.age_ms(Quote, name, now_ms=now_ms) or 0
    fresh = quote is not None and quote.age_ms + waited_ms <= own.quote_age_max_ms
    return Known(
        rules=newest.get(Instrument, name),
        quote=quote if fresh else None,
        state=_young(newest, InstrumentState, name, own.state_age_max_ms, now_ms),
    )


def _young(newest: Newest, kind: type[T], name: str, most_ms: int, now_ms: int) -> T | None:
    age_ms = newest.age_ms(kind, name, now_ms=now_ms)
    return newest.get(kind, name) if age_ms is not None and age_ms <= most_ms else None
