"""How much is at risk, how orders go with those alive, how fast they come."""

import pytest

from actors.risk_gate.checks import evaluate, first_broken
from messages.market import Quote
from messages.money import amount
from messages.orders import Side
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    MONO_MS,
    WALL_MS,
    account,
    order,
    quote,
    state,
)
from tests.actors.risk_gate.builders import (
    approved,
    ask,
    batch,
    changed,
    intent,
    limits,
    owning,
    refusal,
    sell,
)


@pytest.mark.parametrize(
    ("most", "code"), [(4499, "MAX_POSITION_NOTIONAL"), (4500, None), (4501, None)]
)
def test_position_counts_what_is_held_and_what_may_still_be_bought(most, code):
    # 2 held at 1,000, 3 of 4 still to come at 500, and the wish of 1,000
    heard = state(position=2, alive=[order(price=500, quantity=4, filled=1)])

    assert refusal(heard, own=limits(position_max_try=most)) == code


def test_a_sell_on_its_way_is_no_relief_for_a_buy():
    heard = owning(2, alive=[order(side=Side.SELL, price=1015, quantity=2)])

    assert refusal(heard, own=limits(position_max_try=2999)) == "MAX_POSITION_NOTIONAL"


def test_what_was_approved_and_is_not_seen_yet_counts():
    before = [approved(intent("a"))]

    assert refusal(own=limits(position_max_try=1999), before=before) == "MAX_POSITION_NOTIONAL"
    assert refusal(own=limits(position_max_try=2000), before=before) == "DUPLICATE_ORDER"
    seen = [approved(intent("a"), seen=True)]
    assert refusal(own=limits(position_max_try=1000), before=seen) is None


def test_what_was_approved_long_past_its_deadline_counts_no_more():
    gone = approved(intent("a"), until_ns=MONO_MS * 1_000_000)

    assert refusal(own=limits(position_max_try=1000), before=[gone]) is None


@pytest.mark.parametrize(
    ("most", "code"), [(5999, "MAX_GROSS_EXPOSURE"), (6000, None), (6001, None)]
)
def test_gross_counts_all_instruments(most, code):
    heard = (state(position=2), state(ETH, position=3))

    assert refusal(*heard, own=limits(gross_max_try=most)) == code


def test_gross_counts_what_was_approved_elsewhere():
    elsewhere = approved(intent("a", price=500), instrument=ETH)

    assert refusal(own=limits(gross_max_try=1499), before=[elsewhere]) == "MAX_GROSS_EXPOSURE"
    assert refusal(own=limits(gross_max_try=1500), before=[elsewhere]) is None


def test_a_holding_without_a_mark_cannot_be_judged():
    unmarked = [(Quote, ETH)]

    assert refusal(state(ETH, position=1), unheard=unmarked) == "MAX_GROSS_EXPOSURE"
    assert refusal(state(ETH, position=0), unheard=unmarked) is None


def test_the_last_good_mid_marks_a_holding_whose_feed_is_stale():
    heard = (state(ETH, position=2), quote(ETH, bid=1, ask=2, problem="STALE"))

    assert refusal(*heard, own=limits(gross_max_try=3000)) is None
    assert refusal(*heard, own=limits(gross_max_try=2999)) == "MAX_GROSS_EXPOSURE"


@pytest.mark.parametrize("limit", ["position_max_try", "gross_max_try"])
def test_an_order_being_cancelled_still_counts_in_full(limit):
    leaving = state(alive=[order(price=500, quantity=2, cancel_wanted=True)])

    assert refusal(leaving, own=limits(**{limit: 1999})) == "REPLACE_WORST_CASE"
    assert refusal(leaving, own=limits(**{limit: 2000})) is None


def test_an_order_this_batch_cancels_counts_as_being_cancelled():
    heard = state(alive=[order(price=500, quantity=2)])
    said = batch(intent(), cancels=["o1"])

    assert refusal(heard, own=limits(position_max_try=1999), said=said) == "REPLACE_WORST_CASE"


@pytest.mark.parametrize(("most", "code"), [(2, "MAX_OPEN_ORDERS"), (3, None)])
def test_open_orders_of_the_desk(most, code):
    heard = (state(ETH, alive=[order("a"), order("b", price=500)]),)

    assert refusal(*heard, own=limits(orders_max=most)) == code


