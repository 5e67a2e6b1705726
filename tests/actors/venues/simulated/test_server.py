"""What any HTTP client sees of the exchange."""

from decimal import Decimal

import httpx
import msgspec
import pytest

from actors.venues.btcturk.sign import headers
from tests.actors.venues.served import serving, stamps

EXACT = msgspec.json.Decoder(float_hook=Decimal)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("run")) as found:
        yield found


def get(exchange, path, **query):
    answer = httpx.get(exchange.url + path, params=query)
    assert answer.status_code == 200, answer.text
    return EXACT.decode(answer.content)


def ask(exchange, method, path, stamp, **options):
    return httpx.request(
        method, exchange.url + path, headers=headers(exchange.keys, stamp()), **options
    )


def far_order(number, quantity="0.001"):
    return {
        "pairSymbol": "BTCTRY",
        "orderType": "buy",
        "orderMethod": "limit",
        "price": "2500000",
        "quantity": quantity,
        "newOrderClientId": f"far-{number}",
    }


def test_server_time_has_no_envelope_and_paths_mean_the_same_in_any_case(exchange):
    first, second = get(exchange, "/api/v2/server/time"), get(exchange, "/API/v2/Server/TIME")

    assert set(first) == {"serverTime", "serverTime2"}
    assert second["serverTime"] >= first["serverTime"]
    assert get(exchange, "/api/v2/server/ping") == {"pong": True}


def test_exchangeinfo_lists_whole_prices_for_btc_try(exchange):
    data = get(exchange, "/api/v2/server/exchangeinfo")["data"]
    btc = data["symbols"][0]

    assert (btc["name"], btc["nameNormalized"], btc["hasFraction"]) == ("BTCTRY", "BTC_TRY", False)
    assert btc["filters"][0]["minExchangeValue"] == "99.91"
    assert btc["minimumLimitOrderPrice"] * 100 == btc["maximumLimitOrderPrice"]
    assert {currency["symbol"] for currency in data["currencies"]} >= {"TRY", "BTC", "SOL"}


def test_a_ticker_is_a_list_also_for_one_pair(exchange):
    one = get(exchange, "/api/v2/ticker", pairSymbol="BTC_TRY")["data"]
    all_of_try = get(exchange, "/api/v2/ticker/currency", symbol="try")["data"]

    assert [row["pair"] for row in one] == ["BTCTRY"]
    assert one[0]["bid"] < one[0]["ask"]
    assert len(all_of_try) == len(get(exchange, "/api/v2/ticker")["data"]) == 4


