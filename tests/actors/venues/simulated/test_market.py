"""The simulated market: where its price goes, what stands in its book, what a file may say."""

import gzip
from array import array
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.settings import ExchangeSettings, HouseSettings
from actors.venues.simulated import market
from actors.venues.simulated.book import Book
from actors.venues.simulated.events import Status
from actors.venues.simulated.house import House
from actors.venues.simulated.listing import LISTINGS, UNITS_PER_ONE
from actors.venues.simulated.marks import FILE_NAME, load_marks, save_marks
from actors.venues.simulated.path import Mark, Point, Replay, Walk
from actors.venues.simulated.recording import MarketFileError, Recording, load
from messages.money import Amount
from tests.actors.venues.simulated.floors import ANN, NOW, buy, engine

BTC = LISTINGS["BTC_TRY"]
BARS = "open_time_ms,open,high,low,close,quote_volume"
TRADES = "time_ms,trade_id,taker_side,price,quantity"


def walk(seed=1, **changed):
    given = {"source": "seed 1", "opening": 1_000_000, "volatility_bps": 5, "band_percent": 10}
    return Walk(Random(seed), **given | changed)


def replay(ticks, *, step_ms=1_000, speed="1", straight=True):
    times = array("q", (n * step_ms for n in range(len(ticks))))
    recording = Recording(
        times_ms=times,
        ticks=ticks,
        units=[0] * len(ticks),
        buying=bytes(len(ticks)),
        straight=straight,
    )
    return Replay(recording, source="file", speed=Decimal(speed))


def reached(path, *elapsed):
    return [[point.ticks for point in path.advance(ms)] for ms in elapsed]


