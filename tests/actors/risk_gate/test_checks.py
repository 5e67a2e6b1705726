"""Each check of the gate by its code: what it lets through and what it refuses.

Every row is a world and a wish; the same wish in an ordinary world leaves.
"""

import pytest

from actors.risk_gate.checks import RULES, evaluate
from actors.risk_gate.settings import Capital, MinProfit
from messages.instrument import Instrument
from messages.market import Quote
from messages.money import amount
from messages.orders import OrderState, Side
from messages.state import AccountState, ExecutorStatus, InstrumentState, Level, Scope
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    WALL_MS,
    account,
    entry,
    held,
    order,
    quote,
    rules,
    state,
    status,
)
from tests.actors.risk_gate.builders import (
    NOW_NS,
    approved,
    ask,
    batch,
    intent,
    limits,
    own_limits,
    owning,
    refusal,
    sell,
)

SELLING = {"wish": sell()}


def test_an_ordinary_wish_leaves():
    assert refusal() is None
    assert refusal(owning(1), **SELLING) is None


def test_checks_are_evaluated_in_order_and_all_of_them_also_after_one_failed():
    found = evaluate(ask(status(level=Level.PAUSED), account(None)))

    numbers = [rule.number for rule in RULES]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, 28))
    failed = [one.code for one in found if not one.passed]
    assert failed == ["LEVEL", "CASH_RESERVE"]
    assert all(one.observed and one.limit for one in found)


def test_an_entry_and_an_exit_are_asked_what_is_for_them():
    entries = {one.code for one in evaluate(ask())}
    exits = {one.code for one in evaluate(ask(owning(1), **SELLING))}

    assert {"CASH_RESERVE", "COOLDOWN", "MAX_DAILY_LOSS"} <= entries
    assert {"CASH_RESERVE", "COOLDOWN", "MAX_DAILY_LOSS"}.isdisjoint(exits)
    assert ("EXCEEDS_POSITION" in exits, "EXCEEDS_POSITION" in entries) == (True, False)


@pytest.mark.parametrize(
    ("level", "buys", "sells"),
    [
        (Level.ACTIVE, None, None),
        (Level.REDUCE_ONLY, "LEVEL", None),
        (Level.PAUSED, "LEVEL", "LEVEL"),
        (Level.HALTED, "LEVEL", "LEVEL"),
    ],
)
@pytest.mark.parametrize(
    "heard",
    [
        lambda level: [status(level=level)],
        lambda level: [status(levels=(entry(level),))],
        lambda level: [status(levels=(entry(level, scope=Scope.STRATEGY, name="first"),))],
        lambda level: [status(levels=(entry(level, scope=Scope.INSTRUMENT, name=BTC),))],
    ],
)
def test_level(heard, level, buys, sells):
    assert refusal(*heard(level)) == buys
    assert refusal(owning(1), *heard(level), **SELLING) == sells


def test_level_of_the_instruments_state():
    assert refusal(state(level=Level.REDUCE_ONLY)) == "LEVEL"


def test_level_of_others_touches_nobody_else():
    others = (
        entry(Level.HALTED, scope=Scope.STRATEGY, name="second"),
        entry(Level.HALTED, scope=Scope.INSTRUMENT, name=ETH),
    )

    assert refusal(status(levels=others)) is None


def test_level_names_the_reason():
    (first, *_) = evaluate(ask(status(level=Level.PAUSED, levels=(entry(Level.PAUSED),))))

    assert (first.observed, first.limit) == ("PAUSED lunch", "ACTIVE")


def test_a_latched_executor_or_a_killed_gate_is_halted():
    assert refusal(owning(1), status(latched=True), **SELLING) == "LEVEL"
    assert refusal(owning(1), killed=True, **SELLING) == "LEVEL"


def test_arming():
    assert refusal(status(armed="LIVE_TRADING")) == "NOT_ARMED"


def test_a_dry_run_is_none_of_the_gates_business():
    assert refusal(status(dry_run=True)) is None


