"""Everything that can be made to go wrong at the exchange."""

import json

import pytest
from msgspec import Struct

from actors.venues.btcturk.sign import headers
from actors.venues.simulated.faults import AnswerKind
from tests.actors.venues.simulated.venue import NOW, Venue, heard

BALANCES = "/api/v1/users/balances"
FILLS = "/api/v1/users/transactions/trade"


@pytest.fixture
def venue(tmp_path):
    found = Venue(tmp_path)
    found.stand(bids=[("3030000", "1")], asks=[("3040000", "1")])
    heard(found.ear)
    yield found
    found.close()


def placed(venue, **changed):
    return venue.order(**changed).json()["data"]["id"]


def status(venue, order_id):
    return venue.get(f"/api/v1/order/{order_id}")["data"]["status"]


def listed(venue):
    data = venue.get("/api/v1/openOrders", pairSymbol="BTCTRY")["data"]
    return {row["id"]: row["status"] for row in data["bids"] + data["asks"]}


def cancel(venue, order_id):
    answer = venue.call("DELETE", "/api/v1/order", params={"id": order_id})
    return answer.status_code, answer.json()["message"]


def held(venue, asset):
    (row,) = [one for one in venue.get(BALANCES)["data"] if one["asset"] == asset]
    return row["free"], row["locked"], row["timestamp"] - NOW


# --- orders and cancels ----------------------------------------------------------------------


def test_an_order_refused_for_funds_is_taken_a_moment_later(venue):
    kinds = [{"kind": "refuse_funds"}, {"kind": "refuse_market"}]
    venue.faults(post_order_outcome=kinds)
    said = [venue.order().json()["message"] for _ in range(3)]
    assert said == ["FAILED_ORDER_WITH_OPEN_ORDERS", "FAILED_MARKET_ORDER", "SUCCESS"]
    assert len(listed(venue)) == 1


def test_a_refusal_may_come_with_the_status_of_success(venue):
    venue.faults(post_order_outcome=[{"kind": "refuse_with_200"}])
    answer = venue.order()
    said = answer.json()
    assert (answer.status_code, said["success"], said["code"]) == (200, False, 1122)
    assert said["message"] == "FAILED_ORDER_WITH_OPEN_ORDERS"
    assert listed(venue) == {}


@pytest.mark.parametrize(("waited", "word"), [(499, "Untouched"), (500, "Canceled")])
def test_a_cancel_is_accepted_first_and_happens_after_its_lag(venue, waited, word):
    order_id = placed(venue)
    venue.faults(cancel_lag_ms=500)
    heard(venue.ear)

    assert cancel(venue, order_id) == (200, "SUCCESS")
    assert cancel(venue, order_id) == (200, "SUCCESS")
    venue.pass_ms(waited)

    assert status(venue, order_id) == word
    assert len(heard(venue.ear, 452)) == (word == "Canceled")


def test_an_order_may_trade_between_the_answer_and_the_cancel(venue):
    order_id = placed(venue)
    venue.faults(cancel_lag_ms=500)
    cancel(venue, order_id)

    venue.trade("3000000", "1")
    venue.pass_ms(500)

    assert status(venue, order_id) == "Closed"
    assert cancel(venue, order_id) == (400, "ORDER_COULD_NOT_BE_CANCELED")
    assert held(venue, "BTC")[:2] == ("0.001", "0")


@pytest.mark.parametrize(
    ("percent", "left", "word"), [(40, "0.0006", "Canceled"), (100, "0E-16", "Closed")]
)
def test_a_cancelled_order_trades_once_more(venue, percent, left, word):
    order_id = placed(venue)
    venue.faults(cancel_fill_percent=percent)

    assert cancel(venue, order_id) == (200, "SUCCESS")

    row = venue.get(f"/api/v1/order/{order_id}")["data"]
    assert (row["status"], row["leftAmount"].rstrip("0") or "0") == (word, left.rstrip("0"))
    assert held(venue, "TRY")[1] == "0"


