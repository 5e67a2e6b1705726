"""Which levels the gate wants by what it measures, and when one becomes milder again."""

import pytest

from actors.risk_gate import modes as rules_of
from actors.risk_gate.modes import OwnLevels, Wanted
from actors.risk_gate.review import review
from messages.control import SetLevel
from messages.market import FeedVerdict
from messages.money import amount
from messages.state import Level, Scope
from tests.actors.allocator.builders import (
    BTC,
    ETH,
    account,
    entry,
    feed,
    order,
    quote,
    state,
)
from tests.actors.risk_gate.builders import (
    MONO_MS,
    NOW_NS,
    approved,
    batch,
    intent,
    limits,
    modes,
    take,
    world,
)


def wanted(*heard, valuations=1, good=True, **over):
    own = limits(modes=modes(**over))
    belief = world(*heard, own=own)
    for number in range(1, valuations):
        take(belief, heard[0], MONO_MS + 1_000 * number)
    facts = belief.facts(BTC, now_ms=MONO_MS, now_ns=NOW_NS)
    one = rules_of.desk_level(facts, own, data_was_good=good)
    return one.level, one.reason


NORMAL = (Level.ACTIVE, "OK")


def test_an_ordinary_desk_is_active():
    assert wanted() == NORMAL


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ({"day_pnl": amount("-999.99")}, NORMAL),
        ({"day_pnl": amount(-1000)}, (Level.PAUSED, "DRAWDOWN_LIMIT")),
        ({"drawdown": amount("2999.99")}, NORMAL),
        ({"drawdown": amount(3000)}, (Level.PAUSED, "DRAWDOWN_LIMIT")),
    ],
)
def test_a_confirmed_loss_on_equity_pauses_the_desk(heard, expected):
    loss = account(**heard)

    assert wanted(loss, valuations=3, drawdown_max_try=3000) == expected
    assert wanted(loss, valuations=2, drawdown_max_try=3000) == NORMAL


def test_a_realised_loss_pauses_the_desk_at_once():
    assert wanted(account(realised_today=amount(-1000))) == (Level.PAUSED, "DRAWDOWN_LIMIT")
    assert wanted(account(realised_today=amount("-999.99"))) == NORMAL


def test_exits_may_be_kept_open_at_a_limit_of_loss():
    loss = account(realised_today=amount(-1000))

    assert wanted(loss, on_loss_limit="REDUCE_ONLY") == (Level.REDUCE_ONLY, "DRAWDOWN_LIMIT")


@pytest.mark.parametrize(
    ("most", "expected"), [(2499, (Level.REDUCE_ONLY, "EXPOSURE_LIMIT")), (2500, NORMAL)]
)
def test_too_much_exposure_only_reduces(most, expected):
    heard = (state(position=1), state(ETH, position=1, alive=[order(price=500)]))

    assert wanted(*heard, exposure_max_try=most) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"), [("0.49", (Level.REDUCE_ONLY, "EXPOSURE_LIMIT")), ("0.5", NORMAL)]
)
def test_one_position_too_large_for_the_equity_only_reduces(ratio, expected):
    heard = (state(position=5), state(ETH, position=1), account(equity=amount(10_000)))

    assert wanted(*heard, position_max_ratio=ratio) == expected


@pytest.mark.parametrize(
    ("paid", "expected"), [("150", NORMAL), ("150.01", (Level.REDUCE_ONLY, "FEE_BUDGET"))]
)
def test_a_fee_budget_that_is_used_up_only_reduces(paid, expected):
    assert wanted(account(fees_today=amount(paid))) == expected


def test_market_data_that_may_only_be_observed_pauses_once_it_had_been_good():
    assert wanted(feed(FeedVerdict.OBSERVE)) == (Level.PAUSED, "MARKET_DATA")
    assert wanted(feed(FeedVerdict.OBSERVE), good=False) == NORMAL
    assert wanted(feed(FeedVerdict.DEGRADED)) == NORMAL


@pytest.mark.parametrize(
    ("ask", "expected"),
    [(1051, (Level.ACTIVE, "OK")), (1052, (Level.REDUCE_ONLY, "SPREAD_LIMIT"))],
)
def test_a_spread_too_wide_only_reduces_its_instrument(ask, expected):
    own = limits()
    belief = world(quote(bid=1000, ask=ask), own=own)
    facts = belief.facts(BTC, now_ms=MONO_MS, now_ns=NOW_NS)

    one = rules_of.instrument_level(facts, own)

    assert (one.level, one.reason, one.name) == (*expected, BTC)


