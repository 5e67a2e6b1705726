"""When mean reversion buys, sells, and says nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.strategy.strategies.mean_reversion import MeanReversion, MeanReversionRun
from messages.money import Amount, amount
from tests.actors.strategy.sights import BTC, ETH, decide, seen


def own(**given):
    given = {name: amount(v) if isinstance(v, str) else v for name, v in given.items()}
    return MeanReversionRun(name="one", instruments=(BTC,), **given)


def anchored(order_try="40000", **given):
    """A strategy whose anchor is 100,000."""
    return MeanReversion(own(anchor_price="100000", order_try=order_try, **given))


def remembering(mids, *, every_ms=10_000, order_try="40000", **given):
    """A strategy that saw *mids*, one each *every_ms* from 0 on."""
    strategy = MeanReversion(own(order_try=order_try, **given))
    for n, mid in enumerate(mids):
        strategy.decide(n * every_ms, Decimal(0), {BTC: seen(str(mid))})
    return strategy


def test_a_flat_strategy_takes_a_first_position_without_any_memory():
    wish = decide(MeanReversion(own()))

    assert (wish.quantity, wish.reason, wish.price) == (amount(2), "BOOTSTRAP_POSITION", None)


@pytest.mark.parametrize(
    ("cash", "order_try", "quantity"),
    [("1000", "400", "2"), ("150", "400", "1.5"), ("1000", "120", "1.2")],
)
def test_the_first_position_is_the_least_of_bootstrap_order_and_cash(cash, order_try, quantity):
    wish = decide(MeanReversion(own(order_try=order_try)), cash=cash)

    assert wish.quantity == amount(quantity)


@pytest.mark.parametrize(("cash", "buys"), [("9.99", False), ("10", True), ("10.01", True)])
def test_a_first_position_below_the_smallest_order_is_no_change(cash, buys):
    assert (decide(MeanReversion(own()), cash=cash) is not None) is buys


def test_without_money_nothing_is_bought():
    assert decide(MeanReversion(own()), cash="-50") is None


def test_a_flat_strategy_with_a_buy_on_its_way_changes_nothing():
    assert decide(MeanReversion(own()), buying="2") is None


@pytest.mark.parametrize(
    ("position", "reason"), [("0.09", "BOOTSTRAP_POSITION"), ("0.1", None), ("0.11", None)]
)
def test_dust_is_flat(position, reason):
    """0.1 at a mark of 100 is worth exactly the smallest order."""
    wish = decide(MeanReversion(own()), position=position)

    assert (wish.reason if wish else None) == reason


@pytest.mark.parametrize(("mark", "buys"), [("99499", True), ("99500", True), ("99501", False)])
def test_it_buys_from_fifty_bps_below_the_anchor(mark, buys):
    wish = decide(anchored(), mark, position="1", cash="10000")

    assert (wish is not None and wish.reason == "MEAN_REVERSION_BUY") is buys


@pytest.mark.parametrize(("mark", "sells"), [("100499", False), ("100500", True), ("100501", True)])
def test_it_sells_from_fifty_bps_above_the_anchor(mark, sells):
    wish = decide(anchored(), mark, position="1", cash="10000")

    assert (wish is not None and wish.reason == "MEAN_REVERSION_SELL") is sells


def test_it_buys_for_an_order_or_for_what_cash_there_is():
    rich = decide(anchored(order_try="4000"), "99000", position="1", cash="100000")
    poor = decide(anchored(order_try="4000"), "99000", position="1", cash="1980")

    assert (rich.quantity, poor.quantity) == (amount("1.04"), amount("1.02"))


def test_it_sells_for_an_order_or_all_there_is():
    part = decide(anchored(order_try="20200"), "101000", position="1")
    whole = decide(anchored(order_try="200000"), "101000", position="1")

    assert (part.quantity, whole.quantity) == (amount("0.8"), amount(0))


def test_it_does_not_sell_while_a_sell_is_on_its_way():
    assert decide(anchored(), "101000", position="1", selling="0.1") is None


def test_it_buys_again_while_an_earlier_buy_is_on_its_way():
    assert decide(anchored(order_try="4000"), "99000", position="1", buying="0.01", cash="9999")


@pytest.mark.parametrize("anchor", ["0", "-1"])
def test_an_anchor_that_is_no_price_leaves_only_the_first_position(anchor):
    strategy = MeanReversion(own(anchor_price=anchor))

    assert decide(strategy, "1", position="1000") is None
    assert decide(strategy, "1").reason == "BOOTSTRAP_POSITION"


@pytest.mark.parametrize(("samples", "buys"), [(59, False), (60, True), (61, True)])
def test_the_anchor_needs_sixty_samples(samples, buys):
    strategy = remembering([100_000] * samples)

    wish = decide(strategy, "99000", position="1", now_ms=samples * 10_000, cash="99999")

    assert (wish is not None) is buys


def test_the_anchor_is_a_mean():
    strategy = remembering([100_000, 102_000] * 30)

    bought = decide(strategy, "100495", position="1", now_ms=600_000, cash="99999")
    held = decide(strategy, "100496", position="1", now_ms=600_001, cash="99999")

    assert (bought.reason, held) == ("MEAN_REVERSION_BUY", None)


def test_the_anchor_never_knows_the_present_mark():
    strategy = remembering([100_000] * 59, samples_min=59)
    now_ms = 59 * 10_000

    # with the present mark among 60 samples their mean would be 99,991 and this not 50 bps below
    assert decide(strategy, "99500", position="1", now_ms=now_ms, cash="99999") is not None


def test_samples_older_than_the_window_are_forgotten():
    strategy = remembering([100_000] * 60, window_s=600)
    newest_ms = 59 * 10_000

    oldest_still_in = decide(strategy, "99000", position="1", now_ms=600_000, cash="99999")
    strategy = remembering([100_000] * 60, window_s=600)
    oldest_gone = decide(strategy, "99000", position="1", now_ms=600_001, cash="99999")

    assert newest_ms < 600_000
    assert oldest_still_in is not None
    assert oldest_gone is None


def test_instruments_have_anchors_of_their_own():
    strategy = remembering([100_000] * 60)

    told = strategy.decide(600_000, Decimal(99999), {ETH: seen("99000", "1")})

    assert told == {}


def test_a_warm_up_leaves_it_with_the_memory_of_having_lived_through_it():
    lived, replayed = remembering([100_000] * 60), MeanReversion(own(order_try="40000"))
    for n in range(60):
        replayed.decide(n * 10_000, Decimal(0), {BTC: seen("100000")})

    both = [decide(one, "99000", position="1", now_ms=600_000) for one in (lived, replayed)]

    assert both[0] == both[1] is not None


marks = st.decimals("0.01", 10**7, places=2)


@given(
    mark=marks,
    anchor=marks,
    position=st.decimals(0, 1000, places=8),
    cash=st.decimals(-1000, 10**6, places=2),
)
def test_it_never_spends_more_than_an_order_or_its_cash_nor_sells_more_than_it_has(
    mark, anchor, position, cash
):
    strategy = MeanReversion(own(anchor_price=Amount(anchor)))

    wish = decide(strategy, mark, position=position, cash=cash)

    if wish is not None:
        assert wish.quantity >= 0
        spent = (wish.quantity - amount(position)) * mark
        assert -400 <= spent <= min(400, max(cash, 0))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"order_try": "-1"}, "order_try"),
        ({"bootstrap_try": "-1"}, "bootstrap_try"),
        ({"window_s": 599}, "window_s"),
        ({"window_s": 36_001}, "window_s"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_their_name(wrong, named):
    with pytest.raises(ValueError, match=rf"^{named} "):
        own(**wrong)