@pytest.mark.parametrize("version", [3, 5])
def test_version(version):
    assert refusal(said=batch(intent(), version=version)) == "STALE_VERSION"


def test_version_of_another_life_of_the_store_or_from_before_a_kill():
    assert refusal(said=batch(intent(), lineage="another")) == "STALE_VERSION"
    assert refusal(status(kill_epoch=1)) == "STALE_VERSION"


@pytest.mark.parametrize(
    ("deadline_ns", "code"), [(NOW_NS - 1, "EXPIRED"), (NOW_NS, "EXPIRED"), (NOW_NS + 1, None)]
)
def test_deadline(deadline_ns, code):
    assert refusal(said=batch(intent(), deadline_ns=deadline_ns)) == code


@pytest.mark.parametrize(("after_ms", "code"), [(3_000, None), (3_001, "STALE_STATE")])
def test_age_of_states(after_ms, code):
    assert refusal(after_ms=after_ms, said=later()) == code


@pytest.mark.parametrize(
    ("unheard", "code"),
    [
        ((AccountState, ""), "STALE_STATE"),
        ((InstrumentState, BTC), "LEVEL"),  # never heard: halted, whatever else
        ((ExecutorStatus, ""), "LEVEL"),
        ((Quote, BTC), "STALE_DATA"),
        ((Instrument, BTC), "RULES_UNKNOWN"),
    ],
)
def test_what_was_never_heard_refuses(unheard, code):
    assert refusal(unheard=[unheard]) == code


@pytest.mark.parametrize(
    ("age_ms", "buys", "sells"),
    [
        (5_000, None, None),
        (5_001, "STALE_DATA", None),
        (15_000, "STALE_DATA", None),
        (15_001, "STALE_DATA", "STALE_DATA"),
    ],
)
def test_age_of_the_quote(age_ms, buys, sells):
    assert refusal(quote(age_ms=age_ms)) == buys
    assert refusal(quote(age_ms=age_ms), owning(1), **SELLING) == sells


def test_age_of_the_quote_counts_from_when_the_venue_said_it():
    assert refusal(quote(age_ms=4_000), after_ms=1_000, said=later()) is None
    assert refusal(quote(age_ms=4_000), after_ms=1_001, said=later()) == "STALE_DATA"


@pytest.mark.parametrize(
    ("book", "buys", "sells"),
    [
        ({"bid": None}, "STALE_DATA", "STALE_DATA"),
        ({"bid": 1001, "ask": 1001}, "STALE_DATA", "STALE_DATA"),
        ({"bid": 0, "ask": 2000}, "STALE_DATA", "STALE_DATA"),
        ({"problem": "STALE"}, "STALE_DATA", None),
        ({"problem": "RECOVERING"}, "STALE_DATA", None),
        ({"problem": "BOOK_FROZEN"}, "STALE_DATA", "STALE_DATA"),
    ],
)
def test_a_book_that_is_not_right(book, buys, sells):
    assert refusal(quote(**book)) == buys
    assert refusal(quote(**book), owning(1), **SELLING) == sells


def test_rules_of_the_venue_give_their_own_code():
    assert refusal(rules(not_tradable="NOT_TRADING")) == "NOT_TRADING"
    assert refusal(rules(notional_min=amount(1001))) == "MIN_NOTIONAL"
    assert refusal(wish=intent(price="1000.5")) == "PRICE_OFF_GRID"
    assert refusal(wish=intent(quantity="1.00001")) == "QUANTITY_OFF_GRID"


def test_rules_that_are_old():
    long = {"state_age_max_ms": 600_000, "quote_age_entry_max_ms": 600_000, "rules_age_max_s": 60}

    assert refusal(own=limits(**long), after_ms=60_000, said=later()) is None
    assert refusal(own=limits(**long), after_ms=60_001, said=later()) == "RULES_STALE"


