"""What is missing, what is news, when a pass begins, what is not asked again."""

import pytest

from actors.allocator import heard
from actors.allocator.pace import Pace
from actors.allocator.refusals import Refusals
from messages.orders import Side
from messages.state import PermitAge
from tests.actors.allocator import builders
from tests.actors.allocator.builders import BTC, ETH, account, changed, state, status, targets
from tests.messages.samples import INTENT


def test_a_pass_needs_every_state_and_the_executors_own():
    newest = builders.heard(state(BTC))

    assert heard.missing(newest, [BTC, ETH]) == "the state of ETH_TRY"
    assert "AccountState" in heard.missing(newest, [BTC])
    newest.take(account(), now_ms=0)
    assert "ExecutorStatus" in heard.missing(newest, [BTC])
    newest.take(status(), now_ms=0)
    assert heard.missing(newest, [BTC]) == ""


@pytest.mark.parametrize(
    ("ages", "waits"), [((), False), ((5, 5), False), ((None, 5), True), ((5, None), True)]
)
def test_after_a_start_of_the_executor_both_must_have_permitted_once(ages, waits):
    permits = tuple(
        PermitAge(issuer=name, age_ms=age)
        for name, age in zip(("risk_gate", "supervisor"), ages, strict=False)
    )

    assert heard.unpermitted(builders.heard(status(permits=permits))) is waits
    assert not heard.unpermitted(builders.heard())
    assert not heard.unpermitted(builders.heard(status(permits=permits, latched=True)))


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        (state(), changed(state(), at_ms=9), False),
        (state(), state(version=5), True),
        (targets(BTC_TRY=1), changed(targets(BTC_TRY=1), seq=2, decided_ms=9), False),
        (targets(BTC_TRY=1), targets(BTC_TRY=2), True),
        (targets(BTC_TRY=1), changed(targets(BTC_TRY=1), contained="ValueError"), True),
        (account(), account(equity=None, at_ms=9), False),
        (account(), account(9_999), True),
        (None, state(), True),
    ],
)
def test_a_message_that_only_repeats_is_no_news(before, now, news):
    assert heard.changed(before, now) is news


def test_the_age_of_targets_is_told_for_those_who_spoke():
    newest = builders.heard(targets("first"), at_ms=1_000)

    assert heard.targets_age_ms(newest, ["first", "second"], now_ms=1_500) == {"first": 500}


@pytest.mark.parametrize(("after_ms", "due"), [(99, False), (100, True)])
def test_a_pass_follows_a_change_but_not_too_soon_after_another(after_ms, due):
    pace = Pace(every_ms=100, look_every_ms=500)

    assert pace.due(1_000)
    pace.note_change()

    assert pace.due(1_000 + after_ms) is due


@pytest.mark.parametrize(("after_ms", "due"), [(499, False), (500, True)])
def test_without_a_change_a_pass_looks_for_what_ages(after_ms, due):
    pace = Pace(every_ms=100, look_every_ms=500)
    pace.due(1_000)

    assert pace.due(1_000 + after_ms) is due


REFUSED = changed(INTENT, side=Side.BUY, price=builders.amount(1000), quantity=builders.amount(1))


def still(price="1000", quantity="1", *, version=4, now_ms=1_999, strategy="mean_reversion"):
    refusals = Refusals()
    refusals.note(BTC, REFUSED, version=4, code="COOLDOWN", now_ms=1_000)
    return refusals.still(
        BTC,
        strategy,
        Side.BUY,
        price=builders.amount(price),
        quantity=builders.amount(quantity),
        version=version,
        now_ms=now_ms,
        again_ms=1_000,
    )


def test_an_unchanged_wish_is_answered_by_its_refusal_for_a_second():
    assert still(now_ms=1_999) == "COOLDOWN"
    assert still(now_ms=2_000) is None


def test_a_wish_that_changed_is_worth_asking_again():
    assert still(price="1000.6") is None
    assert still(quantity="1.02") is None
    assert still(version=5) is None
    assert still(strategy="another") is None
