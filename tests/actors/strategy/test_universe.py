"""Which instruments a strategy may enter, and which it may only leave."""

from actors.strategy.universe import alive, universe
from tests.actors.strategy.sights import BTC, ETH
from tests.builders import alive as order
from tests.builders import holding, state


def test_what_is_configured_may_be_entered_in_the_order_of_the_file():
    assert universe((ETH, BTC), [], "one").enter == (ETH, BTC)


def test_what_is_still_held_but_no_longer_configured_may_be_left():
    held = state(ETH, by_strategy={"one": holding("0.5")})

    found = universe((BTC,), [held], "one")

    assert (found.enter, found.leave, found.all) == ((BTC,), (ETH,), (BTC, ETH))


def test_an_order_alive_keeps_an_instrument_until_it_is_over():
    resting = state(ETH, orders=[order(strategy="one")])

    assert universe((BTC,), [resting], "one").leave == (ETH,)
    assert universe((BTC,), [state(ETH)], "one").leave == ()


def test_what_another_strategy_holds_is_not_ours_to_leave():
    theirs = state(ETH, by_strategy={"two": holding(1)}, orders=[order(strategy="two")])

    assert universe((BTC,), [theirs], "one").leave == ()


def test_a_position_that_is_gone_is_gone():
    assert universe((BTC,), [state(ETH, by_strategy={"one": holding(0)})], "one").leave == ()


def test_an_order_is_alive_for_the_strategy_that_named_it():
    resting = state(orders=[order(strategy="one")])

    assert alive(resting, "one")
    assert not alive(resting, "two")
