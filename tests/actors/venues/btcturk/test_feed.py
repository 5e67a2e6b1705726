"""What the frames of the WebSocket mean; their shapes as recorded, their values invented."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.venues.btcturk.books import LEVELS_MAX
from actors.venues.btcturk.feed import BOOKS_KEPT_MAX, Feed, login, subscription
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import (
    BookDepth,
    BookTop,
    OrderWoken,
    PublicTrade,
    UnreadableFrame,
    VenueFill,
)
from messages.orders import Side

CANDLE = {"D": 60, "P": "BTCTRY", "R": "1", "O": "5", "H": "9", "L": "4", "C": "6", "V": "0.1"}


def feed():
    return Feed(Symbols({"BTC_TRY": "BTCTRY"}))


def frame(kind, **body):
    return msgspec.json.encode([kind, body])


def levels(**sides):
    return {key: [{"A": a, "P": p} for p, a in rows] for key, rows in sides.items()}


def whole(bids, asks, channel="obdiff"):
    body = levels(BO=bids, AO=asks)
    return frame(431, CS=1, PS="BTCTRY", channel=channel, event="BTCTRY", type=431, **body)


def difference(*rows, side="BO"):
    sides = {"BO": [], "AO": []} | {side: [{"CP": c, "P": p, "A": a} for c, p, a in rows]}
    return frame(432, CS=5, PS="BTCTRY", channel="obdiff", event="BTCTRY", type=432, **sides)


def top(found, message):
    (event,) = found.read(message)
    assert isinstance(event, BookTop)
    return event.bid, event.bid_quantity, event.ask, event.ask_quantity


def test_a_whole_book_gives_its_best_levels_whatever_their_order():
    found = feed()

    assert top(found, whole([("99", "1"), ("100", "2")], [("103", "3"), ("102", "0.5")])) == (
        100,
        2,
        102,
        Decimal("0.5"),
    )
    assert found.touched == ("obdiff", "BTCTRY")


def test_differences_change_add_and_remove_levels():
    found = feed()
    found.read(whole([("100", "2"), ("99", "1")], [("102", "3")]))

    assert top(found, difference((0, "100", "5")))[:2] == (100, 5)
    assert top(found, difference((1, "101", "4")))[:2] == (101, 4)
    assert top(found, difference((3, "101", "4"), (3, "100", "5")))[:2] == (99, 1)
    assert top(found, difference((3, "102", "3"), side="AO"))[2:] == (None, None)


def test_differences_after_a_channel_was_left_do_not_build_on_its_old_book():
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    found.forget("BTCTRY")

    assert found.read(difference((0, "100", "5"))) == []
    assert found.touched is None
    assert top(found, whole([("99", "1")], [("102", "3")]))[:2] == (99, 1)


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        (frame(422, PS="BTCTRY", I="1", A="1", P="1", D="1", S=0), ("trade", "BTCTRY")),
        (frame(421, symbol="BTCTRY", items=[]), ("trade", "BTCTRY")),
        (frame(402, B="1", A="2", PS="BTCTRY"), ("ticker", "BTCTRY")),
        (frame(401, items=[]), ("ticker", "all")),
        (frame(428, **CANDLE), ("tradeview", "BTCTRY_1")),
        (frame(422, PS="BTCTRY", I="1", A="1", P="-1", D="1", S=0), None),
        (frame(402, B="1", A="nothing", PS="BTCTRY"), None),
        (frame(100, ok=True, message="join|trade:BTCTRY"), None),
    ],
)
def test_a_frame_that_is_read_is_a_sign_of_life_of_its_topic(message, topic):
    found = feed()

    found.read(message)

    assert found.touched == topic


def test_removing_a_level_that_is_not_there_changes_nothing():
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    assert top(found, difference((3, "55", "1"))) == (100, 2, 102, 3)


def test_a_difference_before_the_whole_book_says_nothing():
    assert feed().read(difference((1, "100", "1"))) == []


def test_a_new_whole_book_replaces_the_old_one():
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    assert top(found, whole([("90", "1")], [("95", "1")]))[0] == 90


prices = st.integers(1, 30)
sides = st.dictionaries(prices, st.integers(1, 99), max_size=12)


@given(sides, sides, st.lists(st.tuples(prices, st.integers(0, 99)), max_size=40))
def test_a_book_of_differences_equals_the_book_they_describe(bids, asks, changes):
    found = feed()
    rows = [[(str(p), str(q)) for p, q in side.items()] for side in (bids, asks)]
    found.read(whole(*rows))
    event = None
    for price, quantity in changes:
        kind = 3 if quantity == 0 else 0 if price in bids else 1
        (event,) = found.read(difference((kind, str(price), str(quantity))))
        bids = {p: q for p, q in {**bids, price: quantity}.items() if q}

    if event is not None:
        best = max(bids, default=None)
        assert (event.bid, event.bid_quantity) == (best, bids.get(best))


def test_trades_come_once_each_oldest_first_with_the_takers_side():
    items = [
        {"D": "1789000000002", "I": "639", "A": "0.5000000000000000", "P": "101.0", "S": 1},
        {"D": "1789000000001", "I": "638", "A": "0.25", "P": "100.0", "S": 0},
    ]
    listed = feed().read(frame(421, symbol="BTCTRY", items=items, channel="trade", event="BTCTRY"))
    single = feed().read(frame(422, PS="BTCTRY", channel="trade", event="BTCTRY", **items[0]))

    assert [trade.trade_id for trade in listed] == ["638", "639"]
    assert [trade.listed for trade in listed + single] == [True, True, False]
    assert single == [replace(listed[1], listed=False)]
    assert single[0] == PublicTrade(
        instrument="BTC_TRY",
        trade_id="639",
        side=Side.SELL,
        price=Decimal(101),
        quantity=Decimal("0.5"),
        at_ms=1789000000002,
    )


FILL = {
    "id": 1181163798924650019,
    "orderId": 30,
    "timestamp": 1789000000000,
    "numeratorSymbol": "BTC",
    "denominatorSymbol": "TRY",
    "amount": "0.00040000",
    "fee": "-1.20000000",
    "tax": "-0.24000000",
    "price": "3000000",
    "orderType": "buy",
    "orderClientId": "desk-a",
}


def test_a_fill_needs_no_inner_type():
    (event,) = feed().read(frame(423, **FILL))

    assert isinstance(event, VenueFill)
    assert (event.trade_id, event.quantity) == ("1181163798924650019", Decimal("0.0004"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (441, {"id": 30, "symbol": "BTCTRY", "clientId": "desk-a", "amount": "0.0004000000"}),
        (451, {"id": 30, "symbol": "BTCTRY", "newOrderClientId": "desk-a", "numLeft": "0.001"}),
        (452, {"id": 30, "symbol": "BTCTRY", "newOrderClientId": "desk-a", "numLeft": "0"}),
    ],
)
def test_matches_inserts_and_deletes_only_wake(kind, body):
    assert feed().read(frame(kind, type=kind, **body)) == [
        OrderWoken(instrument="BTC_TRY", client_order_id="desk-a", venue_order_id=30)
    ]


def test_a_ticker_is_a_book_top():
    ticker = {"B": "100", "A": "102", "BA": "1", "AA": "2", "PS": "BTCTRY", "LA": "101"}

    (pair,) = feed().read(frame(402, **ticker))
    (of_all,) = feed().read(frame(401, items=[ticker]))

    assert pair == of_all
    assert (pair.bid, pair.ask_quantity) == (100, 2)


def test_a_fault_in_the_ticker_of_an_instrument_that_is_not_ours_is_no_fault():
    items = [{"B": "1", "A": "2", "PS": "BTCTRY"}, {"B": None, "PS": "XYZTRY"}, {"PS": 7}]

    (ours,) = feed().read(frame(401, items=items))

    assert ours.instrument == "BTC_TRY"


@pytest.mark.parametrize("opened", [60, "60"])
def test_a_candle_is_the_one_that_forms(opened):
    (found,) = feed().read(frame(428, **CANDLE | {"D": opened}))

    assert (found.instrument, found.resolution) == ("BTC_TRY", "1")
    assert (found.candle.open_ms, found.candle.high, found.candle.low) == (60_000, 9, 4)
    assert (found.candle.open, found.candle.close) == (5, 6)
    assert found.candle.quantity == Decimal("0.1")


@pytest.mark.parametrize("wrong", [{"D": None}, {"D": "soon"}, {"H": "5"}, {"V": "-1"}, {"O": []}])
def test_a_candle_that_cannot_be_is_unreadable(wrong):
    (found,) = feed().read(frame(428, **CANDLE | wrong))

    assert isinstance(found, UnreadableFrame)


def test_what_the_venue_says_of_login_and_joins_is_remembered():
    found = feed()
    for message in (
        frame(991, type=991, current="6.0.0", min="2.3.0"),
        frame(114, type=114, id=900001, ok=True, message=None),
        frame(100, ok=True, message="join|obdiff:BTCTRY", type=100),
    ):
        assert found.read(message) == []

    assert (found.login, found.refused) == ("", None)
    assert found.confirmed == {("obdiff", "BTCTRY")}


def test_refusals_are_remembered():
    found = feed()
    found.read(frame(114, type=114, id=0, ok=False, message="Unauthorized - Invalid Public key"))
    found.read(frame(100, ok=False, message="unknown|x:y", type=100))

    assert found.login == "Unauthorized - Invalid Public key"
    assert found.refused == "unknown|x:y"


@pytest.mark.parametrize("kind", [101, 112, 201, 801, 999])
def test_frames_that_say_nothing_to_us_are_ignored(kind):
    assert feed().read(frame(kind, type=kind, payload="x")) == []


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"[431]",
        b'["431", {}]',
        b"[431, []]",
        b"[431, {}]",
        b"[422, {}]",
        b"[423, {}]",
        b"[402, {}]",
        b'[401, {"items": [5]}]',
        b"[" * 2_000,
        b"\xff\xfe",
        frame(422, PS="?", I="1", A="1", P="1", D="1", S=0),
        frame(422, PS="BTCTRY", I="1", A="1", P="1", D="1", S=2),
        frame(422, PS="BTCTRY", I="1", A="NaN", P="1", D="1", S=0),
        whole([("x", "1")], []),
        whole([("0", "1")], []),
        whole([("1", "many")], []),
    ],
)
def test_a_frame_that_cannot_be_read_is_an_event_and_kept_short(message):
    (event,) = feed().read(message)

    assert isinstance(event, UnreadableFrame)
    assert event.raw == message[:512]


def test_what_is_sent_has_the_shape_the_venue_reads():
    assert msgspec.json.decode(subscription("obdiff", "BTCTRY", join=True)) == [
        151,
        {"type": 151, "channel": "obdiff", "event": "BTCTRY", "join": True},
    ]
    kind, body = msgspec.json.decode(login("key", "signed", nonce=3000, now_ms=5))
    assert kind == body["type"] == 114
    assert (body["publicKey"], body["nonce"], body["timestamp"]) == ("key", 3000, 5)


def test_who_asks_for_levels_hears_the_best_of_both_sides_best_first():
    reader = Feed(Symbols({"BTC_TRY": "BTCTRY"}), levels=2)

    [told] = reader.read(
        whole(bids=[("98", "3"), ("99", "1"), ("97", "9")], asks=[("102", "2"), ("101", "4")])
    )

    assert told == BookDepth(
        instrument="BTC_TRY",
        bids=((Decimal(99), Decimal(1)), (Decimal(98), Decimal(3))),
        asks=((Decimal(101), Decimal(4)), (Decimal(102), Decimal(2))),
    )


UNREAD = (1, "no price", "4")


def test_whole_book_with_a_row_that_cannot_be_read_leaves_no_book_behind():
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    (told,) = found.read(whole([("100", "2"), ("no price", "1")], [("102", "3")]))

    assert isinstance(told, UnreadableFrame)
    assert found.read(difference((1, "90", "4"))) == []


@pytest.mark.parametrize("rows", [[(1, "101", "4"), UNREAD], [UNREAD, (1, "101", "4")]])
def test_half_of_a_difference_leaves_no_book_behind_until_the_next_whole_one(rows):
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    (told,) = found.read(difference(*rows))

    assert isinstance(told, UnreadableFrame)
    assert found.read(difference((1, "90", "4"))) == []
    assert top(found, whole([("100", "2")], [("102", "3")]))[0] == 100
    assert top(found, difference((1, "101", "4")))[0] == 101


def test_best_quantity_that_cannot_be_read_leaves_no_book_behind():
    found = feed()
    found.read(whole([("100", "2")], [("102", "3")]))

    (told,) = found.read(difference((1, "101", "many")))

    assert isinstance(told, UnreadableFrame)
    assert found.read(difference((1, "90", "4"))) == []


@pytest.mark.parametrize(("count", "read"), [(LEVELS_MAX, True), (LEVELS_MAX + 1, False)])
def test_book_with_more_levels_than_any_market_is_none(count, read):
    rows = [(str(price), "1") for price in range(1, count + 1)]

    (told,) = feed().read(whole(rows, [("99999", "1")]))

    assert isinstance(told, BookTop) is read


def test_books_and_topics_are_bounded_whatever_the_venue_names():
    found = feed()
    for number in range(BOOKS_KEPT_MAX + 5):
        book = {"PS": f"{number}TRY", "BO": [], "AO": []}
        events = found.read(frame(431, **book))
        found.read(frame(100, ok=True, message=f"join|obdiff:{number}TRY"))

    assert isinstance(events[0], UnreadableFrame)
    assert len(found.confirmed) <= BOOKS_KEPT_MAX


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["9", "10", "11", "12"])), max_size=40))
def test_best_level_is_that_of_a_search_after_any_changes(changes):
    found, bids = feed(), {Decimal("10"): "1"}
    found.read(whole([("10", "1")], []))
    for number, (removed, price) in enumerate(changes, start=1):
        quantity = str(number)
        if removed:
            bids.pop(Decimal(price), None)
        else:
            bids[Decimal(price)] = quantity
        bid, held, _, _ = top(found, difference((3 if removed else 1, price, quantity)))
        best = max(bids, default=None)
        assert bid == best
        assert held == (None if best is None else Decimal(bids[best]))
