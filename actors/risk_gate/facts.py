"""What the gate believes at one instant, about one instrument and the whole desk.

Positions in base, money in quote, ages in ms. What was never heard is stood in for by the strictest
value there is, so that no rule has to ask whether it was: a halted instrument, an empty account.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.risk_gate.valuations import Confirmed
from actors.runtime.newest import Newest
from messages.instrument import Instrument
from messages.market import FeedStatus, Quote
from messages.money import ZERO
from messages.state import AccountState, ExecutorStatus, InstrumentState, Level

UNHEARD_VERSION = -1


class Facts(Struct, frozen=True, kw_only=True):
    """Everything heard that a rule reads, as of *now_ms*; an age of None: never heard."""

    now_ms: int
    now_ns: int
    killed: bool  # this gate was told so
    quote_asset: str
    instruments: tuple[str, ...]
    state: InstrumentState  # of the instrument that is asked about
    state_age_ms: int | None
    states: Mapping[str, InstrumentState]  # of all instruments heard
    account: AccountState
    account_age_ms: int | None
    status: ExecutorStatus | None
    status_age_ms: int | None
    feed: FeedStatus | None
    quote: Quote | None
    quote_age_ms: int | None  # since the venue said it, as far as we know
    rules: Instrument | None
    rules_age_ms: int | None
    marks: Mapping[str, Decimal]  # the last valid mid of each instrument
    losses: Confirmed
    filled_ms: int | None  # when the position last changed


def facts(
    newest: Newest,
    instrument: str,
    *,
    instruments: Sequence[str],
    quote_asset: str,
    marks: Mapping[str, Decimal],
    losses: Confirmed,
    filled_ms: int | None,
    killed: bool,
    now_ms: int,
    now_ns: int,
) -> Facts:
    """Return what is believed now; *instrument* is the one that is asked about."""
    heard = {name: newest.get(InstrumentState, name) for name in (*instruments, instrument)}
    quote = newest.get(Quote, instrument)
    since_ms = newest.age_ms(Quote, instrument, now_ms=now_ms)
    return Facts(
        now_ms=now_ms,
        now_ns=now_ns,
        killed=killed,
        quote_asset=quote_asset,
        instruments=tuple(instruments),
        state=heard[instrument] or unheard(instrument),
        state_age_ms=newest.age_ms(InstrumentState, instrument, now_ms=now_ms),
        states={name: state for name, state in heard.items() if state is not None},
        account=newest.get(AccountState) or UNHEARD_ACCOUNT,
        account_age_ms=newest.age_ms(AccountState, now_ms=now_ms),
        status=newest.get(ExecutorStatus),
        status_age_ms=newest.age_ms(ExecutorStatus, now_ms=now_ms),
        feed=newest.get(FeedStatus),
        quote=quote,
        quote_age_ms=None if quote is None or since_ms is None else quote.age_ms + since_ms,
        rules=newest.get(Instrument, instrument),
        rules_age_ms=newest.age_ms(Instrument, instrument, now_ms=now_ms),
        marks=marks,
        losses=losses,
        filled_ms=filled_ms,
    )


def valid_book(quote: Quote | None) -> bool:
    """Return whether *quote* has both sides, the right way round."""
    if quote is None or quote.bid is None or quote.ask is None:
        return False
    return ZERO < quote.bid < quote.ask


def unheard(instrument: str) -> InstrumentState:
    """Return what to believe of an instrument whose state was never heard: nothing may happen."""
    return InstrumentState(
        instrument=instrument,
        lineage="",
        version=UNHEARD_VERSION,
        level=Level.HALTED,
        reason="never heard",
        position=ZERO,
        by_strategy={},
        alive=(),
        last_send_ms={},
        at_ms=0,
    )


UNHEARD_ACCOUNT = AccountState(
    free={},
    held={},
    equity=None,
    day_pnl=None,
    drawdown=None,
    drawdown_ratio=None,
    realised_today=ZERO,
    fees_today=ZERO,
    loss_streak=0,
    sent_1s=0,
    sent_60s=0,
    alive=0,
    at_ms=0,
)
