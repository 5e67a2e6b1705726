"""Is what a strategy returned a set of targets?"""

from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.strategy.answers import Fault, targets
from actors.strategy.interface import Target
from actors.strategy.universe import Universe
from messages.codec import convert, pack, unpack
from messages.money import amount
from messages.targets import Targets
from tests.actors.strategy.sights import BTC, ETH, RULES, seen

BOTH = Universe(enter=(BTC,), leave=(ETH,))
KNOWN = {BTC: RULES, ETH: RULES}


def target(quantity="1", price=None, reason="WHY"):
    price = None if price is None else Decimal(price)
    return Target(quantity=Decimal(quantity), price=price, reason=reason)


def checked(answer, *, rules=KNOWN, **sights):
    return targets(answer, BOTH, rules, {BTC: seen(), **sights})


def fault(answer):
    found = checked(answer)
    return found.code if isinstance(found, Fault) else None


def test_targets_are_taken_as_they_are():
    assert checked({BTC: target("1.5")}) == {BTC: target("1.5")}


def test_no_opinion_is_no_target():
    assert checked({}) == {}


def test_quantity_and_price_are_floored_to_the_grid():
    told = checked({BTC: target("1.239", price="99.99")})[BTC]

    assert (told.quantity, told.price) == (amount("1.23"), amount(99))


@pytest.mark.parametrize("quantity", ["0", "0.01"])
def test_a_target_of_nothing_or_of_one_step_is_a_target(quantity):
    assert checked({BTC: target(quantity)})[BTC].quantity == amount(quantity)


def test_a_price_below_the_smallest_is_no_order():
    assert checked({BTC: target(price="0.99")}) == {}


class Lookalike(NamedTuple):
    quantity: Decimal
    price: Decimal | None
    reason: str


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        42,
        {BTC: None},
        {BTC: Decimal(1)},
        {BTC: Lookalike(Decimal(1), None, "WHY")},
        {BTC: Target(quantity=1, reason="WHY")},
        {BTC: Target(quantity=1.5, reason="WHY")},
        {BTC: Target(quantity="1", reason="WHY")},
        {BTC: target("-0.01")},
        {BTC: target("NaN")},
        {BTC: target("sNaN")},
        {BTC: target("Infinity")},
        {BTC: target("1E+20")},
        {BTC: target(price="0")},
        {BTC: target(price="-1")},
        {BTC: target(price="NaN")},
        {BTC: Target(quantity=Decimal(1), price=1.5, reason="WHY")},
        {BTC: target(reason="")},
        {BTC: target(reason="x" * 61)},
        {BTC: Target(quantity=Decimal(1), reason=None)},
    ],
)
def test_what_is_not_a_target_is_a_fault(answer):
    assert fault(answer) == "NOT_A_TARGET"


@pytest.mark.parametrize("name", ["DOGE_TRY", "btc_try", "", None, 7])
def test_an_instrument_that_is_not_its_own_is_a_fault(name):
    assert fault({name: target()}) == "UNKNOWN_INSTRUMENT"


def test_a_fault_says_what_was_found():
    assert "1.5" in checked({BTC: Target(quantity=1.5, reason="WHY")}).detail
    assert "DOGE_TRY" in checked({"DOGE_TRY": target()}).detail


def test_an_instrument_without_rules_is_left_out():
    assert checked({BTC: target()}, rules={}) == {}


@pytest.mark.parametrize(
    ("wanted", "said"), [("0", "0"), ("4.9", "4.9"), ("5", "5"), ("5.01", "5"), ("99", "5")]
)
def test_what_may_only_be_left_gets_no_target_above_what_there_is(wanted, said):
    """Held 5, one more on its way in and one on its way out."""
    sight = seen(position="5", buying="1", selling="1")

    assert checked({ETH: target(wanted)}, **{ETH: sight})[ETH].quantity == amount(said)


def test_what_may_only_be_left_and_is_not_seen_is_left_alone():
    assert checked({ETH: target("0")}) == {}


def test_an_instrument_that_may_be_entered_has_a_target_even_while_it_is_not_seen():
    assert targets({BTC: target()}, BOTH, KNOWN, {}) == {BTC: target()}


numbers = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**28), 10**28),
    st.integers(-40, 10),
)
anything = numbers | st.sampled_from([Decimal(word) for word in ("NaN", "sNaN", "Infinity", "-0")])


@given(anything, st.none() | anything)
def test_whatever_passes_can_be_said_and_is_never_more_than_was_wished(quantity, price):
    answer = {BTC: Target(quantity=quantity, price=price, reason="WHY")}

    told = checked(answer)

    if isinstance(told, Fault):
        return
    said = Targets(strategy="one", seq=1, targets=told, contained=None, decided_ms=0)
    assert convert(unpack(pack(said)), Targets) == said
    for one in told.values():
        assert 0 <= one.quantity <= quantity
        assert one.price is None or 0 < one.price <= price