def test_accepted_cancels_are_done_before_the_exchange_ends(tmp_path):
    venue = Venue(tmp_path)
    order_id = placed(venue)
    venue.faults(cancel_lag_ms=60_000)
    cancel(venue, order_id)
    venue.close()

    again = Venue(tmp_path)
    assert status(again, order_id) == "Canceled"
    again.close()


def test_a_cancel_is_blocked_for_the_pairs_named(venue):
    order_id = placed(venue)
    venue.faults(cancel_blocked=["BTC_TRY"])
    assert cancel(venue, order_id) == (400, "ORDER_CANCEL_BLOCKED")
    venue.faults(cancel_blocked=["ETH_TRY"])
    assert cancel(venue, order_id) == (200, "SUCCESS")


# --- what is shown late ----------------------------------------------------------------------


def test_a_fill_is_not_listed_nor_told_before_it_is_old_enough(venue):
    order_id = placed(venue)
    venue.faults(hide_fills_ms=1_000)
    heard(venue.ear)
    venue.trade("3000000", "0.0004")

    assert heard(venue.ear, 423) == []
    assert venue.get(FILLS, orderId=order_id)["data"] == []
    venue.clock.pass_ms(999)
    assert venue.get(FILLS, orderId=order_id)["data"] == []
    venue.clock.pass_ms(1)
    assert len(venue.get(FILLS, orderId=order_id)["data"]) == 1


def test_lists_show_orders_as_they_were_and_one_order_as_it_is(venue):
    first = placed(venue)
    venue.clock.pass_ms(5_000)
    venue.faults(hide_orders_ms=1_000)
    second = placed(venue)
    venue.trade("3000000", "0.0004")
    cancel(venue, first)

    assert listed(venue) == {first: "Untouched"}
    rows = venue.get("/api/v1/allOrders", pairSymbol="BTCTRY")["data"]
    assert [(row["id"], row["status"]) for row in rows] == [(first, "Untouched")]
    assert status(venue, first) == "Canceled"
    venue.clock.pass_ms(1_000)
    assert listed(venue) == {second: "Untouched"}


def test_balances_are_those_of_a_while_ago(venue):
    venue.faults(stale_balances_ms=1_000)
    venue.pass_ms(100)
    placed(venue)

    assert held(venue, "TRY") == ("25000", "0", 100)
    venue.clock.pass_ms(999)
    assert held(venue, "TRY")[1] == "0"
    venue.clock.pass_ms(1)
    assert held(venue, "TRY") == ("21994.6", "3005.4", 100)
    venue.faults(stale_balances_ms=0)
    assert held(venue, "TRY")[2] == 1_100


# --- the forms of answers --------------------------------------------------------------------


def test_decimals_may_have_commas(venue):
    venue.faults(decimal_commas=True)
    placed(venue)
    assert held(venue, "TRY")[:2] == ("21994,6", "3005,4")
    assert venue.get("/api/v2/orderbook", pairSymbol="BTCTRY")["data"]["asks"] == [
        ["3040000", "1,00000000"]
    ]


def test_numbers_and_text_may_change_places(venue):
    venue.faults(swapped_numbers=True)
    order_id = placed(venue)
    row = venue.get(f"/api/v1/order/{order_id}")["data"]
    assert (row["price"], row["amount"]) == (3_000_000, 0.001)
    assert (row["orderClientId"], row["id"], row["time"]) == ("test-1", order_id, NOW)
    ticker = venue.get("/api/v2/ticker", pairSymbol="BTCTRY")["data"][0]
    assert isinstance(ticker["bid"], str | int)


@pytest.mark.parametrize(
    ("fault", "refused", "taken"),
    [
        ("code_as_text", ("FAILED_ORDER_PARAMETER", "FAILED_ORDER_PARAMETER"), ("SUCCESS", "0")),
        ("null_message", ("FAILED_ORDER_PARAMETER", 1121), (None, 0)),
        ("shifted_codes", ("FAILED_ORDER_PARAMETER", 1122), ("SUCCESS", 0)),
    ],
)
def test_an_envelope_may_say_the_same_otherwise(venue, fault, refused, taken):
    venue.faults(**{fault: True})
    for answer, said in ((venue.order(quantity="x"), refused), (venue.order(), taken)):
        assert (answer.json()["message"], answer.json()["code"]) == said