@pytest.mark.parametrize(
    ("price", "code"),
    [(979, "PRICE_COLLAR"), (980, None), (1020, None), (1021, "PRICE_COLLAR")],
)
def test_collar_around_the_mid(price, code):
    assert refusal(wish=intent(price=price)) == code  # 200 bps of 1,000


@pytest.mark.parametrize(
    ("median", "code"), [(952, "PRICE_COLLAR"), (953, None), (1052, None), (1053, "PRICE_COLLAR")]
)
def test_collar_around_the_median(median, code):
    assert refusal(quote(median=amount(median))) == code  # 500 bps of the median


def test_without_a_median_there_is_no_entry_but_an_exit():
    assert refusal(quote(median=None)) == "PRICE_COLLAR"
    assert refusal(quote(median=None), owning(1), **SELLING) is None


@pytest.mark.parametrize(
    ("most", "code"), [(999, "MAX_ORDER_NOTIONAL"), (1000, None), (1001, None)]
)
def test_order_size(most, code):
    assert refusal(own=limits(order_notional_max_try=most)) == code
    assert refusal(owning(1), own=limits(order_notional_max_try=most), **SELLING) == code


def test_a_cap_of_zero_blocks():
    assert refusal(own=limits(order_notional_max_try=0)) == "MAX_ORDER_NOTIONAL"


@pytest.mark.parametrize(("most", "code"), [(0, "UNKNOWN_OPEN"), (1, None)])
def test_an_unknown_order_on_the_instrument_refuses_entries(most, code):
    lost = order(state=OrderState.UNKNOWN, quantity=5)

    assert refusal(state(alive=[lost]), own=limits(unknown_max=most)) == code
    assert refusal(owning(1, alive=[lost]), wish=sell(price=1010)) is None
    assert refusal(state(ETH, alive=[lost])) is None


@pytest.mark.parametrize(
    ("heard", "code"),
    [
        (owning("0.9999"), "EXCEEDS_POSITION"),
        (owning(1), None),
        (owning(2), None),
        (owning(0), "NO_POSITION"),
        (owning(5, strategy="second"), "NO_POSITION"),  # what others hold is not its own
        (state(position=0, by={"first": held(5)}), "NO_POSITION"),  # the account has none
        (owning(2, alive=[order(side=Side.SELL, price=1015, quantity="1.5")]), "EXCEEDS_POSITION"),
        (owning(2, selling="1.5"), "EXCEEDS_POSITION"),
    ],
)
def test_holdings(heard, code):
    assert refusal(heard, **SELLING) == code


@pytest.mark.parametrize(
    ("free", "code"), [("1301.7", "CASH_RESERVE"), ("1301.8", None), ("1301.9", None)]
)
def test_cash_leaves_the_reserve_whole_fees_included(free, code):
    assert refusal(account(free), own=limits(cash_target_try=300)) == code  # 1,000 × 1.0018


def test_cash_that_is_unknown_or_below_the_reserve_refuses_entries_alone():
    assert refusal(account(None)) == "CASH_RESERVE"
    assert refusal(account(200), own=limits(cash_target_try=300)) == "CASH_RESERVE"
    assert refusal(account(None), owning(1), **SELLING) is None


def later():
    """A batch that is in time however much later it is asked about."""
    return batch(intent(), deadline_ns=NOW_NS + 10**15)


@pytest.mark.parametrize(
    ("heard", "code"),
    [
        ({"day_pnl": amount("-999.99")}, None),
        ({"day_pnl": None}, "LOSS_UNKNOWN"),
        ({"realised_today": amount("-999.99"), "day_pnl": amount("-999.99")}, None),
        ({"realised_today": amount(-1000), "day_pnl": amount(-1000)}, "MAX_DAILY_LOSS"),
        ({"drawdown_ratio": None}, "LOSS_UNKNOWN"),
        ({"fees_today": amount(150)}, None),
        ({"fees_today": amount("150.01")}, "FEE_BUDGET"),
        ({"loss_streak": 4}, None),
        ({"loss_streak": 5}, "LOSS_STREAK"),
    ],
)
def test_losses_refuse_entries_and_never_exits(heard, code):
    assert refusal(account(**heard)) == code
    assert refusal(account(**heard), owning(1), **SELLING) is None


