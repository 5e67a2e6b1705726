"""How long an approval counts, and which losses are real."""

import pytest

from actors.risk_gate.approvals import Approvals
from actors.risk_gate.valuations import Valuations
from messages.money import amount
from messages.orders import BrokenRule, IntentRefused
from tests.actors.allocator.builders import BTC, ETH, MONO_MS, account, state
from tests.actors.risk_gate.builders import NOW_NS, approved, intent, limits, modes

NO = BrokenRule(code="FUNDS", observed="1", limit="2")


def kept(*approvals):
    out = Approvals()
    out.add(approvals, now_ms=MONO_MS, now_ns=NOW_NS)
    return out


def names(out):
    return [one.intent_id for one in out.all()]


def test_an_approval_is_seen_with_a_newer_version_and_booked_with_an_account_after_it():
    out = kept(approved(intent("a")))

    out.account_heard()
    out.state_heard(state(version=4), MONO_MS)
    assert [(one.seen, one.booked) for one in out.all()] == [(False, False)]

    out.state_heard(state(ETH, version=5), MONO_MS)
    assert [one.seen for one in out.all()] == [False]

    out.state_heard(state(version=5), MONO_MS)
    assert [(one.seen, one.booked) for one in out.all()] == [(True, False)]

    out.account_heard()
    assert [(one.seen, one.booked) for one in out.all()] == [(True, True)]


@pytest.mark.parametrize(("age_ms", "counts"), [(59_999, True), (60_000, False)])
def test_a_booked_approval_is_forgotten_after_a_minute(age_ms, counts):
    out = kept(approved(intent("a"), seen=True, booked=True))

    out.add([], now_ms=MONO_MS + age_ms, now_ns=NOW_NS + 10**15)

    assert (names(out) == ["a"]) is counts


def test_what_the_executor_refused_never_was():
    one = IntentRefused(decision_id="d0", instrument=BTC, intent_id="a", broken=NO)
    whole = IntentRefused(decision_id="d0", instrument=BTC, intent_id="", broken=NO)
    out = kept(
        approved(intent("a")), approved(intent("b")), approved(intent("c"), decision_id="d9")
    )

    out.refused(one)
    assert names(out) == ["b", "c"]

    out.refused(whole)
    assert names(out) == ["c"]


def test_a_fill_is_a_position_that_changed():
    out = kept()

    out.state_heard(state(position=1), 100)
    out.state_heard(state(position=1, version=5), 200)
    assert out.filled_ms(BTC) is None

    out.state_heard(state(position=2), 300)
    assert out.filled_ms(BTC) == 300


LIMITS = limits(
    daily_loss_max_try=1000, drawdown_max_ratio="0.1", modes=modes(drawdown_max_try=3000)
)
DAY = account(day_pnl=amount(-1000))


def confirmed(*looks):
    """What is confirmed after valuations, each with the ms since the one before."""
    valuations, now_ms = Valuations(LIMITS), 0
    for after_ms, heard in looks:
        now_ms += after_ms
        valuations.look(heard, now_ms)
    return valuations.confirmed()


def test_a_loss_on_equity_counts_after_three_valuations_in_a_row():
    assert not confirmed((0, DAY), (1_000, DAY)).day
    assert confirmed((0, DAY), (1_000, DAY), (1_000, DAY)).day


def test_valuations_closer_than_a_second_are_one():
    assert not confirmed((0, DAY), (999, DAY), (0, DAY)).day
    assert confirmed((0, DAY), (1_000, DAY), (999, DAY), (1, DAY)).day


@pytest.mark.parametrize("between", [account(), account(day_pnl=None)])
def test_a_better_or_an_unknown_valuation_breaks_the_row(between):
    assert not confirmed((0, DAY), (1_000, DAY), (1_000, between), (1_000, DAY)).day


@pytest.mark.parametrize(
    ("heard", "day", "ratio", "drawdown"),
    [
        ({"day_pnl": amount("-999.99")}, False, False, False),
        ({"day_pnl": amount(-1000)}, True, False, False),
        ({"drawdown_ratio": amount("0.0999")}, False, False, False),
        ({"drawdown_ratio": amount("0.1")}, False, True, False),
        ({"drawdown": amount("2999.99")}, False, False, False),
        ({"drawdown": amount(3000)}, False, False, True),
    ],
)
def test_each_limit_of_loss_at_its_boundary(heard, day, ratio, drawdown):
    found = confirmed(*[(1_000, account(**heard))] * 3)

    assert (found.day, found.drawdown_ratio, found.drawdown) == (day, ratio, drawdown)
