"""A client that somebody else wrote for BtcTurk trades here unchanged.

Nothing of this project is used by it: it signs with hmac, asks with httpx, listens with websockets,
and knows what the venue's documentation says.
"""

import base64
import hmac
import json
import time
from decimal import ROUND_DOWN, Context, Decimal

import httpx
import pytest
from websockets.sync.client import connect

from tests.actors.venues.served import serving

PUBLIC_KEY = "simulated-exchange-account"
PRIVATE_KEY = "c2ltdWxhdGVkLWV4Y2hhbmdlLWFjY291bnQ="
ALL_DIGITS = Context(prec=60, traps=[])
WITHIN_S = 30


def now_ms():
    return time.time_ns() // 1_000_000


def parsed(text):
    return json.loads(text, parse_float=Decimal)


class Client:
    """REST and WebSocket of one account."""

    def __init__(self, url, socket):
        self.http, self.socket = httpx.Client(base_url=url, timeout=10), socket
        self.heard = []
        self.last_stamp = 0

    def sign(self, text):
        secret = base64.b64decode(PRIVATE_KEY)
        digest = hmac.digest(secret, (PUBLIC_KEY + text).encode(), "sha256")
        return base64.b64encode(digest).decode()

    def call(self, method, path, **given):
        """Ask what only this account may ask; return status and JSON."""
        self.last_stamp = max(now_ms(), self.last_stamp + 1)
        stamp = str(self.last_stamp)
        headers = {"X-PCK": PUBLIC_KEY, "X-Stamp": stamp, "X-Signature": self.sign(stamp)}
        answer = self.http.request(method, path, headers=headers, **given)
        return answer.status_code, parsed(answer.text)

    def data(self, path, **query):
        status, body = self.call("GET", path, params=query)
        assert (status, body["success"], body["code"]) == (200, True, 0)
        return body["data"]

    def public(self, path, **query):
        return parsed(self.http.get(path, params=query).text)["data"]

    def place(self, **order):
        status, body = self.call("POST", "/api/v1/order", json=order)
        assert status == 200, body
        assert body["data"]["newOrderClientId"] == order["newOrderClientId"]
        return body["data"]["id"]

    def order(self, order_id):
        return self.data(f"/api/v1/order/{order_id}")

    def balance(self, asset):
        rows = self.data("/api/v1/users/balances")
        (row,) = [row for row in rows if row["asset"] == asset]
        assert Decimal(row["balance"]) == Decimal(row["free"]) + Decimal(row["locked"])
        return Decimal(row["free"]), Decimal(row["locked"])

    def fills(self, order_id):
        return self.data("/api/v1/users/transactions/trade", orderId=order_id)

    def send(self, kind, **body):
        self.socket.send(json.dumps([kind, {"type": kind, **body}]))

    def hear(self, kind, **wanted):
        """Return the first message of that type with those values, heard already or to come."""
        until = time.monotonic() + WITHIN_S
        while True:
            for one in self.heard:
                if one[0] == kind and wanted.items() <= one[1].items():
                    self.heard.remove(one)
                    return one[1]
            left = until - time.monotonic()
            assert left > 0, f"no {kind} with {wanted}"
            self.heard.append(parsed(self.socket.recv(timeout=left)))

    def login(self):
        self.hear(991)
        signature = self.sign("3000")
        self.send(114, publicKey=PUBLIC_KEY, timestamp=now_ms(), nonce=3000, signature=signature)
        assert self.hear(114)["ok"] is True


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with (
        serving(tmp_path_factory.mktemp("stranger")) as exchange,
        connect(exchange.url.replace("http", "ws")) as socket,
    ):
        found = Client(exchange.url, socket)
        found.login()
        yield found
        found.http.close()


def top(client):
    book = client.public("/api/v2/orderbook", pairSymbol="BTCTRY", limit=1)
    return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])


def until(found):
    """Return the first true value of *found*, asked again and again."""
    end = time.monotonic() + WITHIN_S
    while not (value := found()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)
    return value


