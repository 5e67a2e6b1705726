"""Approved batches as the risk gate says them, and orders on their way, with ordinary values."""

from msgspec.structs import replace

from actors.executor.venue_calls import SubmitOrder
from messages import ids
from messages.money import Amount
from messages.orders import (
    ApprovedBatch,
    CancelWish,
    Intent,
    IntentBatch,
    QuoteSeen,
    Side,
    Sizing,
    Verdict,
)

LINEAGE = "00000000000000aa"
PREFIX = "t"

ORDINARY = SubmitOrder(
    client_order_id="t-1",
    strategy="one",
    instrument="BTC_TRY",
    side=Side.BUY,
    price=Amount(1),
    quantity=Amount(1),
    stamp_ms=1,
    expires_ms=1,
)


def submit(**other):
    """Return an ordinary order on its way to the venue, with *other* values."""
    return replace(ORDINARY, **other)


def sizing(price, quantity):
    return Sizing(
        quote=QuoteSeen(
            bid=Amount(price), ask=Amount(price), channel="book", venue_ms=None, age_ms=1, seq=1
        ),
        target_quantity=Amount(quantity),
        target_price=None,
        reason="BECAUSE",
        targets_seq=1,
        position=Amount(0),
        buying=Amount(0),
        selling=Amount(0),
        wish=Amount(quantity),
        limit_price=Amount(price),
        cash=Amount(1_000),
        investable=Amount(1_000),
        deploy=Amount(1_000),
        size_factor=Amount(1),
        caps=(),
        binding="OK",
        status="accepted",
        allocated=Amount(price) * Amount(quantity),
        quantity=Amount(quantity),
    )


def intent(
    quantity="0.001",
    price="3000000",
    side=Side.BUY,
    *,
    instrument="BTC_TRY",
    version=0,
    leg=0,
    strategy="one",
    lineage=LINEAGE,
    prefix=PREFIX,
):
    derived = ids.intent_id(lineage=lineage, instrument=instrument, version=version, leg=leg)
    return Intent(
        intent_id=derived,
        leg=leg,
        client_order_id=ids.client_order_id(prefix=prefix, intent=derived),
        strategy=strategy,
        side=side,
        quantity=Amount(quantity),
        price=Amount(price),
        sizing=sizing(price, quantity),
    )


def batch(
    *intents,
    instrument="BTC_TRY",
    version=0,
    lineage=LINEAGE,
    kill_epoch=0,
    deadline_ns=10**18,
    cancels=(),
):
    wanted = IntentBatch(
        decision_id="d1",
        instrument=instrument,
        version=version,
        lineage=lineage,
        kill_epoch=kill_epoch,
        deadline_ns=deadline_ns,
        intents=intents,
        cancels=tuple(CancelWish(client_order_id=name, reason="STALE") for name in cancels),
    )
    return ApprovedBatch(
        batch=wanted,
        verdicts=tuple(Verdict(intent_id=one.intent_id, checks=()) for one in intents),
    )


def wanted_of(driver, instrument, *wishes, cancels=()):
    """Return a batch as the newest state of *driver* allows: (side, quantity, price) each."""
    session = driver.session
    version = driver.books.instrument(instrument).version
    made = [
        intent(
            quantity,
            price,
            side,
            instrument=instrument,
            version=version,
            leg=leg,
            lineage=session.lineage,
            strategy=rest[0] if rest else "one",
        )
        for leg, (side, quantity, price, *rest) in enumerate(wishes)
    ]
    return batch(
        *made,
        instrument=instrument,
        version=version,
        lineage=session.lineage,
        kill_epoch=session.kill_epoch,
        cancels=cancels,
    )