def want(level, reason="FEE_BUDGET", *, scope=Scope.DESK, name=""):
    return Wanted(scope=scope, name=name, level=level, reason=reason)


def mine(level, reason="FEE_BUDGET"):
    return entry(level, source="risk_gate", reason=reason)


def levels(said):
    return [(one.level, one.reason) for one in said]


def test_stricter_at_once():
    said = OwnLevels(limits()).step([want(Level.REDUCE_ONLY)], [], 0)

    assert said == [
        SetLevel(
            scope=Scope.DESK,
            name="",
            source="risk_gate",
            level=Level.REDUCE_ONLY,
            reason="FEE_BUDGET",
        )
    ]


def test_an_entry_that_stands_is_not_set_again():
    assert OwnLevels(limits()).step([want(Level.PAUSED)], [mine(Level.PAUSED)], 0) == []


@pytest.mark.parametrize(("after_ms", "milder"), [(899_999, False), (900_000, True)])
def test_milder_only_after_a_time_without_cause(after_ms, milder):
    own = OwnLevels(limits())
    own.step([want(Level.PAUSED)], [mine(Level.PAUSED)], 1_000)

    said = own.step([want(Level.ACTIVE, "OK")], [mine(Level.PAUSED)], 1_000 + after_ms)

    assert levels(said) == ([(Level.ACTIVE, "OK")] if milder else [])


def test_a_cause_that_comes_back_begins_the_time_anew():
    own, stands = OwnLevels(limits()), [mine(Level.PAUSED)]
    own.step([want(Level.PAUSED)], stands, 0)
    own.step([want(Level.ACTIVE, "OK")], stands, 500_000)
    own.step([want(Level.PAUSED)], stands, 800_000)

    assert own.step([want(Level.ACTIVE, "OK")], stands, 1_699_999) == []
    assert len(own.step([want(Level.ACTIVE, "OK")], stands, 1_700_000)) == 1


@pytest.mark.parametrize(("after_ms", "milder"), [(2_999, False), (3_000, True)])
def test_a_pause_for_market_data_ends_sooner(after_ms, milder):
    own, stands = OwnLevels(limits()), [mine(Level.PAUSED, "MARKET_DATA")]
    own.step([want(Level.PAUSED, "MARKET_DATA")], stands, 0)

    assert bool(own.step([want(Level.ACTIVE, "OK")], stands, after_ms)) is milder


def test_a_gate_just_started_counts_the_time_from_now():
    own = OwnLevels(limits())

    assert own.step([want(Level.ACTIVE, "OK")], [mine(Level.PAUSED)], 5_000_000) == []
    assert len(own.step([want(Level.ACTIVE, "OK")], [mine(Level.PAUSED)], 5_900_000)) == 1


def test_what_others_set_is_left_alone():
    stands = [entry(Level.HALTED), entry(Level.PAUSED, source="executor")]
    own = OwnLevels(limits())
    own.step([want(Level.ACTIVE, "OK")], stands, 0)

    assert own.step([want(Level.ACTIVE, "OK")], stands, 10**9) == []


def test_a_demand_stands_until_it_is_seen_and_then_falls_after_its_time():
    own, place = OwnLevels(limits()), {"scope": Scope.INSTRUMENT, "name": BTC}
    own.demand(want(Level.PAUSED, "REPEATED_INTENT", **place))
    free = [want(Level.ACTIVE, "OK", **place)]
    stands = [entry(Level.PAUSED, source="risk_gate", reason="REPEATED_INTENT", **place)]

    assert levels(own.step(free, [], 0)) == [(Level.PAUSED, "REPEATED_INTENT")]
    assert levels(own.step(free, [], 1_000)) == [(Level.PAUSED, "REPEATED_INTENT")]
    assert own.step(free, stands, 2_000) == []
    assert own.step(free, stands, 900_999) == []
    assert levels(own.step(free, stands, 901_000)) == [(Level.ACTIVE, "OK")]


def test_an_instrument_that_repeats_itself_is_to_pause():
    own = limits(repeated_max=2)
    facts = world(own=own).facts(BTC, now_ms=MONO_MS, now_ns=NOW_NS)
    before = approved(intent("a"), seen=True, booked=True)

    verdict = review(batch(intent("b")), facts, own, before=(before,))
    late = review(batch(intent("b"), version=1), facts, own, before=())

    one = rules_of.paused_for(verdict.refused[0])
    assert (one.scope, one.name, one.level) == (Scope.INSTRUMENT, BTC, Level.PAUSED)
    assert rules_of.paused_for(late.refused[0]) is None