def whole(price, rounding=ROUND_DOWN):
    return str(price.quantize(Decimal(1), rounding, ALL_DIGITS))


def booked(rows):
    """Return what fills did to base and quote, in the signs of the venue."""
    base = quote = Decimal(0)
    for row in rows:
        amount = Decimal(row["preciseAmount"])
        base = ALL_DIGITS.add(base, amount)
        costs = Decimal(row["fee"]) + Decimal(row["tax"])
        spent = ALL_DIGITS.multiply(amount, Decimal(row["price"]))
        quote = ALL_DIGITS.add(quote, ALL_DIGITS.subtract(costs, spent))
    return base, quote


def test_a_limit_order_rests_is_listed_and_cancelled(client):
    bid, _ = top(client)
    price = whole(bid * Decimal("0.9"))
    free, locked = client.balance("TRY")
    order_id = client.place(
        pairSymbol="BTCTRY",
        orderType="buy",
        orderMethod="limit",
        quantity="0.001",
        price=price,
        newOrderClientId="stranger-limit",
    )

    inserted = client.hear(451, id=order_id)
    assert (inserted["orderType"], inserted["newOrderClientId"]) == (0, "stranger-limit")
    (row,) = client.data("/api/v1/openOrders", pairSymbol="BTCTRY")["bids"]
    assert (row["id"], row["time"], row["status"]) == (order_id, 0, "Untouched")
    held = Decimal("0.001") * Decimal(price) * Decimal("1.0018")
    assert client.balance("TRY") == (free - held, locked + held)

    status, body = client.call("DELETE", "/api/v1/order", params={"id": order_id})
    assert (status, body) == (200, {"success": True, "message": "SUCCESS", "code": 0})
    assert Decimal(client.hear(452, id=order_id)["numLeft"]) == Decimal("0.001")
    assert client.order(order_id)["status"] == "Canceled"
    assert client.balance("TRY") == (free, locked)
    again = client.call("DELETE", "/api/v1/order", params={"id": order_id})
    assert again[1]["message"] == "SUCCESS"


def test_a_market_order_in_quote_fills_and_the_balances_are_its_fills_to_the_last_digit(client):
    before = {asset: client.balance(asset)[0] for asset in ("TRY", "BTC")}
    order_id = client.place(
        pairSymbol="BTCTRY",
        orderType="buy",
        orderMethod="market",
        quantity="1000",
        newOrderClientId="stranger-market",
    )
    order = until(lambda: (one := client.order(order_id))["status"] == "Closed" and one)
    rows = until(
        lambda: (
            (found := client.fills(order_id))
            and booked(found)[0] == Decimal(order["amount"])
            and found
        )
    )

    base, quote = booked(rows)
    assert Decimal("-1000") <= quote < Decimal("-999.99")
    assert client.balance("BTC") == (before["BTC"] + base, 0)
    assert client.balance("TRY")[0] == ALL_DIGITS.add(before["TRY"], quote)
    assert client.hear(423, orderId=order_id)["orderClientId"] == "stranger-market"
    assert client.hear(441, id=order_id)["method"] == 1

    sold = base.quantize(Decimal("0.00000001"), ROUND_DOWN, ALL_DIGITS)
    order_id = client.place(
        pairSymbol="BTC_TRY",
        orderType="sell",
        orderMethod="market",
        quantity=str(sold),
        newOrderClientId="stranger-sell",
    )
    until(lambda: client.order(order_id)["status"] == "Closed")
    rows = client.fills(order_id)
    assert all(Decimal(row["amount"]) < 0 and Decimal(row["fee"]) <= 0 for row in rows)
    back = ALL_DIGITS.add(before["TRY"], quote)
    assert client.balance("TRY")[0] == ALL_DIGITS.add(back, booked(rows)[1])


