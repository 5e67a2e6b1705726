"""Orders of others on our account: they halt, or are listed, counted, booked and left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.executor import foreign, listing, postings
from actors.executor.facts import Seen
from actors.executor.foreign import Foreign
from actors.executor.states import Fact
from actors.venues.port import NewOrder, VenueFill, VenueOrder, VenueStatus
from messages.control import Kill, StatusQuery
from messages.money import Amount
from messages.orders import IntentRefused, OrderState, Side
from messages.state import AccountState, Level
from store.explain import told_about
from store.readers import Reader
from tests.actors.executor import ledgers
from tests.actors.executor.driving import settings
from tests.actors.executor.ledgers import NOW_MS, VENUE_ID, tell
from tests.actors.executor.sessions import Standing
from tests.actors.executor.wishes import wanted_of
from tests.actors.venues.served import CLOCK

GROSS = Amount("0.0018")


def order(side=Side.BUY, *, price="3000000", quantity="0.003", filled="0.001", number=9):
    return VenueOrder(
        venue_order_id=number,
        client_order_id="by-hand",
        instrument="BTC_TRY",
        side=side,
        price=None if price is None else Amount(price),
        quantity=Amount(quantity),
        filled_quantity=Amount(filled),
        status=VenueStatus.OPEN,
    )


def execution(side=Side.BUY, *, quantity="0.001", price="3000000", fee="3", tax="0.6"):
    return VenueFill(
        trade_id="77",
        venue_order_id=9,
        client_order_id="by-hand",
        instrument="BTC_TRY",
        side=side,
        price=Amount(price),
        quantity=Amount(quantity),
        fee=Amount(fee),
        tax=Amount(tax),
        fee_asset="TRY",
        at_ms=1,
    )


def let(*rows, policy="external"):
    found = Foreign(policy, GROSS)
    found.listed("BTC_TRY", rows)
    return found


def test_what_rests_locks_what_the_venue_sets_aside_for_what_is_left():
    found = let(order(), order(Side.SELL, number=10))

    assert found.locked() == {"TRY": Amount("6010.8"), "BTC": Amount("0.002")}
    assert (found.buying("TRY"), found.buying("USDT")) == (6_000, 0)
    assert [one.plain()["left"] for one in found.orders()] == ["0.002", "0.002"]


def test_the_newest_list_alone_counts():
    found = let(order())
    found.listed("BTC_TRY", [])

    assert (found.orders(), found.locked()) == ([], {})


def test_where_they_halt_nothing_is_counted():
    assert let(order(), policy="halt").orders() == []


def test_an_order_without_a_price_locks_what_it_sells():
    assert let(order(Side.SELL, price=None)).locked() == {"BTC": Amount("0.002")}


def moves(row):
    return {(leg.account, leg.asset): leg.amount for leg in foreign.moved(row)}


def test_an_execution_comes_from_elsewhere_and_goes_there():
    assert moves(execution()) == {
        ("free", "TRY"): Amount("-3003.6"),
        ("external", "TRY"): Amount("3003.6"),
        ("free", "BTC"): Amount("0.001"),
        ("external", "BTC"): Amount("-0.001"),
    }
    assert moves(execution(Side.SELL)) == {
        ("free", "TRY"): Amount("2996.4"),
        ("external", "TRY"): Amount("-2996.4"),
        ("free", "BTC"): Amount("-0.001"),
        ("external", "BTC"): Amount("0.001"),
    }


amounts = st.decimals(min_value="0.00000001", max_value="1000000", places=8).map(
    lambda value: format(value, "f")
)


@given(st.sampled_from(Side), amounts, amounts, amounts, amounts)
def test_no_execution_makes_or_loses_money(side, quantity, price, fee, tax):
    row = execution(side, quantity=quantity, price=price, fee=fee, tax=tax)

    assert postings.unbalanced(foreign.moved(row)) == {}


@pytest.mark.parametrize(
    ("prices", "value"),
    [
        ({"BTC": Amount(3_000_000)}, Amount("-3.6")),  # what it cost, at the price of then
        ({"BTC": None}, None),
        ({}, Amount("-3003.6")),  # what is not traded counts nothing
    ],
)
def test_an_execution_is_worth_what_it_brings(prices, value):
    assert foreign.worth(foreign.moved(execution()), prices, quote="TRY") == value


# at the exchange


class ByHand:
    """The account's owner, with a client of his own."""

    def __init__(self, place):
        self.client, self.rules, self.count = place.served.private(), place.rules["BTC_TRY"], 0

    def order(self, side, price, quantity="0.001"):
        """Place a limit order; return the venue's id."""
        self.count += 1
        wish = NewOrder(
            client_order_id=f"by-hand-{self.count}",
            instrument="BTC_TRY",
            side=side,
            price=self.rules.price_down(Amount(price)),
            quantity=Amount(quantity),
        )
        return self.client.submit(wish, CLOCK.wall_ms()).venue_order_id

    def cancel(self, number):
        self.client.cancel(number, CLOCK.wall_ms())


def opened(place, policy="external"):
    return place.opened(own=settings(foreign_orders=policy))


def totals(place):
    """Return, per asset, what the books own beside what the exchange says."""
    theirs = {row["asset"]: Amount(row["balance"]) for row in place.served.truth()["balances"]}
    return {
        asset: (place.driver.books.owned(asset), total)
        for asset, total in theirs.items()
        if place.driver.books.owned(asset) != total
    }


def venue_free(place, asset):
    rows = {row["asset"]: row for row in place.served.truth()["balances"]}
    return Amount(rows[asset]["free"])


def told(place):
    return place.driver.answers(StatusQuery())[0].report["foreign_orders"]