@pytest.mark.parametrize(
    ("price", "code"), [(1004, "MIN_PROFIT_THRESHOLD"), (1005, None), (1006, None)]
)
def test_min_profit(price, code):
    # cost 999.5 and 55 bps are 1,004.99725
    own = limits(min_profit=MinProfit())

    assert refusal(owning(1, cost="999.5"), own=own, wish=sell(price=price)) == code


def test_min_profit_is_not_asked_where_cost_is_unknown_or_only_reducing_is_allowed():
    own = limits(min_profit=MinProfit())

    assert refusal(owning(1), own=own, **SELLING) is None
    reduce_only = status(level=Level.REDUCE_ONLY)
    assert refusal(owning(1, cost=2000), reduce_only, own=own, **SELLING) is None


def test_min_profit_that_is_met_exactly_passes():
    heard = (owning(1, cost=1000), rules(price_increment=amount("0.1")))
    own = limits(min_profit=MinProfit())

    assert refusal(*heard, own=own, wish=sell(price="1005.4")) == "MIN_PROFIT_THRESHOLD"
    assert refusal(*heard, own=own, wish=sell(price="1005.5")) is None


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"order_notional_max_try": 999}, True),
        ({"order_notional_max_try": 1000}, False),
        ({"position_max_try": 2999}, True),
        ({"position_max_try": 3000}, False),
        ({"orders_max": 1}, True),
        ({"orders_max": 2}, False),
        ({"orders_per_s_max": 1}, True),
        ({"orders_per_s_max": 2}, False),
        ({"orders_per_min_max": 2}, True),
        ({"orders_per_min_max": 3}, False),
        ({}, False),
    ],
)
def test_own_limits_of_a_strategy_and_of_an_instrument(own, code):
    rests = order(price=500, quantity=2)
    heard = state(position=1, by={"first": held(1, buying=2)}, alive=[rests])
    lately = [
        approved(intent("a"), ago_ms=999, seen=True, booked=True),
        approved(intent("b"), ago_ms=59_999, seen=True, booked=True),
    ]
    narrow = own_limits(**own)

    one = refusal(heard, own=limits(strategy={"first": narrow}), before=lately)
    other = refusal(heard, own=limits(instrument={BTC: narrow}), before=lately)

    assert one == ("STRATEGY_LIMIT" if code else None)
    assert other == ("INSTRUMENT_LIMIT" if code else None)


def test_own_limits_of_others_do_not_count():
    narrow = own_limits(order_notional_max_try=0)

    assert refusal(own=limits(strategy={"second": narrow}, instrument={ETH: narrow})) is None


@pytest.mark.parametrize(
    ("capital", "code"),
    [(4999, "CAPITAL_ORDER"), (5000, None), (5001, None)],
)
def test_capital_bounds_an_order(capital, code):
    assert refusal(own=limits(capital=Capital(capital_try=amount(capital)))) == code


def test_capital_bounds_all_exposure():
    big = Capital(capital_try=amount(5000))

    assert refusal(state(ETH, position=5), own=limits(capital=big)) is None  # 6,000 of 6,000
    assert refusal(state(ETH, position="5.001"), own=limits(capital=big)) == "CAPITAL_EXPOSURE"


def test_a_stamp_of_the_executor_is_never_compared_with_our_wall_clock():
    # The state says its own time: an order sent 60 s before it, on a clock that is an hour off.
    shifted = WALL_MS + 3_600_000
    sent = {"buy": shifted - 60_000, "sell": 0}
    heard = state(at_ms=shifted, last_send_ms=sent)

    assert refusal(heard, own=limits(cooldown_ms=60_000)) is None
    assert refusal(heard, own=limits(cooldown_ms=60_001)) == "COOLDOWN"