@pytest.mark.parametrize(("most", "code"), [(1, "MAX_OPEN_ORDERS"), (2, None)])
def test_open_orders_of_the_instrument(most, code):
    heard = state(alive=[order(quantity=5)])

    assert refusal(heard, own=limits(instrument_orders_max=most)) == code
    assert (
        refusal(
            heard,
            owning(1, alive=[order(price=990)]),
            own=limits(instrument_orders_max=most),
            wish=sell(),
        )
        == code
    )


def test_open_orders_that_this_batch_cancels_do_not_count_but_others_leaving_do():
    heard = state(alive=[order(quantity=5)])
    one = limits(instrument_orders_max=1)

    assert refusal(heard, own=one, said=batch(intent(), cancels=["o1"])) is None
    leaving = state(alive=[order(quantity=5, cancel_wanted=True)])
    assert refusal(leaving, own=one) == "MAX_OPEN_ORDERS"


def test_open_orders_count_what_was_approved_and_is_not_seen():
    before = [approved(intent("a", quantity=5))]

    assert refusal(own=limits(instrument_orders_max=1), before=before) == "MAX_OPEN_ORDERS"


@pytest.mark.parametrize(
    ("price", "quantity", "code"),
    [
        ("1000.5", "1", "DUPLICATE_ORDER"),
        ("1000.51", "1", None),
        ("1000", "1.01", "DUPLICATE_ORDER"),
        ("1000", "1.0101", None),
    ],
)
def test_a_like_order_that_is_alive_refuses(price, quantity, code):
    assert refusal(state(alive=[order(price=price, quantity=quantity)])) == code


def test_a_like_order_on_its_way_out_or_on_the_other_side_does_not():
    assert refusal(state(alive=[order(cancel_wanted=True)])) is None
    assert refusal(state(alive=[order()]), said=batch(intent(), cancels=["o1"])) is None
    assert refusal(state(alive=[order(side=Side.SELL, price=1001)])) is None


@pytest.mark.parametrize(
    ("price", "code"), [(999, "SELF_CROSS"), (1000, "SELF_CROSS"), (1001, None)]
)
def test_a_buy_cannot_meet_our_own_sell(price, code):
    sells = [order("far", side=Side.SELL, price=1015), order("near", side=Side.SELL, price=price)]

    assert refusal(owning(5, alive=sells)) == code


@pytest.mark.parametrize(
    ("price", "code"), [(999, None), (1000, "SELF_CROSS"), (1001, "SELF_CROSS")]
)
def test_a_sell_cannot_meet_our_own_buy(price, code):
    buys = [order("far", price=985), order("near", price=price)]

    assert refusal(owning(5, alive=buys), wish=sell()) == code


def test_an_order_being_cancelled_can_still_be_met():
    leaving = order(side=Side.SELL, price=1000, cancel_wanted=True)

    assert refusal(owning(5, alive=[leaving])) == "SELF_CROSS"


@pytest.mark.parametrize(("most", "code"), [(2, "ORDER_RATE"), (3, None)])
def test_rate_of_a_second(most, code):
    before = [_gone("a", ago_ms=0), _gone("b", ago_ms=999), _gone("c", ago_ms=1_000)]

    assert refusal(own=limits(orders_per_s_max=most), before=before) == code


@pytest.mark.parametrize(("most", "code"), [(3, "ORDER_RATE"), (4, None)])
def test_rate_of_a_minute(most, code):
    before = [_gone(str(ago_ms), ago_ms=ago_ms) for ago_ms in (5_000, 20_000, 59_999, 60_000)]

    assert refusal(own=limits(orders_per_min_max=most), before=before) == code


def test_rate_knows_of_orders_let_out_by_a_gate_before_this_one():
    heard = account(sent_1s=2, sent_60s=5)

    assert refusal(heard, own=limits(orders_per_s_max=2)) == "ORDER_RATE"
    assert refusal(heard, own=limits(orders_per_min_max=5)) == "ORDER_RATE"
    assert refusal(heard, own=limits(orders_per_s_max=3, orders_per_min_max=6)) is None


