"""One ordinary example of every message, and how golden bytes and the schema lock are written.

`python -m tests.messages.samples` adds golden bytes for messages and versions that have none yet
and writes the schema lock. It never touches golden bytes that exist: they were released.
"""

import json
import sys
from pathlib import Path

from messages import codec, control, life, market, orders, records, state, targets
from messages.envelope import ENVELOPE_VERSION, Envelope
from messages.instrument import Instrument
from messages.money import amount
from messages.schema import shapes

GOLDEN = Path(__file__).parent / "golden"
LOCK = Path(codec.__file__).parent / "schema.lock.json"

QUOTE = market.Quote(
    instrument="BTC_TRY",
    bid=amount("3035109"),
    bid_quantity=amount("0.01422"),
    ask=amount("3036622"),
    ask_quantity=amount("0.00812"),
    median=amount("3035000.5"),
    channel="book",
    venue_ms=1774252925783,
    age_ms=4,
    seq=7,
    problem=None,
    at_ms=1774252925790,
)
SIZING = orders.Sizing(
    quote=orders.QuoteSeen(
        bid=amount("3035109"),
        ask=amount("3036622"),
        channel="book",
        venue_ms=None,
        age_ms=4,
        seq=7,
    ),
    target_quantity=amount("0.00006"),
    target_price=None,
    reason="BOOTSTRAP_POSITION",
    targets_seq=3,
    position=amount(0),
    buying=amount(0),
    selling=amount(0),
    wish=amount("0.00006"),
    limit_price=amount("3034347"),
    cash=amount("25000"),
    investable=amount("24700"),
    deploy=amount("24650.5"),
    size_factor=amount(1),
    caps=(orders.Cap(code="CASH_TARGET", left=amount("24650.5")),),
    binding="OK",
    status="accepted",
    allocated=amount("182.06082"),
    quantity=amount("0.00006"),
)
INTENT = orders.Intent(
    intent_id="00112233445566778899aabbccddeeff",
    leg=0,
    client_order_id="desk-abcdefghijklmnopqrstuvwxyz",
    strategy="mean_reversion",
    side=orders.Side.BUY,
    quantity=amount("0.00006"),
    price=amount("3034347"),
    sizing=SIZING,
)
BATCH = orders.IntentBatch(
    decision_id="d1",
    instrument="BTC_TRY",
    version=4,
    lineage="8f2a",
    kill_epoch=0,
    deadline_ns=123_000_000_000,
    intents=(INTENT,),
    cancels=(orders.CancelWish(client_order_id="desk-old", reason="STALE"),),
)
CHECK = orders.Check(code="MAX_ORDER_NOTIONAL", observed="182.06082", limit="3000", passed=True)
BROKEN = orders.BrokenRule(code="LEVEL", observed="PAUSED", limit="ACTIVE")
LEVEL = state.LevelEntry(
    scope=state.Scope.DESK,
    name="",
    source="operator",
    level=state.Level.PAUSED,
    reason="lunch",
    at_ms=5,
)
INSTRUMENT_STATE = state.InstrumentState(
    instrument="BTC_TRY",
    lineage="8f2a",
    version=4,
    level=state.Level.ACTIVE,
    reason="",
    position=amount("0.01"),
    by_strategy={
        "mean_reversion": state.StrategyPosition(
            position=amount("0.01"),
            cost=amount("3000000.123"),
            buying=amount("0.00006"),
            selling=amount(0),
        )
    },
    alive=(
        state.AliveOrder(
            client_order_id=INTENT.client_order_id,
            venue_order_id=30000000001,
            strategy="mean_reversion",
            side=orders.Side.BUY,
            price=amount("3034347"),
            quantity=amount("0.00006"),
            filled_quantity=amount(0),
            state=orders.OrderState.LIVE,
            cancel_wanted=False,
            sent_ms=10,
            confirmed_ms=12,
        ),
    ),
    last_send_ms={"buy": 10},
    at_ms=20,
)
SAMPLES: tuple[object, ...] = (
    Instrument(
        instrument="BTC_TRY",
        base="BTC",
        quote="TRY",
        price_increment=amount(1),
        quantity_step=amount("0.00000001"),
        notional_min=amount("99.91"),
        price_max=amount("30370280"),
    ),
    QUOTE,
    market.Trade(
        instrument="BTC_TRY",
        trade_id="639098353257830000",
        side=orders.Side.SELL,
        price=amount("3037028"),
        quantity=amount("0.00154321"),
        at_ms=1774252925783,
    ),
    market.FeedStatus(
        connected=True,
        verdict=market.FeedVerdict.NORMAL,
        reason="OK",
        instruments={
            "BTC_TRY": market.InstrumentFeed(
                tradable=True, problem=None, age_ms=4, trade_age_ms=None
            )
        },
        reconnects=1,
        unreadable=0,
        at_ms=9,
    ),
    targets.Targets(
        strategy="mean_reversion",
        seq=3,
        targets={
            "BTC_TRY": targets.Target(quantity=amount("0.00006"), reason="BOOTSTRAP_POSITION")
        },
        contained=None,
        decided_ms=8,
    ),
    targets.AllocatorState(targets_age_ms={"mean_reversion": 12}, at_ms=9),
    BATCH,
    orders.ApprovedBatch(
        batch=BATCH, verdicts=(orders.Verdict(intent_id=INTENT.intent_id, checks=(CHECK,)),)
    ),
    orders.RefusedIntent(
        decision_id="d1", instrument="BTC_TRY", intent=INTENT, broken=BROKEN, checks=(CHECK,)
    ),
    orders.IntentAck(
        decision_id="d1", instrument="BTC_TRY", client_order_ids=(INTENT.client_order_id,)
    ),
    orders.IntentRefused(
        decision_id="d1", instrument="BTC_TRY", intent_id=INTENT.intent_id, broken=BROKEN
    ),
    INSTRUMENT_STATE,
    state.AccountState(
        free={"TRY": amount("24817.93918")},
        held={"TRY": amount("182.06082")},
        equity=amount("25000"),
        day_pnl=amount("-1.5"),
        drawdown=amount("1.5"),
        drawdown_ratio=amount("0.00006"),
        realised_today=amount(0),
        fees_today=amount("0.24"),
        loss_streak=0,
        sent_1s=1,
        sent_60s=3,
        alive=1,
        at_ms=20,
    ),
    state.ExecutorStatus(
        nonce="c0ffee",
        epoch=2,
        kill_epoch=0,
        level=state.Level.PAUSED,
        levels=(LEVEL,),
        latched=False,
        armed=None,
        dry_run=False,
        reconciled=True,
        waiting_for="",
        unknown_orders=0,
        permits=(state.PermitAge(issuer="risk_gate", age_ms=120),),
        head_seq=17,
        clock_offset_ms=-3,
        at_ms=20,
    ),
    life.Hello(role="executor", pid=10, parent_pid=9),
    life.Heartbeat(
        role="executor",
        pid=10,
        waiting_for="reconciliation",
        turns=4,
        loop_lag_ms=1,
        longest_turn_ms=3,
        queued=0,
        refused=0,
        dropped=0,
    ),
    life.Stop(reason="SIGTERM"),
    life.Permit(nonce="c0ffee", issuer="risk_gate", kill_epoch=0),
    control.Kill(reason="fat finger"),
    control.Resume(code="1234"),
    control.SetLevel(
        scope=state.Scope.DESK,
        name="",
        source="operator",
        level=state.Level.PAUSED,
        reason="lunch",
    ),
    control.StatusQuery(),
    control.ReconcileQuery(),
    control.Reply(ok=True, code="OK", message="latched", report={"seq": 17}),
    control.Refusal(code="UNKNOWN_TYPE", message="Quote is not heard here"),
    records.Record(
        seq=1, kind="decision", at_ms=9, instrument="BTC_TRY", body={"outcome": "MIN_NOTIONAL"}
    ),
    records.RecordsAck(upto=1),
    records.RecordBatch(
        batch_id="b1",
        records=(
            records.StoredRecord(
                sender="allocator", kind="decision", at_ms=9, instrument="BTC_TRY", body={"a": 1}
            ),
        ),
    ),
    records.RecordBatchAck(batch_id="b1"),
    records.AuditStatus(
        audited_seq=17,
        head_hash="ab",
        lag_ms=20,
        breach=records.Breach(invariant="ZERO_SUM", where="17", expected="0", found="1"),
        at_ms=20,
    ),
    records.RecentDecisions(
        lines=(
            records.DecisionLine(
                at_ms=9,
                instrument="BTC_TRY",
                strategy="mean_reversion",
                side="buy",
                quantity="0.00006",
                price="3034347",
                outcome="sent",
                reason="BOOTSTRAP_POSITION",
            ),
        )
    ),
    records.WarmUpQuery(instruments=("BTC_TRY",), since_ms=1, step_ms=1000),
    records.WarmUp(mids={"BTC_TRY": (records.Mid(at_ms=1, mid=amount("3035865.5")),)}),
)


def envelope(message: object) -> Envelope:
    """Return *message* in an envelope whose every other value is fixed."""
    kind = type(message)
    return Envelope(
        v=ENVELOPE_VERSION,
        type=kind.__name__,
        schema=codec.SCHEMAS[kind],
        id=b"i" * 16,
        cor=b"c" * 16,
        cau=b"u" * 16,
        src="tests",
        inc=2**63,
        seq=1,
        wall_ns=1774252925783000000,
        mono_ns=5,
        boot="boot",
        build="build",
        config="config",
        body=codec.body(message),
    )


def golden_file(message: object) -> Path:
    kind = type(message)
    return GOLDEN / f"{kind.__name__}-{codec.SCHEMAS[kind]}.msgpack"


def main() -> int:
    GOLDEN.mkdir(exist_ok=True)
    for message in SAMPLES:
        path = golden_file(message)
        if not path.exists():
            path.write_bytes(codec.encode(envelope(message)))
    LOCK.write_text(json.dumps(shapes(), indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
