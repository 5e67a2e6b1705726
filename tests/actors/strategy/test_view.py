"""What a strategy may see: only what is fresh."""

import pytest

from actors.runtime.newest import Newest
from actors.strategy import view
from actors.strategy.settings import Settings
from actors.strategy.strategies.mean_reversion import MeanReversionRun
from messages.money import amount
from messages.state import AccountState
from tests.actors.strategy.sights import BTC, ETH
from tests.builders import account, holding, quote, rules, state

OWN = Settings(run=(MeanReversionRun(name="one", instruments=(BTC,)),))


def heard(*messages, at_ms=0):
    newest = Newest()
    for one in messages:
        newest.take(one, name=getattr(one, "instrument", ""), now_ms=at_ms)
    return newest


def seen(newest, now_ms=0, names=(BTC,)):
    return view.seen(names, newest, OWN, strategy="one", now_ms=now_ms)


def test_it_is_the_quote_with_the_strategys_own_holdings():
    held = {"one": holding("0.5", cost="90", buying="0.1", selling="0.2"), "two": holding(7)}

    one = seen(heard(rules(), quote(), state(by_strategy=held)))[BTC]

    assert (one.bid, one.ask, one.mark) == (amount(2999000), amount(3001000), amount(3000000))
    assert [one.position, one.cost, one.buying, one.selling] == [
        amount("0.5"),
        amount(90),
        amount("0.1"),
        amount("0.2"),
    ]


def test_a_strategy_that_holds_nothing_sees_zero_and_no_cost():
    one = seen(heard(rules(), quote(), state(by_strategy={"two": holding(7)})))[BTC]

    assert (one.position, one.cost) == (0, None)


@pytest.mark.parametrize(("now_ms", "shown"), [(5_000, True), (5_001, False)])
def test_a_quote_older_than_the_limit_is_not_shown(now_ms, shown):
    newest = heard(rules(), quote())
    newest.take(state(), name=BTC, now_ms=now_ms)

    assert (BTC in seen(newest, now_ms)) is shown


@pytest.mark.parametrize(("age_ms", "shown"), [(4_000, True), (4_001, False)])
def test_a_quote_brings_the_age_it_had_when_it_was_said(age_ms, shown):
    newest = heard(rules(), quote(age_ms=age_ms), state())

    assert (BTC in seen(newest, 1_000)) is shown


@pytest.mark.parametrize(("now_ms", "shown"), [(3_000, True), (3_001, False)])
def test_an_instrument_whose_state_is_too_old_is_not_shown(now_ms, shown):
    assert (BTC in seen(heard(rules(), quote(), state()), now_ms)) is shown


@pytest.mark.parametrize(
    "missing",
    [
        (rules(), quote()),
        (rules(), state()),
        (quote(), state()),
        (rules(), quote(problem="STALE"), state()),
        (rules(), quote(bid=None, problem="BOOK_ONE_SIDED"), state()),
        (rules(not_tradable="NOT_TRADING"), quote(), state()),
    ],
)
def test_what_is_not_whole_is_not_shown(missing):
    assert seen(heard(*missing)) == {}


def test_one_stale_instrument_does_not_hide_another():
    newest = heard(rules(), quote(), state(), rules(ETH), quote(ETH, problem="STALE"), state(ETH))

    assert list(seen(newest, names=(ETH, BTC))) == [BTC]


@pytest.mark.parametrize(("now_ms", "known"), [(3_000, amount(500)), (3_001, None)])
def test_cash_that_is_too_old_is_unknown(now_ms, known):
    newest = heard(account(500))

    assert view.cash(newest, OWN, quote="TRY", now_ms=now_ms) == known


def test_cash_that_was_never_heard_is_unknown():
    assert view.cash(Newest(), OWN, quote="TRY", now_ms=0) is None


def test_of_another_currency_there_is_none():
    newest = heard(account(500))

    assert newest.get(AccountState).free == {"TRY": amount(500)}
    assert view.cash(newest, OWN, quote="USDT", now_ms=0) == 0