def test_the_order_book_has_a_float_stamp_and_rows_of_text_best_first(exchange):
    answer = httpx.get(f"{exchange.url}/api/v2/orderbook?pairSymbol=SOLTRY&limit=3")
    data = EXACT.decode(answer.content)["data"]

    assert str(data["timestamp"]).endswith(".0")
    assert len(data["bids"]) == len(data["asks"]) == 3
    bids, asks = ([Decimal(price) for price, _ in data[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert all(price.partition(".")[2] for price, _ in data["bids"])


def test_the_book_is_never_deeper_than_a_hundred_levels(exchange):
    assert (
        len(get(exchange, "/api/v2/orderbook", pairSymbol="BTCTRY", limit=5000)["data"]["bids"])
        <= 100
    )


def test_candles_have_no_envelope_and_say_nothing_where_nothing_traded(run_dir):
    path, query = "/v1/klines/history", {"symbol": "BTCTRY", "resolution": "60"}
    bought = far_order(1, quantity="0.0003") | {"price": "6000000"}

    with serving(run_dir) as exchange:  # of its own: there must be a trade, and orders are counted
        assert ask(exchange, "POST", "/api/v1/order", stamps(), json=bought).status_code == 200
        traded = get(exchange, path, **query, **{"from": 0, "to": 9_999_999_999})
        empty = get(exchange, path, **query, **{"from": 0, "to": 1_000_000})
        older = get(exchange, "/v1/ohlcs", pair="BTCTRY")

    assert traded["s"] == "ok"
    assert len({len(traded[key]) for key in "tohlcv"}) == 1
    assert empty == {"s": None, "t": [], "h": [], "o": [], "l": [], "c": [], "v": []}
    assert older[0]["pair"] == "BTCTRY"


def test_unknown_paths_methods_and_pairs_are_answered_in_json(exchange):
    assert httpx.get(f"{exchange.url}/api/v9/nothing").json()["success"] is False
    assert httpx.get(f"{exchange.url}/api/v9/nothing").status_code == 404
    assert httpx.put(f"{exchange.url}/api/v1/order").status_code == 405
    assert httpx.get(f"{exchange.url}/api/v2/orderbook?pairSymbol=XXXTRY").status_code == 400


def test_private_paths_need_a_signature(exchange):
    answer = httpx.get(f"{exchange.url}/api/v1/users/balances")

    assert answer.status_code == 401
    assert answer.json()["message"] == "Unauthorized - Headers are missing"


def test_an_order_is_answered_with_other_keys_than_it_is_listed_with(exchange):
    stamp = stamps()
    answer = ask(exchange, "POST", "/api/v1/order", stamp, json=far_order(1)).json()["data"]
    order_id = answer["id"]
    listed = ask(exchange, "GET", "/api/v1/openOrders?pairSymbol=BTCTRY", stamp).json()["data"]
    single = ask(exchange, "GET", f"/api/v1/order/{order_id}", stamp).json()["data"]
    row = next(row for row in listed["bids"] if row["id"] == order_id)

    assert (answer["newOrderClientId"], row["orderClientId"]) == ("far-1", "far-1")
    assert (row["time"], single["time"]) == (0, answer["datetime"])
    assert (row["status"], row["leftAmount"]) == ("Untouched", "0.00100000")
    assert single["leftAmount"] == "0.0010000000000000"
    ended = ask(exchange, "DELETE", f"/api/v1/order?id={order_id}", stamp)
    assert ended.json() == {"success": True, "message": "SUCCESS", "code": 0}
    single = ask(exchange, "GET", f"/api/v1/order/{order_id}", stamp).json()["data"]
    assert single["status"] == "Canceled"


def test_all_orders_takes_seconds_and_pages_until_an_empty_one(exchange):
    stamp = stamps()
    made = [
        ask(exchange, "POST", "/api/v1/order", stamp, json=far_order(n)).json()["data"]["id"]
        for n in range(3)
    ]
    for order_id in made:
        ask(exchange, "DELETE", f"/api/v1/order?id={order_id}", stamp)
    path = "/api/v1/allOrders?pairSymbol=BTCTRY&limit=2"

    pages = [ask(exchange, "GET", f"{path}&page={n}", stamp).json()["data"] for n in (1, 2, 99)]
    late = ask(exchange, "GET", f"{path}&startTime={stamp()}", stamp)
    missing = ask(exchange, "GET", "/api/v1/allOrders", stamp)

    ids = [row["id"] for page in pages for row in page]
    assert ids[:3] == made[::-1]
    assert pages[2] == []
    assert (late.status_code, late.json()["code"]) == (400, 1038)
    assert missing.status_code == 400


def test_an_order_that_fills_is_told_in_fills_and_balances(exchange):
    stamp = stamps()
    order = far_order(1) | {"orderMethod": "market", "quantity": "1000", "price": None}
    order_id = ask(exchange, "POST", "/api/v1/order", stamp, json=order).json()["data"]["id"]

    by_order = ask(exchange, "GET", f"/api/v1/users/transactions/trade?orderId={order_id}", stamp)
    by_pair = ask(
        exchange, "GET", "/api/v1/users/transactions/trade?pairSymbol=BTCTRY&type=buy", stamp
    )
    rows = EXACT.decode(by_order.content)["data"]

    assert rows
    assert by_pair.json()["data"][: len(rows)] == by_order.json()["data"]
    spent = sum(
        row["preciseAmount"] * Decimal(row["price"]) - Decimal(row["fee"]) - Decimal(row["tax"])
        for row in rows
    )
    assert Decimal("999.9999") < spent <= 1000
    assert all(row["fee"].startswith("-") and row["numeratorSymbol"] == "BTC" for row in rows)


def test_transfers_list_the_opening_deposits(exchange):
    fiat = ask(exchange, "GET", "/api/v1/users/transactions/fiat", stamps()).json()["data"]
    crypto = ask(exchange, "GET", "/api/v1/users/transactions/crypto?symbol=sol", stamps()).json()

    assert [row["currencySymbol"] for row in fiat] == ["TRY"]
    assert [row["currencySymbol"] for row in crypto["data"]] == ["SOL"]


def test_a_body_that_is_no_order_is_refused(exchange):
    stamp = stamps()
    for content in (b"", b"[]", b"{", b"\xff", b"[" * 5_000):
        answer = ask(exchange, "POST", "/api/v1/order", stamp, content=content)

        assert (answer.status_code, answer.json()["message"]) == (400, "FAILED_ORDER_PARAMETER")


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(exchange):
    stamp, path = stamps(), f"{exchange.url}/api/v1/users/transactions/fiat"
    with httpx.Client() as client:
        answers = [client.get(path, headers=headers(exchange.keys, stamp())) for _ in range(92)]

    assert 200 in {answer.status_code for answer in answers}
    assert answers[-1].status_code == 429
    assert 50 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json()["message"] == "TOO_MANY_REQUESTS"


def test_faults_that_do_not_exist_are_refused(exchange):
    for content in (b"{", b'{"colour": 1}', b'{"post_order_outcome": [{"kind": "explode"}]}'):
        assert httpx.post(f"{exchange.url}/_faults", content=content).status_code == 400
