"""What there is to see of a desk at one moment, taken from its keeper."""

from decimal import Decimal

from msgspec import Struct
from rich.text import Text

from actors.runtime.desk_keeper import DeskKeeper
from actors.runtime.supervision import Child
from messages.market import FeedStatus, Quote
from messages.records import AuditStatus, DecisionLine, RecentDecisions
from messages.state import AccountState, ExecutorStatus, InstrumentState
from scripts.tables import ActorLine, QuoteLine

EQUITY_BARS = 16


class View(Struct, frozen=True, kw_only=True):
    """Everything that is drawn. None and empty: not heard, or too old to be believed."""

    mode: str
    host: str
    quote: str  # the asset that money is counted in
    uptime_s: int
    ending: str = ""  # why it is stopping, "" while it is not
    killed: bool = False
    actors: tuple[ActorLine, ...]
    services: tuple[ActorLine, ...] = ()
    status: ExecutorStatus | None = None
    account: AccountState | None = None
    equity_trend: tuple[Decimal, ...] = ()
    states: tuple[InstrumentState, ...] = ()
    quotes: tuple[QuoteLine, ...] = ()
    decisions: tuple[DecisionLine, ...] = ()
    feed: FeedStatus | None = None
    audit: AuditStatus | None = None
    events: tuple[Text, ...] = ()  # newest first


def view_of(keeper: DeskKeeper) -> View:
    """Return what is shown of the desk. What is too old to be believed is left out."""
    now = keeper.clock.mono_ms()
    desk = keeper.about.desk
    states = (keeper.newest.get(InstrumentState, name) for name in desk.instruments)
    quotes = (_quote(keeper, name, now) for name in desk.instruments)
    recent = keeper.newest.get(RecentDecisions)
    return View(
        mode=desk.mode,
        host=keeper.about.host,
        quote=desk.quote,
        uptime_s=(now - keeper.began_ms) // 1000,
        ending=keeper.end.reason if keeper.ordered_stop else "",
        killed=keeper.killed,
        actors=tuple(_actor(keeper, child, now) for child in keeper.actors()),
        services=tuple(_actor(keeper, keeper.kept[name], now) for name in keeper.programs),
        status=keeper.fresh(ExecutorStatus),
        account=keeper.fresh(AccountState),
        equity_trend=tuple(keeper.trends.get("", ()))[-EQUITY_BARS:],
        states=tuple(state for state in states if state is not None),
        quotes=tuple(quote for quote in quotes if quote is not None),
        decisions=recent.lines if recent else (),
        feed=keeper.fresh(FeedStatus),
        audit=keeper.fresh(AuditStatus),
    )


def _quote(keeper: DeskKeeper, name: str, now_ms: int) -> QuoteLine | None:
    quote = keeper.newest.get(Quote, name)
    heard_ms = keeper.newest.age_ms(Quote, name, now_ms=now_ms)
    if quote is None or heard_ms is None:
        return None
    trend = tuple(keeper.trends.get(name, ()))
    return QuoteLine(quote=quote, age_ms=quote.age_ms + heard_ms, trend=trend)


def _actor(keeper: DeskKeeper, child: Child, now_ms: int) -> ActorLine:
    vitals = keeper.vitals.get(child.role)
    return ActorLine(
        role=child.role,
        pid=child.pid,
        state=str(child.actual) if child.wanted or child.pid else "stopped",
        restarts=child.restarts,
        heartbeat_age_ms=None if child.heard_ms is None else now_ms - child.heard_ms,
        waiting_for=child.waiting_for,
        longest_turn_ms=vitals.longest_turn_ms if vitals else None,
    )