def test_a_stop_order_waits_and_trades_when_the_market_reaches_it(client):
    _, ask = top(client)
    stop = ask + 1
    order_id = client.place(
        pairSymbol="BTCTRY",
        orderType="buy",
        orderMethod="stoplimit",
        quantity="0.0001",
        price=whole(stop * Decimal("1.02")),
        stopPrice=str(stop),
        newOrderClientId="stranger-stop",
    )
    assert client.order(order_id)["method"] == "stoplimit"
    client.place(  # more than the best level offers: the next one is at the stop price or above
        pairSymbol="BTCTRY",
        orderType="buy",
        orderMethod="market",
        quantity="24000",
        newOrderClientId="stranger-push",
    )

    filled = until(lambda: (one := client.order(order_id))["status"] == "Closed" and one)

    assert Decimal(filled["leftAmount"]) == 0
    assert booked(client.fills(order_id))[0] == Decimal("0.0001")
    status, body = client.call("DELETE", "/api/v1/order", params={"id": order_id})
    assert (status, body["message"]) == (400, "ORDER_COULD_NOT_BE_CANCELED")


def test_books_trades_and_tickers_are_told(client):
    for channel in ("obdiff", "trade", "ticker"):
        client.send(151, channel=channel, event="BTCTRY", join=True)
        assert client.hear(100, message=f"join|{channel}:BTCTRY")["ok"] is True
    book = client.hear(431, channel="obdiff")
    levels = {Decimal(one["P"]): Decimal(one["A"]) for one in book["AO"]}
    difference = client.hear(432)
    assert difference["CS"] > book["CS"]
    for one in difference["AO"]:
        if one["CP"] == 3:
            levels.pop(Decimal(one["P"]), None)
        else:
            levels[Decimal(one["P"])] = Decimal(one["A"])
    assert all(amount > 0 for amount in levels.values())
    assert len(client.hear(421)["items"]) > 0
    assert int(client.hear(422, PS="BTCTRY")["D"]) > now_ms() - 60_000
    assert client.hear(402)["PId"] == 1


def test_lists_go_on_in_pages_and_count_in_seconds(client):
    asked = {"pairSymbol": "BTCTRY", "startTime": now_ms() // 1000 - 600, "limit": 2}
    pages, page = [], 1
    while rows := client.data("/api/v1/allOrders", page=page, **asked):
        pages += rows
        page += 1
    assert [row["id"] for row in pages] == sorted((row["id"] for row in pages), reverse=True)
    assert {row["orderClientId"] for row in pages} >= {"stranger-limit", "stranger-stop"}
    wrong = {**asked, "startTime": now_ms()}
    assert client.call("GET", "/api/v1/allOrders", params=wrong)[1]["code"] == 1038


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"quantity": "0.000000001"}, ("FAILED_INVALID_QUANTITY_SCALE", 1127)),
        ({"price": "3000000.5"}, ("FAILED_INVALID_PRICE_SCALE", 1126)),
        ({"quantity": "0.00001"}, ("FAILED_MIN_TOTAL_AMOUNT", 1123)),
        ({"quantity": "100"}, ("FAILED_ORDER_WITH_OPEN_ORDERS", 1122)),
        ({"orderType": "hold"}, ("ORDER_TYPE_NOT_SUPPORTED", 1193)),
    ],
)
def test_a_wrong_order_is_refused_in_the_words_of_the_documentation(client, changed, said):
    order = {
        "pairSymbol": "BTCTRY",
        "orderType": "buy",
        "orderMethod": "limit",
        "quantity": "0.001",
        "price": "3000000",
        "newOrderClientId": "wrong",
    }
    status, body = client.call("POST", "/api/v1/order", json=order | changed)
    assert (status, body["message"], body["code"]) == (400, *said)


def test_a_wrong_signature_is_no_account(client):
    headers = {"X-PCK": PUBLIC_KEY, "X-Stamp": str(now_ms()), "X-Signature": "AAAA"}
    answer = client.http.get("/api/v1/users/balances", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (
        401,
        "Unauthorized - Invalid Signature",
    )
