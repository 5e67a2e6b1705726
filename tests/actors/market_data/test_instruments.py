"""Under which rules each instrument is traded, and who must hear of them."""

import pytest

from actors.market_data.instruments import Rules, described
from actors.market_data.settings import Settings
from tests.actors.market_data.markets import BTC, ETH, SOL, START_MS
from tests.builders import rules


def book(*names, **own):
    return Rules(names or (BTC, ETH), Settings(**own))


def said(one, ms):
    return {rule.instrument: rule.not_tradable for rule in one.due(START_MS + ms)}


def test_before_the_table_was_read_nothing_is_missing_and_nothing_is_said():
    one = book()

    assert (one.heard, one.missing, one.listed, said(one, 0)) == (False, [], [BTC, ETH], {})


def test_new_rules_are_a_change_and_are_said_at_once():
    one = book(BTC)

    changes = one.refresh([rules(BTC), rules(SOL)], START_MS)

    assert [(change.before, change.now.instrument) for change in changes] == [(None, BTC)]
    assert said(one, 0) == {BTC: None}


def test_the_same_rules_again_are_no_change():
    one = book(BTC)
    one.refresh([rules(BTC)], START_MS)
    said(one, 0)

    assert one.refresh([rules(BTC)], START_MS + 300_000) == []


def test_other_rules_are_a_change_with_both_sets():
    one = book(BTC)
    one.refresh([rules(BTC, notional_min="100")], START_MS)
    said(one, 0)

    change = one.refresh([rules(BTC, notional_min="150")], START_MS + 1)[0]

    assert described(change)["before"]["notional_min"] == "100"
    assert described(change)["now"]["notional_min"] == "150"
    assert said(one, 1) == {BTC: None}


@pytest.mark.parametrize(("ms", "names"), [(59_999, {}), (60_000, {BTC: None})])
def test_rules_are_said_again_every_minute(ms, names):
    one = book(BTC)
    one.refresh([rules(BTC)], START_MS)
    said(one, 0)

    assert said(one, ms) == names


@pytest.mark.parametrize(("age_ms", "code"), [(3_600_000, None), (3_600_001, "RULES_STALE")])
def test_rules_older_than_an_hour_forbid_orders(age_ms, code):
    one = book(BTC)
    one.refresh([rules(BTC)], START_MS)

    assert said(one, age_ms) == {BTC: code}


def test_rules_that_became_stale_are_said_without_waiting_for_their_minute():
    one = book(BTC)
    one.refresh([rules(BTC)], START_MS)
    said(one, 3_600_000)

    assert said(one, 3_600_001) == {BTC: "RULES_STALE"}


def test_the_venues_own_no_goes_before_the_age_of_the_rules():
    one = book(BTC)
    one.refresh([rules(BTC, not_tradable="NOT_TRADING")], START_MS)

    assert said(one, 4_000_000) == {BTC: "NOT_TRADING"}


def test_a_configured_name_that_the_venue_does_not_list_is_dropped():
    one = book(BTC, "FOO_TRY")
    one.refresh([rules(BTC)], START_MS)

    assert (one.missing, one.listed) == (["FOO_TRY"], [BTC])
    assert said(one, 0) == {BTC: None}


def test_an_instrument_the_venue_lists_no_longer_is_said_as_not_tradable():
    one = book()
    one.refresh([rules(BTC), rules(ETH)], START_MS)
    said(one, 0)

    one.refresh([rules(BTC)], START_MS + 1)

    assert said(one, 1) == {ETH: "UNKNOWN_SYMBOL"}
    assert one.missing == [ETH]


def test_an_instrument_that_is_listed_again_is_tradable_again():
    one = book(BTC)
    for table in ([rules(BTC)], [], [rules(BTC)]):
        one.refresh(table, START_MS)

    assert said(one, 0) == {BTC: None}
    assert one.missing == []


def test_reads_that_fail_are_repeated_ever_later_up_to_a_bound():
    one = book(retry_first_ms=250, retry_most_ms=900)

    assert [one.again_ms(read=False) for _ in range(4)] == [250, 500, 900, 900]


def test_after_a_read_that_went_well_the_next_is_in_five_minutes_and_failures_begin_anew():
    one = book(BTC)
    one.again_ms(read=False)
    one.refresh([rules(BTC)], START_MS)

    assert one.again_ms(read=True) == 300_000
    assert one.again_ms(read=False) == 250
