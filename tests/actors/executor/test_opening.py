"""How the books begin."""

from actors.executor import opening
from actors.executor.books import Books
from actors.executor.day import Mark
from actors.venues.port import VenueBalance
from messages.money import Amount
from tests.actors.executor.ledgers import NOW_MS

NAMES = ("BTC_TRY", "ETH_TRY", "BTC_USDT")


def row(asset, free=0, held=0, withdrawing=0):
    return VenueBalance(
        asset=asset, free=Amount(free), held=Amount(held), withdrawing=Amount(withdrawing)
    )


def opened(*rows, owners=None):
    on = Books()
    opening.open_books(
        on, rows, instruments=NAMES, owners=owners or {}, venue_ms=NOW_MS, at_ms=NOW_MS + 7
    )
    return on


def test_the_account_is_booked_from_outside():
    on = opened(row("TRY", 100, withdrawing=5), row("BTC"))

    assert on.balance("free", "TRY") == 100
    assert on.balance("withdrawing", "TRY") == 5
    assert on.balance("external", "TRY") == -105
    assert opening.opened_ms(on) == NOW_MS


def test_what_was_there_belongs_to_nobody():
    on = opened(row("BTC", 2))

    assert on.position("", "BTC_TRY").position == 2
    assert on.position("", "BTC_TRY").cost is None


def test_it_belongs_to_whom_the_configuration_names():
    on = opened(row("BTC", 2), row("ETH", 3), owners={"BTC_TRY": "one"})

    assert on.position("one", "BTC_TRY").position == 2
    assert on.position("", "ETH_TRY").position == 3


def test_a_base_of_two_instruments_is_owned_once():
    on = opened(row("BTC", 2))

    assert ("", "BTC_USDT") not in on.positions


def test_fills_are_fetched_from_the_opening_on():
    on = opened(row("TRY", 1))

    assert [on.cursor(name) for name in NAMES] == [NOW_MS] * 3


def test_its_cost_is_the_first_mark_that_is_heard():
    on = opened(row("BTC", 2), row("ETH", 3))

    written = opening.cost_known(on, {"BTC_TRY": Mark(Amount(50), 0)}, at_ms=NOW_MS)
    again = opening.cost_known(on, {"BTC_TRY": Mark(Amount(60), 0)}, at_ms=NOW_MS)

    assert (len(written), again) == (1, [])
    assert on.position("", "BTC_TRY").cost == 100
    assert on.position("", "ETH_TRY").cost is None
    assert written[0].entry.cause["flag"] == "COST_IS_MARK"
