"""How intents and orders are named."""

import re

from hypothesis import given
from hypothesis import strategies as st

from messages.ids import CLIENT_ORDER_ID_MAX, client_order_id, intent_id, is_ours

PARTS = st.tuples(
    st.text("0123456789abcdef", min_size=16, max_size=16),
    st.sampled_from(["BTC_TRY", "ETH_TRY", "SOL_TRY"]),
    st.integers(min_value=0, max_value=10**9),
    st.integers(min_value=0, max_value=9),
)


def named(parts) -> str:
    lineage, instrument, version, leg = parts
    return intent_id(lineage=lineage, instrument=instrument, version=version, leg=leg)


@given(PARTS, PARTS)
def test_two_wishes_have_one_name_only_when_they_are_the_same(one, other):
    assert (named(one) == named(other)) == (one == other)


def test_ten_thousand_intents_have_ten_thousand_order_ids_the_venue_takes():
    names = {
        client_order_id(prefix="desk1234", intent=named(("0" * 16, "BTC_TRY", version, 0)))
        for version in range(10_000)
    }

    assert len(names) == 10_000
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in names)
    assert max(map(len, names)) <= CLIENT_ORDER_ID_MAX


def test_prefix_tells_ours_from_a_strangers():
    ours = client_order_id(prefix="desk", intent="00")

    assert is_ours(ours, prefix="desk")
    assert not is_ours(ours, prefix="des")
    assert not is_ours("advanced", prefix="desk")