def market_file(tmp_path, *lines, name="market.csv"):
    path = tmp_path / name
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def test_a_walk_is_the_same_for_the_same_seed_and_another_for_another():
    first, again, other = (reached(walk(seed), *[100] * 50) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_a_walk_stays_inside_its_band():
    path = walk(volatility_bps=100, band_percent=1)

    prices = [path.advance(1_000)[0].ticks for _ in range(500)]

    assert 990_000 <= min(prices) < max(prices) <= 1_010_000


def test_a_walk_goes_on_where_it_was_marked():
    path = walk(volatility_bps=0)

    path.resume(Mark(source="seed 1", ticks=1_012_345))

    assert reached(path, 100) == [[1_012_345]]


def test_a_replay_moves_in_a_line_between_the_prices_of_bars():
    assert reached(replay([100, 200, 150]), 500, 250, 500) == [[150], [175], [200, 187]]


def test_a_replay_of_trades_jumps():
    assert reached(replay([100, 200, 150], straight=False), 500, 600) == [[100], [200, 200]]


def test_a_replay_past_its_end_runs_backwards_and_then_forwards_again():
    path = replay([100, 200, 150])

    there, back, forth = reached(path, 2_000, 2_000, 1_000)

    assert there == [200, 150, 150]
    assert back == [200, 100, 100]
    assert forth == [200, 200]


def test_a_recording_of_one_moment_is_played_without_end():
    path = replay([100, 200, 150, 120], step_ms=0)

    assert path.advance(1_000)[-1].ticks in (100, 200, 150, 120)


def test_a_step_longer_than_the_recording_reaches_every_price_of_it():
    path = replay([100, 200, 150])

    (points,) = reached(path, 600_000)

    assert {100, 200, 150} <= set(points)
    assert len(points) < 20


def test_speed_compresses_the_path_only():
    assert reached(replay([100, 200, 150], speed="4"), 250) == [[200, 200]]


@given(st.integers(0, 20_000), st.integers(1, 5_000))
def test_a_replay_goes_on_where_it_was_marked(first, then):
    path, other = replay([100, 200, 150, 900]), replay([100, 200, 150, 900])
    path.advance(first)

    other.resume(path.mark())

    assert other.mark() == path.mark()
    assert other.advance(then)[-1] == path.advance(then)[-1]


def test_marks_survive_and_a_damaged_file_is_no_mark(tmp_path):
    marks = {"BTC_TRY": Mark(source="seed 1", ticks=7)}
    save_marks(tmp_path, marks)

    assert load_marks(tmp_path) == marks
    (tmp_path / FILE_NAME).write_text("{")
    assert load_marks(tmp_path) == {}


@given(st.sampled_from(sorted(LISTINGS)), st.integers(2, 10**9), st.integers(0, 2**32))
def test_the_house_never_crosses_the_price_it_quotes_around(name, middle, seed):
    house = House(LISTINGS[name], HouseSettings(), Random(seed))

    bids, asks = house.ladder(middle)

    assert all(ticks < middle for ticks in bids)
    assert all(ticks > middle for ticks in asks)
    assert all(size > 0 for size in (*bids.values(), *asks.values()))


def test_the_house_stays_at_a_price_while_the_market_moves_a_little():
    house = House(BTC, HouseSettings(), Random(1))
    before, _ = house.ladder(3_000_000)

    after, _ = house.ladder(3_000_050)

    assert len(before.keys() & after.keys()) >= len(before) - 1


def test_many_prices_at_once_are_thinned_to_those_that_matter():
    points = [Point(100, 1), Point(90, 1), Point(95, 1), Point(120, 1), Point(110, 1)]

    assert market.thinned(points) == [Point(90, 1), Point(120, 1), Point(110, 3)]
    assert market.thinned(points[:3]) == points[:3]


def test_a_recorded_price_moves_the_book_and_fills_what_it_goes_through(tmp_path):
    rows = [
        f"{60_000 * n},{price},{price},{price},{price},0" for n, price in enumerate((10, 10, 9))
    ]
    file = market_file(tmp_path, BARS, *rows)
    settings = ExchangeSettings(market=str(file), rate=Amount(300_000), speed=Amount(60))
    exchange = engine()
    built = market.build(settings, exchange, {})
    found = buy(exchange, price="2800000", quantity="0.001")

    built.step(NOW, 1_000)
    assert found.status is Status.UNTOUCHED
    built.step(NOW + 1_000, 1_000)

    assert found.status is Status.CLOSED
    assert found.fills[0].price == 2_800_000
    assert exchange.books["BTC_TRY"].best_ask > 2_699_999


def test_a_mark_of_another_file_is_not_used(tmp_path):
    file = market_file(tmp_path, BARS, "0,10,10,10,10,0")
    exchange = engine()
    settings = ExchangeSettings(market=str(file), rate=Amount(100))

    market.build(settings, exchange, {"BTC_TRY": Mark(source="elsewhere", ticks=5)})

    assert exchange.market["BTC_TRY"] == 1_000


def test_bars_reach_their_extremes_in_the_order_of_their_direction(tmp_path):
    file = market_file(tmp_path, BARS, "0,10,13,8,12,960", "60000,12,14,7,9,0", name="x.csv.gz")

    found = load(file, BTC, Decimal("1.5"))

    assert list(found.ticks) == [15, 12, 19, 18, 18, 21, 10, 13]
    assert list(found.times_ms)[3:5] == [59_000, 60_000]
    assert found.units[0] == 20 * UNITS_PER_ONE  # 960 / 12 in four parts


def test_trades_keep_their_side_price_and_quantity(tmp_path):
    rows = [f"{5_000 + n},{n},{side},100.6,0.25" for n, side in enumerate(("buy", "sell") * 2)]
    file = market_file(tmp_path, TRADES, *rows)

    found = load(file, BTC, Decimal(2))

    assert list(found.ticks) == [201] * 4
    assert list(found.buying) == [1, 0, 1, 0]
    assert list(found.times_ms) == [0, 1, 2, 3]
    assert found.units[0] == UNITS_PER_ONE // 4


@pytest.mark.parametrize(
    ("lines", "line", "why"),
    [
        ([], 0, "empty"),
        (["when,what"], 1, "header"),
        ([BARS], 0, "too few"),
        ([BARS, "0,10,10,10,10"], 2, "5 columns, expected 6"),
        ([BARS, "0,10,10,10,10,0", "x,10,10,10,10,0"], 3, "open_time_ms"),
        ([BARS, "0,10,10,10,10,0", "0,10,10,10,10,0"], 3, "not after"),
        ([BARS, "0,ten,10,10,10,0"], 2, "open is 'ten'"),
        ([BARS, "0,10,10,10,0,0"], 2, "close is '0'"),
        ([BARS, "0,10,inf,10,10,0"], 2, "high is 'inf'"),
        ([BARS, "0,10,1e999999999,10,10,0"], 2, "high is '1e999999999'"),
        ([BARS, "0,10,10,10,10,1e999999999"], 2, "quote_volume is '1e999999999'"),
        ([BARS, "0,10,10,10,10,1e-999999999"], 2, "quote_volume is '1e-999999999'"),
        ([BARS, "0,10,9,8,9,0"], 2, "between low and high"),
        ([BARS, "0,10,10,11,10,0"], 2, "between low and high"),
        ([BARS, "0,10,10,10,10,-1"], 2, "quote_volume"),
        ([BARS, "0,0.1,0.1,0.1,0.1,0"], 2, "not a price of BTC_TRY"),
        ([TRADES, "0,1,both,10,1"], 2, "taker_side is 'both'"),
        ([TRADES, "5,1,buy,10,1", "4,2,buy,10,1"], 3, "before the row before"),
        ([TRADES, "5,1,buy,10,0"], 2, "quantity is '0'"),
        ([BARS, "0," + "9" * 2_000], 2, "longer than"),
        ([BARS, "0,1٠,10,10,10,0"], 2, "not ASCII"),
    ],
)
def test_a_file_that_is_no_market_is_named_with_line_and_reason(tmp_path, lines, line, why):
    file = market_file(tmp_path, *lines)

    with pytest.raises(MarketFileError) as caught:
        load(file, BTC, Decimal(1))

    assert caught.value.line == line
    assert why in caught.value.why


def test_a_file_that_is_missing_or_no_gzip_is_named(tmp_path):
    fake = tmp_path / "fake.csv.gz"
    fake.write_text(BARS)
    torn = market_file(tmp_path, BARS, *(f"{n},9,9,9,9,0" for n in range(999)), name="torn.csv.gz")
    torn.write_bytes(torn.read_bytes()[:200])

    for file in (fake, torn, tmp_path / "missing.csv"):
        with pytest.raises(MarketFileError, match=file.name):
            load(file, BTC, Decimal(1))


def test_a_seeded_market_is_lively_and_the_same_for_the_same_seed():
    def day(seed):
        exchange = engine()
        built = market.build(ExchangeSettings(seed=seed), exchange, {})
        prints = []
        for tenth in range(300):
            built.step(NOW + 100 * tenth, 100)
            prints += [(t.listing.symbol, t.ticks, t.units) for t in exchange.drain().trades]
        return prints

    first = day(1)
    assert first == day(1)
    assert first != day(2)
    assert {symbol for symbol, _, _ in first} == {one.symbol for one in LISTINGS.values()}


def test_an_order_five_bps_away_fills_within_seconds():
    exchange = engine()
    built = market.build(ExchangeSettings(seed=1), exchange, {})
    built.step(NOW, 100)
    waits = []
    for number in range(20):
        price = exchange.market["BTC_TRY"] * 9_995 // 10_000
        found = exchange.submit(
            ANN,
            {
                "pairSymbol": "BTCTRY",
                "orderType": "buy",
                "orderMethod": "limit",
                "price": str(price),
                "quantity": "0.0001",
                "newOrderClientId": f"near-{number}",
            },
            NOW,
        )
        steps = 0
        while found.is_open and steps < 600:
            built.step(NOW, 100)
            steps += 1
        waits.append(steps * 100)

    assert sorted(waits)[10] < 5_000  # ms


def test_the_house_quotes_a_book_that_can_be_read_whole():
    house, book = House(BTC, HouseSettings(levels=5), Random(1)), Book()

    bids, asks = house.ladder(3_000_000)
    book.quote(bids=bids, asks=asks)

    assert [len(side) for side in book.depth(100)] == [5, 5]