def compare(place):
    """Have books and venue compared by a comparison that began now."""
    session = place.driver.session
    asked_ms = session.reconciler.last.heard_ms
    session.reconciler.want(0)
    place.driver.until(
        lambda: session.reconciler.last.asked_ms >= asked_ms and session.reconciler.last.is_clean
    )


def test_by_default_an_order_of_somebody_else_halts_the_desk(place):
    driver = opened(place, policy="halt")
    ByHand(place).order(Side.BUY, place.inside)
    driver.until(lambda: driver.books.levels)

    (level,) = driver.books.levels.values()
    assert (level.level, level.reason) == (Level.HALTED, "FOREIGN_ORDER by-hand-1")


def test_one_that_rests_is_listed_and_left_alone_even_by_a_kill(place):
    driver = opened(place)
    number = ByHand(place).order(Side.BUY, place.inside)
    driver.until(lambda: told(place))
    compare(place)
    ours = place.resting("0.001")
    driver.hear(Kill(reason="test"))
    driver.until(lambda: driver.session.clearance.is_clear, 15)

    assert [one["venue_order_id"] for one in told(place)] == [number]
    assert totals(place) == {}
    assert place.state_of(ours) is OrderState.CANCELLED
    assert [one["id"] for one in place.orders() if one["status"] == "Untouched"] == [number]
    assert {row.source for row in driver.books.levels.values()} == {"kill"}


def test_what_it_locks_is_not_ours_to_spend(place):
    driver, owner = opened(place), ByHand(place)
    number = owner.order(Side.BUY, place.inside, "0.002")
    driver.until(lambda: told(place))
    driver.until(lambda: driver.said(AccountState)[-1].free["TRY"] == venue_free(place, "TRY"))
    locked = driver.session.foreign.locked()["TRY"]
    owner.cancel(number)
    driver.until(lambda: not told(place))
    driver.until(lambda: driver.said(AccountState)[-1].free["TRY"] == venue_free(place, "TRY"))

    assert locked > 0
    assert driver.session.foreign.locked() == {}


def test_an_order_beyond_what_others_leave_free_is_refused(place):
    driver = opened(place)
    free = driver.books.balance("free", "TRY")
    rest = order(price="1", quantity=str(free), filled="0")
    driver.session.foreign.listed("ETH_TRY", [rest])
    driver.hear(wanted_of(driver, "BTC_TRY", (Side.BUY, "0.001", place.inside, "one")))

    (no,) = driver.said(IntentRefused)
    assert no.broken.code == "FUNDS"


def test_what_it_trades_is_booked_once_and_is_no_strategys(place):
    driver = opened(place)
    ByHand(place).order(Side.BUY, place.inside, "0.002")
    driver.until(lambda: told(place))
    place.stranger.trade(Side.SELL, "0.001", place.inside)
    compare(place)
    driver.until(lambda: totals(place) == {})
    place.driver.close()
    driver = opened(place)
    compare(place)

    assert totals(place) == {}
    assert not driver.books.levels
    with Reader.open(place.run_dir) as reader:
        kinds = [one.kind for one in reader.journal_since(0, 10_000)]
        (name,) = [key for key in reader.meta() if key.startswith("transfer:fill:")]
        (entry,) = told_about(reader, name.removeprefix("transfer:"))
    assert entry["cause"]["what"] == "buy of somebody else"
    assert (entry["cause"]["amount"], entry["cause"]["asset"]) == ("0.001", "BTC")
    assert {one["account"] for one in entry["postings"]} == {"free", "external"}
    assert kinds.count("ExternalFill") == 1
    assert not [strategy for strategy, _ in driver.books.positions if strategy]


@pytest.mark.parametrize("name", ["", "by-hand"])
def test_a_fill_of_our_own_order_that_lacks_its_name_halts_and_is_not_somebody_elses(name):
    one = Standing(own=settings(foreign_orders="external"))
    ours = one.order()
    tell(one.books, ours, Seen(fact=Fact.ACK, venue_order_id=VENUE_ID))
    named = ledgers.fill(client_order_id=ours, at_ms=NOW_MS + 1)
    nameless = ledgers.fill(client_order_id=name, at_ms=NOW_MS + 1)

    listing.fills(one.session, [nameless], one.now)
    assert one.books.owned("BTC") == 0
    assert [row.level for row in one.books.levels.values()] == [Level.HALTED]

    listing.fills(one.session, [nameless, named], one.now)
    assert one.books.owned("BTC") == named.quantity


def test_books_begin_with_what_others_hold_as_free(place):
    owner = ByHand(place)
    number = owner.order(Side.BUY, place.inside)
    driver = opened(place)
    driver.until(lambda: told(place))
    owner.cancel(number)
    driver.until(lambda: not told(place))
    compare(place)

    assert driver.books.balance("withdrawing", "TRY") == 0
    assert place.differences() == {}


def test_what_was_traded_before_the_first_read_is_in_the_opening_and_is_not_booked_again(
    place, monkeypatch
):
    ByHand(place).order(Side.BUY, place.inside, "0.002")
    private, traded = place.served.private, []

    def slow():
        """A client whose first read of the balances arrives after an execution."""
        client = private()
        balances = client.balances

        def read(stamp_ms):
            if not traded:
                time.sleep(0.05)
                traded.append(place.stranger.trade(Side.SELL, "0.001", place.inside))
                time.sleep(0.05)
            return balances(stamp_ms)

        client.balances = read
        return client

    monkeypatch.setattr(place.served, "private", slow)
    driver = opened(place)
    compare(place)

    assert traded
    assert totals(place) == {}
    with Reader.open(place.run_dir) as reader:
        assert "ExternalFill" not in [one.kind for one in reader.journal_since(0, 10_000)]
    assert not driver.books.levels