@pytest.mark.parametrize(("ago_ms", "code"), [(59_999, "COOLDOWN"), (60_000, None), (60_001, None)])
def test_cooldown_of_instrument_and_side(ago_ms, code):
    heard = state(last_send_ms={"buy": WALL_MS - ago_ms, "sell": 0})

    assert refusal(heard, own=limits(cooldown_ms=60_000)) == code


def test_cooldown_goes_on_while_the_state_is_only_repeated():
    heard = state(last_send_ms={"buy": WALL_MS - 59_000, "sell": 0})
    said = batch(intent(), deadline_ns=10**18)

    assert refusal(heard, own=limits(cooldown_ms=60_000), after_ms=999, said=said) == "COOLDOWN"
    assert refusal(heard, own=limits(cooldown_ms=60_000), after_ms=1_000, said=said) is None


def test_cooldown_counts_what_was_approved_and_is_not_seen():
    before = [approved(intent("a", price=990), ago_ms=1)]

    assert refusal(own=limits(cooldown_ms=2), before=before) == "COOLDOWN"
    assert refusal(own=limits(cooldown_ms=1), before=before) is None


def test_cooldown_is_not_for_exits_nor_for_the_other_side():
    sold = {"buy": 0, "sell": WALL_MS}

    assert refusal(state(last_send_ms=sold), own=limits(cooldown_ms=60_000)) is None
    here = changed(owning(1), last_send_ms={"buy": WALL_MS, "sell": WALL_MS})
    assert refusal(here, own=limits(cooldown_ms=60_000), wish=sell()) is None


@pytest.mark.parametrize(("most", "code"), [(3, "REPEATED_INTENT"), (4, None)])
def test_the_same_order_again_and_again_is_refused(most, code):
    before = [_gone("a", ago_ms=10_000), _gone("b", ago_ms=59_999)]

    assert refusal(own=limits(repeated_max=most), before=before) == code


@pytest.mark.parametrize(
    "other",
    [
        {"ago_ms": 60_000},
        {"one": intent("x", price=994)},
        {"one": intent("x", quantity=2)},
        {"one": intent("x", target=2)},  # wanted for another target
        {"one": intent("x", strategy="second")},
        {"one": sell("x")},
        {"instrument": ETH},
    ],
)
def test_what_is_not_the_same_does_not_repeat(other):
    before = [_gone(**{"one": intent("x"), "ago_ms": 10, "instrument": BTC} | other)]

    assert refusal(own=limits(repeated_max=2), before=before) is None
    same = [_gone(one=intent("x"), ago_ms=10, instrument=BTC)]
    assert refusal(own=limits(repeated_max=2), before=same) == "REPEATED_INTENT"


def test_a_fill_begins_the_count_of_repeats_anew():
    before = [_gone("a", ago_ms=10)]
    filled = (state(position=1), state(position=2))  # the position changed just now

    assert refusal(*filled, own=limits(repeated_max=2), before=before) is None


def _gone(name="a", *, ago_ms, one=None, instrument=BTC):
    """An approval that every state already shows."""
    wish = one or intent(name)
    return approved(wish, ago_ms=ago_ms, instrument=instrument, seen=True, booked=True)


def test_cash_counts_what_was_approved_until_the_account_shows_it():
    before = [approved(intent("a", price=500), instrument=ETH, seen=True)]
    booked = [approved(intent("a", price=500), instrument=ETH, seen=True, booked=True)]

    assert refusal(account(1502), before=before) == "CASH_RESERVE"
    assert refusal(account(1503), before=before) is None  # 1,500 × 1.0018
    assert refusal(account(1502), before=booked) is None


def test_holdings_count_sells_that_were_approved():
    before = [approved(sell("a", price=1010, quantity=1))]

    assert refusal(owning("1.5"), wish=sell(), before=before) == "EXCEEDS_POSITION"
    assert refusal(owning(2), wish=sell(), before=before) is None


def test_amounts_in_a_refusal_are_canonical_text():
    own = limits(order_notional_max_try="999.50")
    broken = first_broken(evaluate(ask(own=own)))

    assert (broken.observed, broken.limit) == ("1000", "999.5")
    assert amount(broken.limit) == own.order_notional_max_try