def test_an_envelope_may_lack_its_data_or_have_more_keys(venue):
    venue.faults(missing_data=True)
    assert "data" not in venue.order().json()
    venue.faults(missing_data=False, extra_keys=True, http_status_code=True)
    answer = venue.order().json()
    assert next(iter(answer)) == "httpStatusCode"
    assert answer["httpStatusCode"] == 200
    assert "addedLater" in answer
    assert "addedLater" in answer["data"]


# --- calls that are not served ---------------------------------------------------------------


class Told(Struct):
    status: int
    words: str
    retry_after: str | None = None


TOLD = {
    "http_500": Told(500, '"code":500'),
    "http_500_word": Told(500, '"code":"INTERNAL_ERROR"'),
    "http_503": Told(503, "SERVICE_UNAVAILABLE"),
    "html_403": Told(403, "<!DOCTYPE html>"),
    "html_504": Told(504, "Gateway time-out"),
    "unauthorized": Told(401, '"success":false'),
    "unauthorized_yes": Told(401, '"success":true'),
    "throttled_ip": Told(429, '"policy":"ip"', "7"),
    "throttled_account": Told(429, "Please try again in 7 second(s).", "7"),
    "throttled_old": Told(429, '"Too many requests"', "7"),
    "garbage": Told(200, "{]"),
}


SERVED = {AnswerKind.CUT, AnswerKind.TRICKLED, AnswerKind.TRUNCATED}  # or not answered at all


@pytest.mark.parametrize("kind", [one for one in AnswerKind if one not in SERVED])
def test_a_call_is_told_something_else_and_not_served(venue, kind):
    venue.faults(answers=[{"kind": kind, "path": "/api/v1/ORDER", "retry_after_s": 7}])

    assert venue.call("GET", BALANCES).status_code == 200
    answer = venue.order()
    told = TOLD[kind]
    assert (answer.status_code, answer.headers.get("Retry-After")) == (
        told.status,
        told.retry_after,
    )
    assert told.words in answer.content.decode(errors="replace")
    assert listed(venue) == {}
    assert venue.order().status_code == 200


def test_in_maintenance_nothing_is_served_but_server_and_control_paths(venue):
    venue.faults(maintenance=True)
    assert venue.call("GET", "/api/v2/ticker").status_code == 503
    assert venue.call("GET", BALANCES).status_code == 503
    assert venue.call("GET", "/api/v2/server/time").status_code == 200
    venue.faults(maintenance=False)
    assert venue.call("GET", BALANCES).status_code == 200


@pytest.mark.parametrize(("skew", "code"), [(5_000, 200), (5_001, 401), (-5_001, 401)])
def test_a_clock_that_is_off_refuses_honest_stamps(venue, skew, code):
    venue.faults(clock_skew_ms=skew)
    signed = headers(venue.keys, NOW)
    assert venue.call("GET", BALANCES, headers=signed).status_code == code
    assert venue.get("/api/v2/server/time")["serverTime"] == NOW + skew


# --- the market ------------------------------------------------------------------------------


def test_a_pair_that_does_not_trade_says_so_and_takes_no_order(venue):
    venue.faults(halted=["BTC_TRY"])
    symbols = venue.get("/api/v2/server/exchangeinfo")["data"]["symbols"]
    assert [one["name"] for one in symbols if one["status"] != "TRADING"] == ["BTCTRY"]
    assert venue.order().json()["message"] == "FAILED_LIMIT_ORDER"
    market = venue.order(orderMethod="market", price=None, quantity="1000")
    assert market.json()["message"] == "FAILED_MARKET_ORDER"


@pytest.mark.parametrize(
    ("price", "word"),
    [
        ("2888000", "SUCCESS"),
        ("2887999", "ORDER_MIN_PRICE_EXCEEDED"),
        ("3192000", "SUCCESS"),
        ("3192001", "ORDER_MAX_PRICE_EXCEEDED"),
    ],
)
def test_a_narrow_band_refuses_prices_outside(venue, price, word):
    venue.faults(price_band_percent=5)
    assert venue.order(price=price).json()["message"] == word


