"""Books with money in them, an order on its way, and the facts it may meet. No I/O."""

from actors.executor import accept, facts, limits
from actors.executor.accept import Desk, Moment
from actors.executor.books import Books
from actors.executor.day import Mark
from actors.executor.draft import Draft
from actors.executor.facts import Context, Seen
from actors.executor.fills import Terms
from actors.executor.gate import Gate
from actors.executor.postings import opening
from actors.executor.states import Fact
from actors.venues.port import VenueFill
from messages.fees import Fees
from messages.instrument import Instrument
from messages.money import ZERO, Amount
from messages.orders import Side
from store.rows import InstrumentRow
from tests.actors.executor.driving import LIMITS
from tests.actors.executor.wishes import LINEAGE, PREFIX

NOW_MS = 1_774_252_925_783
TODAY = "2026-03-23"
GROSS = Fees().gross_taker  # 15 bps and 20 % tax on them
RULES = Instrument(
    instrument="BTC_TRY",
    base="BTC",
    quote="TRY",
    price_increment=Amount(1),
    quantity_step=Amount("0.00000001"),
    notional_min=Amount(100),
)
MARK = Mark(Amount(3_000_000), 1_000)
TERMS = Terms(gross=GROSS, dust_max=Amount(100), today=TODAY, now_ms=NOW_MS)
CONTEXT = Context(terms=TERMS)
DESK = Desk(prefix=PREFIX, lineage=LINEAGE, kill_epoch=0, limits=LIMITS, send_budget_ms=1_000)
OPEN_GATE = Gate(ready=True, latched=False, permit_until_ms=10_000)
CID = "t-order"
VENUE_ID = 30_000_000_001


def books(*, version=0, **free):
    """Return books that own *free* (amounts by asset) and nothing else."""
    made = Books()
    draft = Draft(made, at_ms=NOW_MS)
    for asset, amount in free.items():
        draft.transfer(f"opening:{asset}", opening(asset, free=Amount(amount), withdrawing=ZERO))
    draft.put(InstrumentRow(instrument="BTC_TRY", version=version))
    draft.write("Opened", "desk", {})
    made.take_touched()
    return made


def view(**changed):
    given = {
        "rules": {"BTC_TRY": RULES},
        "marks": {"BTC_TRY": MARK},
        "holdings": {"BTC": MARK},
        "pace": limits.Pace(last_s=0, last_min=0),
        "now_ms": 1_000,
        "today": TODAY,
    }
    return limits.View(**given | changed)


def moment(**changed):
    given = {
        "context": CONTEXT,
        "view": view(),
        "gate": OPEN_GATE,
        "kill_file": False,
        "room": 16,
        "now_ns": 1,
        "stamp_ms": NOW_MS,
    }
    return Moment(**given | changed)


def answer(approved, on, *, desk=DESK, stored=None, **changed):
    return accept.answer(
        approved, books=on, desk=desk, moment=moment(**changed), stored=stored or {}
    )


def fill(
    trade_id="1",
    quantity="0.0004",
    price="3000000",
    side=Side.BUY,
    *,
    fee="1.2",
    tax="0.24",
    client_order_id=CID,
    venue_order_id=VENUE_ID,
    fee_asset="TRY",
    instrument="BTC_TRY",
    at_ms=NOW_MS,
):
    return VenueFill(
        trade_id=trade_id,
        venue_order_id=venue_order_id,
        client_order_id=client_order_id,
        instrument=instrument,
        side=side,
        price=Amount(price),
        quantity=Amount(quantity),
        fee=Amount(fee),
        tax=Amount(tax),
        fee_asset=fee_asset,
        at_ms=at_ms,
    )


def filled(*args, **given):
    """Return an execution as a fact."""
    row = fill(*args, **given)
    return Seen(fact=Fact.FILL, venue_order_id=row.venue_order_id, fill=row)


def tell(on, name, *seen, context=CONTEXT):
    """Merge facts one after the other, as they come; return the entries they led to."""
    written = []
    for one in seen:
        if one.fill is not None and on.is_booked(one.fill.trade_id):
            continue
        written += [w.entry for w in facts.merge(on, on.orders[name], one, context)]
    return written


def money(on):
    """Return every balance that is not empty."""
    return {key: amount for key, amount in on._balances.items() if amount}
