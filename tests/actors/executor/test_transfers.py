"""Money that comes in or leaves: booked when it explains a difference exactly, and only once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor import day, postings
from actors.executor.reconcile import Checked, Difference
from actors.executor.settings import Asking
from actors.executor.transfers import DAY_MS, Transfers, explaining, mark
from actors.venues.port import TransferKind, VenueBalance, VenueTransfer
from messages.control import SetLevel, StatusQuery
from messages.money import Amount
from messages.orders import OrderState, Side
from messages.state import Level, Scope
from store.rows import DayRow, MetaRow
from tests.actors.executor.ledgers import books

OPENED_MS = 1_000


def transfer(name, amount, asset="TRY", *, settled=True, at_ms=OPENED_MS + 1):
    return VenueTransfer(
        transfer_id=name, asset=asset, amount=Amount(amount), settled=settled, at_ms=at_ms
    )


def differs(amount, asset="TRY", total=10_000):
    return Difference(
        asset=asset, account="total", books=Amount(total), venue=Amount(total) + Amount(amount)
    )


def names(found, *rows, on=None):
    on = on or books(TRY=10_000)
    return [one.transfer_id for one in explaining(found, rows, on, opened_ms=OPENED_MS)]


def test_a_deposit_of_the_very_amount_explains_it():
    assert names(differs(500), transfer("fiat:1", 500)) == ["fiat:1"]


@pytest.mark.parametrize("off", ["0.00000001", "-0.00000001"])
def test_the_last_digit_too_many_or_too_few_explains_nothing(off):
    assert names(differs(500), transfer("fiat:1", 500 + Amount(off))) == []


def test_several_explain_it_together_and_all_are_needed():
    both = transfer("fiat:2", -200, at_ms=OPENED_MS + 2), transfer("fiat:1", 500)

    assert names(differs(300), *both) == ["fiat:1", "fiat:2"]
    assert names(differs(500), *both) == []


def test_one_that_is_booked_is_not_booked_again():
    on = books(TRY=10_000)
    on.recall([MetaRow(key=mark("fiat:1"), value="500")])

    assert names(differs(500), transfer("fiat:1", 500), on=on) == []
    assert names(differs(500), transfer("fiat:1", 500), transfer("fiat:2", 500), on=on) == [
        "fiat:2"
    ]


def test_a_row_that_comes_twice_in_one_answer_counts_once():
    assert names(differs(500), transfer("fiat:1", 500), transfer("fiat:1", 500)) == ["fiat:1"]


def test_another_asset_an_unsettled_one_and_one_from_before_the_books_explain_nothing():
    assert names(differs(500), transfer("crypto:1", 500, "USDT")) == []
    assert names(differs(500), transfer("crypto:1", 500, settled=False)) == []
    assert names(differs(500), transfer("fiat:1", 500, at_ms=OPENED_MS)) == []


def test_books_that_moved_since_they_were_compared_are_compared_again_first():
    assert names(differs(500, total=9_999), transfer("fiat:1", 500)) == []


@given(st.lists(st.integers(-5, 5), max_size=6), st.integers(-10, 10))
def test_what_explains_a_difference_sums_to_it(amounts, wanted):
    rows = [transfer(f"fiat:{n}", value) for n, value in enumerate(amounts)]

    found = explaining(differs(wanted), rows, books(TRY=10_000), opened_ms=OPENED_MS)

    assert not found or sum(one.amount for one in found) == wanted
    assert bool(found) == (bool(rows) and sum(amounts) == wanted)


def checked(*differences):
    row = VenueBalance(asset="TRY", free=Amount(1), held=Amount(0), withdrawing=Amount(7))
    return Checked(differences=differences, unclear=(), balances=(row,), asked_ms=0, heard_ms=0)


def due(asks, now_ms=0, venue_ms=OPENED_MS):
    return list(asks.requests(OPENED_MS, venue_ms, now_ms))


def test_the_venue_is_asked_only_while_a_total_differs():
    asks = Transfers(Asking())
    quiet = due(asks)
    asks.compared(checked(differs(5)))
    asked = [one.kind for one in due(asks)]
    asks.compared(checked())

    assert (quiet, asked, due(asks)) == ([], list(TransferKind), [])
    assert asks.withdrawing("TRY") == 7


def test_it_is_asked_again_later_and_at_once_about_another_difference():
    asks = Transfers(Asking(transfers_first_ms=100))
    asks.compared(checked(differs(5)))
    for kind in TransferKind:
        asks.asked(kind, 0)
    asks.compared(checked(differs(5)))

    assert (len(due(asks, 99)), len(due(asks, 100))) == (0, 2)
    asks.compared(checked(differs(6)))
    assert len(due(asks, 1)) == 2


def test_a_month_is_looked_back_at_most():
    asks = Transfers(Asking())
    asks.compared(checked(differs(5)))

    assert {one.since_ms for one in due(asks)} == {OPENED_MS}
    assert {one.since_ms for one in due(asks, venue_ms=100 * DAY_MS + 5)} == {70 * DAY_MS}


def test_a_withdrawal_is_paid_from_what_was_set_aside_and_then_from_what_is_free():
    moved = postings.withdrawal("TRY", Amount(10), withdrawing=Amount(4))

    assert {leg.account: leg.amount for leg in moved} == {
        "external": 10,
        "withdrawing": -4,
        "free": -6,
    }
    assert postings.unbalanced(moved) == {}


def test_a_flow_is_neither_profit_nor_drawdown_even_at_midnight():
    zero = Amount(0)
    row = DayRow(
        day="2026-11-25",
        baseline=Amount(100),
        realised=zero,
        fees=zero,
        flows=zero,
        equity=Amount(90),
        peak=Amount(120),
    )
    before = day.result(row, Amount(90))

    after = day.with_flow(row, Amount(50))
    tomorrow = day.with_equity(day.current(after, "2026-11-26"), Amount(140))

    assert day.result(after, Amount(140)).drawdown == before.drawdown == 30
    assert day.result(after, Amount(140)).day_pnl == before.day_pnl == -10
    assert day.result(tomorrow, Amount(140)).day_pnl == 0


def look(driver):
    """Have books and venue compared until a comparison that began now is clean."""
    asked_ms = driver.session.reconciler.last.heard_ms
    driver.session.reconciler.want(0)
    driver.until(
        lambda: (
            driver.session.reconciler.last.asked_ms >= asked_ms
            and driver.session.reconciler.last.is_clean
        )
    )


def test_deposits_are_booked_and_trading_goes_on(place):
    driver = place.opened()
    resting = place.resting("0.001")
    place.served.deposit("TRY", "1234.56789")
    place.served.deposit("BTC", "0.5")

    driver.session.reconciler.want(0)
    driver.until(lambda: len(driver.session.transfers.booked) == 2)
    look(driver)
    sold = place.wish(
        Side.SELL, "0.001", place.rules["BTC_TRY"].price_down(place.tops["BTC_TRY"].ask)
    )
    driver.until(lambda: place.state_of(sold) is OrderState.LIVE)

    assert place.differences() == {}
    assert place.state_of(resting) is OrderState.LIVE
    assert not driver.books.levels
    assert driver.books.day.flows > Amount("1234.56789")
    told = driver.answers(StatusQuery())[0].report["transfers"]
    assert {one["asset"]: one["amount"] for one in told} == {"TRY": "1234.56789", "BTC": "0.5"}


def test_a_deposit_while_the_desk_was_down_is_booked_before_it_is_ready_and_only_once(place):
    place.opened()
    place.driver.close()
    place.served.deposit("TRY", 500)
    for _ in range(2):
        driver = place.opened()
        look(driver)
        assert (place.differences(), driver.books.day.flows) == ({}, 500)
        driver.close()


def test_a_deposit_that_cannot_be_read_halts_and_is_booked_once_it_can(place):
    driver = place.opened()
    path = "/api/v1/users/transactions/fiat"
    place.served.faults(answers=[{"kind": "unauthorized", "count": 1_000, "path": path}])
    place.served.deposit("TRY", 500)

    driver.session.reconciler.want(0)
    driver.until(lambda: driver.state("BTC_TRY").level is Level.HALTED)
    reason = driver.state("BTC_TRY").reason
    place.served.faults(answers=[])
    look(driver)
    go_on = SetLevel(
        scope=Scope.INSTRUMENT,
        name="BTC_TRY",
        level=Level.ACTIVE,
        reason="a deposit",
        source="operator",
    )
    driver.hear(go_on)

    assert "TRY total 500" in reason
    assert place.differences() == {}
    assert driver.state("BTC_TRY").level is Level.ACTIVE