def test_candles_are_missing_now_and_then(venue):
    for minute in range(4):
        venue.clock.wall = NOW - NOW % 60_000 + minute * 60_000
        venue.trade("3035000", "0.01")
    asked = {"symbol": "BTCTRY", "resolution": "1", "from": 0, "to": venue.clock.wall // 1000}
    whole = venue.get("/v1/klines/history", **asked)["t"]
    venue.faults(kline_gap_every=2)
    assert venue.get("/v1/klines/history", **asked)["t"] == [t for t in whole if t // 60 % 2]


# --- the stream ------------------------------------------------------------------------------


def test_a_silent_stream_says_nothing_and_a_silent_channel_says_nothing_of_its_own(venue):
    one = venue.listener()
    venue.faults(silent_channels=["trade"])
    venue.say(one, 151, channel="trade", event="BTCTRY", join=True)
    venue.trade("3035000", "0.01")
    assert [kind for kind, _ in heard(one)] == [100]
    venue.faults(silent_channels=[])
    venue.trade("3035000", "0.01")
    assert [kind for kind, _ in heard(one)] == [422]
    venue.faults(silent_ws=True)
    venue.trade("3035000", "0.01")
    placed(venue)
    assert heard(one) + heard(venue.ear) == []


def test_frames_are_lost_doubled_and_change_places(venue):
    def told(**table):
        off = {"lost_frames": [], "double_frames": False, "reordered_frames": False}
        venue.faults(**off | {"unknown_frames": False} | table)
        placed(venue)
        return [kind for kind, _ in heard(venue.ear)]

    assert told() == [451, 201]
    assert told(lost_frames=[451]) == [201]
    assert told(double_frames=True) == [451, 451, 201, 201]
    assert told(reordered_frames=True) == [201, 451]
    assert told(unknown_frames=True) == [451, 999, 201, 999]


def test_books_jump_in_their_numbers_and_remove_prices_that_never_were(venue):
    one = venue.listener()
    venue.say(one, 151, channel="obdiff", event="BTCTRY", join=True)
    venue.faults(changeset_jump=1_000, strange_removals=True)
    before = heard(one, 431)[0][1]["CS"]
    venue.stand(bids=[("3030000", "2")], asks=[("3040000", "1")])
    venue.floor.publish_books()

    ((_, body),) = heard(one, 432)
    assert body["CS"] == before + 1_001
    assert body["AO"][-1]["CP"] == 3
    assert float(body["AO"][-1]["P"]) > 6_000_000


def test_frames_are_cut_in_half_while_the_count_lasts(venue):
    venue.faults(unreadable_frames=1)
    placed(venue)
    first, second = (venue.ear._frames.get_nowait() for _ in range(2))
    with pytest.raises(json.JSONDecodeError):
        json.loads(first)
    assert json.loads(second)[0] == 201


@pytest.mark.parametrize(
    ("fault", "price"),
    [("frame_decimal_commas", "6420,5"), ("frame_swapped_numbers", 6420.5)],
)
def test_numbers_of_frames_may_be_written_otherwise(venue, fault, price):
    venue.faults(**{fault: True})
    asked = {"pairSymbol": "SOLTRY", "price": "6420.5", "quantity": "0.5"}
    assert venue.order(**asked).json()["data"]["price"] == "6420.50"
    ((_, body),) = heard(venue.ear, 451)
    assert body["price"] == price
    assert type(body["id"]) is int
    assert body["newOrderClientId"] == "test-1"


def test_a_message_of_the_system_is_told_everybody_once(venue):
    one = venue.listener()
    venue.faults(system_message="maintenance at noon")
    venue.pass_ms(100)
    venue.pass_ms(100)
    said = [body["message"] for _, body in heard(one, 801) + heard(venue.ear, 801)]
    assert said == ["maintenance at noon"] * 2
