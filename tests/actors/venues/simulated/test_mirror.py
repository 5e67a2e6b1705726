"""The exchange that follows a public feed: its books, its trades, and its silence."""

from decimal import Decimal

import pytest

from actors.venues.port import BookDepth, Connected, Disconnected, PublicTrade
from actors.venues.simulated.follower import Heard
from actors.venues.simulated.listing import LISTINGS, units
from actors.venues.simulated.mirror import CONNECTING, Mirror, ladder
from messages.orders import Side
from tests.actors.venues.simulated.floors import ANN, NOW, buy, engine, funds, sell

SILENCE_MAX_MS = 5_000
BTC = LISTINGS["BTC_TRY"]


class Clock:
    def __init__(self):
        self.now = 1_000

    def mono_ms(self):
        return self.now

    def wall_ms(self):
        return NOW


class Feed:
    def __init__(self):
        self.waiting, self.stopped, self.left_out = [], False, ()

    def take(self):
        taken, self.waiting = self.waiting, []
        return taken

    def stop(self):
        self.stopped = True


class Public:
    """A mirror with the feed and the clock in hand."""

    def __init__(self):
        self.exchange = engine(opening={"TRY": "100000000", "BTC": "2"})
        self.clock, self.feed = Clock(), Feed()
        self.mirror = Mirror(self.exchange, self.feed, self.clock, silence_max_ms=SILENCE_MAX_MS)

    def says(self, *events):
        self.feed.waiting += [Heard(self.clock.now, event) for event in events]
        self.mirror.step(NOW, 100)

    def passes(self, ms):
        self.clock.now += ms
        self.mirror.step(NOW, ms)

    def depth(self):
        return self.exchange.books["BTC_TRY"].depth(5)

    def traded(self, order):
        return sum((fill.quantity for fill in order.fills), Decimal(0))


@pytest.fixture
def public():
    return Public()


def book(bids, asks):
    def side(levels):
        return tuple((Decimal(price), Decimal(quantity)) for price, quantity in levels)

    return BookDepth(instrument="BTC_TRY", bids=side(bids), asks=side(asks))


def trade(price, quantity, side=Side.SELL, number=1, **changed):
    told = {
        "instrument": "BTC_TRY",
        "trade_id": str(number),
        "side": side,
        "price": Decimal(price),
        "quantity": Decimal(quantity),
        "at_ms": NOW,
    }
    return PublicTrade(**told | changed)


BOOK = book([("2999990", "1"), ("2999980", "2")], [("3000010", "1"), ("3000020", "2")])


def test_the_public_book_stands_here(public):
    public.says(BOOK)

    one, two = units(Decimal(1)), units(Decimal(2))
    assert public.depth() == (
        [(2_999_990, one), (2_999_980, two)],
        [(3_000_010, one), (3_000_020, two)],
    )
    assert public.exchange.market["BTC_TRY"] == 3_000_000
    assert public.mirror.quoted("BTC_TRY")


def test_prices_between_two_ticks_are_not_bettered():
    levels = [(Decimal("2999990.7"), Decimal(1)), (Decimal("2999990.2"), Decimal(2))]

    assert ladder(levels, BTC, rounding="ROUND_FLOOR") == {2_999_990: units(Decimal(3))}
    assert ladder(levels, BTC, rounding="ROUND_CEILING") == {2_999_991: units(Decimal(3))}


def test_a_taker_of_ours_trades_at_public_prices(public):
    public.says(BOOK)

    order = buy(public.exchange, quantity="1.5", price="3000020")

    fills = [(fill.price, fill.quantity) for fill in order.fills]
    assert fills == [(Decimal(3_000_010), Decimal(1)), (Decimal(3_000_020), Decimal("0.5"))]


def test_a_resting_order_inside_the_public_spread_waits(public):
    public.says(BOOK)
    order = buy(public.exchange, quantity="0.5", price="3000000")

    public.says(BOOK)

    assert public.traded(order) == 0


@pytest.mark.parametrize(
    ("ask", "offered", "filled"),
    [("3000001", "1", "0"), ("3000000", "0.2", "0.2"), ("2999995", "1", "0.5")],
)
def test_an_order_trades_when_the_public_book_reaches_it(public, ask, offered, filled):
    public.says(BOOK)
    order = buy(public.exchange, quantity="0.5", price="3000000")

    public.says(book([("2999900", "1")], [(ask, offered)]))

    assert public.traded(order) == Decimal(filled)
    assert {fill.price for fill in order.fills} <= {Decimal(3_000_000)}
    bids, asks = public.depth()
    assert bids[0][0] < asks[0][0] if asks else True


