"""The true life of one order, told in any order and twice: the books come out the same."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from messages.money import Amount
from messages.orders import OrderState, Side
from store import fold
from tests.actors.executor.ledgers import answer, books, filled, money, tell
from tests.actors.executor.lives import ACK, ANSWER, CANCEL, LOST, done, opened, sent, version
from tests.actors.executor.wishes import batch, intent

QUANTITY = Amount("0.001")


@st.composite
def stories(draw):
    """One order's true life as facts: what traded, whether and how it ended, what else was said."""
    side = draw(st.sampled_from(Side))
    cuts = sorted(draw(st.sets(st.integers(1, 9), max_size=4)))
    total = draw(st.sampled_from([*cuts, 10])) if cuts else draw(st.sampled_from([0, 10]))
    edges = [0, *(cut for cut in cuts if cut < total), total] if total else [0]
    unit = QUANTITY / 10
    parts = [(end - start) * unit for start, end in itertools.pairwise(edges)]
    prices = draw(
        st.lists(st.integers(2_900_000, 3_000_000), min_size=len(parts), max_size=len(parts))
    )
    executions = [
        {
            "trade_id": f"{number}",
            "quantity": part,
            "price": price,
            "side": side,
            "fee": draw(st.sampled_from(["0.5", "0.123456789", "0"])),
        }
        for number, (part, price) in enumerate(zip(parts, prices, strict=True))
    ]
    known = [ACK, LOST, opened(0), CANCEL, ANSWER, opened(total * unit)]
    said = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    ended = draw(st.sampled_from([None, OrderState.CANCELLED, OrderState.FILLED]))
    if ended is OrderState.FILLED and total != 10:
        ended = OrderState.CANCELLED
    ends = [] if ended is None else [done(ended, total * unit)]
    return side, executions, [*said, *ends]


def lived(side, facts):
    on, name = sent(side=side, btc="0.001")
    for fact in facts:
        seen = filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact
        tell(on, name, seen)
    row = on.orders[name]
    return (
        row.state,
        row.booked_quantity,
        row.filled_quantity,
        row.hold_left,
        row.venue_order_id,
        money(on),
        on.position("one", "BTC_TRY").position,
        version(on),
        dict(on.levels),
    )


@settings(max_examples=300, deadline=None)
@given(story=stories(), data=st.data())
def test_facts_commute_and_repeat(story, data):
    side, executions, said = story
    every = [*executions, *said]
    again = data.draw(st.lists(st.sampled_from(every), max_size=4))
    shuffled = data.draw(st.permutations([*every, *again]))

    assert lived(side, shuffled) == lived(side, every)


@settings(max_examples=150, deadline=None)
@given(story=stories(), data=st.data())
def test_money_sums_to_zero_and_no_hold_is_negative_at_any_moment(story, data):
    side, executions, said = story
    on, name = sent(side=side, btc="0.001")
    for fact in data.draw(st.permutations([*executions, *said])):
        tell(on, name, filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact)
        per_asset = {}
        for (_, asset), amount in money(on).items():
            per_asset[asset] = per_asset.get(asset, 0) + amount
        assert set(per_asset.values()) <= {0}
        assert on.balance("held", "TRY") >= 0
        assert on.balance("held", "BTC") >= 0


@settings(max_examples=100, deadline=None)
@given(story=stories(), data=st.data())
def test_the_entries_fold_to_sound_tables(story, data):
    side, executions, said = story
    on = books(version=17, TRY=10_000, BTC="0.001")
    one = intent(version=17, side=side)
    entries = [write.entry for write in answer(batch(one, version=17), on).writes]
    name = one.client_order_id
    for fact in data.draw(st.permutations([*executions, *said])):
        seen = filled(**fact, client_order_id=name) if isinstance(fact, dict) else fact
        entries += tell(on, name, seen)

    tables = fold.fold(entries)

    assert fold.unbalanced(tables.postings.values()) == {}
    assert tables.orders[name] == on.orders[name]
    stated = {key: row.amount for key, row in tables.balances.items()}
    assert stated == {key: on.balance(*key) for key in stated}