@pytest.mark.parametrize(
    ("price", "quantity", "filled"),
    [
        ("3000001", "1", "0"),
        ("3000000", "0.2", "0.2"),
        ("2999990", "0.3", "0.3"),
        ("3000000", "9", "0.5"),
    ],
)
def test_a_public_trade_at_or_through_its_price_fills_an_order(public, price, quantity, filled):
    public.says(BOOK)
    order = buy(public.exchange, quantity="0.5", price="3000000")

    public.says(trade(price, quantity))

    assert public.traded(order) == Decimal(filled)


def test_a_sell_of_ours_meets_public_buys(public):
    public.says(BOOK)
    order = sell(public.exchange, quantity="0.5", price="3000005")

    public.says(trade("3000005", "0.1", Side.SELL, 1), trade("3000006", "0.2", Side.BUY, 2))

    assert public.traded(order) == Decimal("0.2")


def test_a_public_trade_is_printed_whole(public):
    public.says(BOOK)
    buy(public.exchange, quantity="0.5", price="3000000")
    public.exchange.drain()

    public.says(trade("2999990", "2"))

    printed = [(one.ticks, one.units) for one in public.exchange.drain().trades]
    assert printed == [
        (3_000_000, units(Decimal("0.5"))),
        (2_999_990, units(Decimal("1.5"))),
    ]


def test_a_trade_told_twice_or_from_the_list_of_old_ones_fills_nothing_more(public):
    public.says(BOOK)
    order = buy(public.exchange, quantity="0.5", price="3000000")

    public.says(trade("3000000", "0.1", number=7), trade("3000000", "0.1", number=7))
    public.says(trade("3000000", "0.1", number=8, listed=True))

    assert public.traded(order) == Decimal("0.1")


@pytest.mark.parametrize(("silent_ms", "quoted"), [(5_000, True), (5_001, False)])
def test_a_silent_feed_leaves_no_market(public, silent_ms, quoted):
    public.says(BOOK)

    public.passes(silent_ms)

    assert public.mirror.quoted("BTC_TRY") is quoted
    assert (public.depth() != ([], [])) is quoted


def test_what_rests_in_a_silence_does_not_trade_and_is_met_when_the_feed_is_back(public):
    public.says(BOOK)
    public.passes(6_000)
    order = buy(public.exchange, quantity="0.5", price="3000010")
    assert public.traded(order) == 0

    public.says(BOOK)

    assert public.traded(order) == Decimal("0.5")
    assert funds(public.exchange, ANN, "BTC")[0] == Decimal("2.5")


@pytest.mark.parametrize("number", ["²", "٣", "9" * 41, "9" * 5_000, "-1", "n-1"])
def test_an_id_that_is_no_number_is_a_trade_as_any_other(public, number):
    public.says(BOOK)
    order = buy(public.exchange, quantity="0.5", price="3000000")

    public.says(trade("3000000", "0.1", number=number))

    assert public.traded(order) == Decimal("0.1")


@pytest.mark.parametrize("odd", ["0", "-1", "1e-31", "1e12", "1e40", "0." + "1" * 70])
def test_a_price_or_quantity_that_nobody_could_mean_is_none(public, odd):
    public.says(book([("2999990", "1"), (odd, "1"), ("1", odd)], [("3000010", "1")]))
    public.says(trade(odd, "1", number=1), trade("3000000", odd, number=2))

    assert public.depth() == (
        [(2_999_990, units(Decimal(1)))],
        [(3_000_010, units(Decimal(1)))],
    )
    assert public.exchange.drain().trades == ()


def test_a_trade_below_one_tick_is_none(public):
    public.says(trade("0.9", "1", number=1), trade("1", "0.00000000000000001", number=2))
    assert public.exchange.drain().trades == ()
    public.says(trade("1", "0.0000000000000001", number=3))
    assert [(one.ticks, one.units) for one in public.exchange.drain().trades] == [(1, 1)]


def test_news_are_told_once(public):
    first = public.mirror.news()
    assert first.stream == CONNECTING
    assert "BTC_TRY" in first.silent
    assert public.mirror.news() is None

    public.says(Connected(private=False), BOOK)
    assert public.mirror.news().quoted == ("BTC_TRY",)

    public.says(Disconnected(reason="SILENT", retry_ms=500))
    assert public.mirror.news().stream == "SILENT"
    assert public.mirror.news() is None

    public.feed.left_out = ("SOL_TRY",)
    assert public.mirror.news().left_out == ("SOL_TRY",)


def test_a_closed_mirror_follows_nobody(public):
    public.mirror.close()

    assert public.feed.stopped
