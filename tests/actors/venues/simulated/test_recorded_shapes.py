"""The exchange says what was recorded at the venue: the same scenario, key by key, text by text.

Private bodies and frames are compared in their values: the same orders are placed here. Public ones
are compared in their shape: keys, JSON types, how numbers are written.
"""

import re
from collections import defaultdict
from decimal import Decimal

import pytest

from actors.venues.btcturk.sign import credentials, signature
from actors.venues.settings import ExchangePolicies
from actors.venues.simulated import frames
from actors.venues.simulated.doorman import Doorman
from tests.actors.venues.recorded import NAMES, decoded, exact, exactly, raw
from tests.actors.venues.simulated.test_recorded_errors import PROVOKED
from tests.actors.venues.simulated.venue import NOW, Venue

DAY_MS = 86_400_000
BEGAN = NOW - 600_000
ORDERS = [  # ms after BEGAN, the request
    (0, "order_limit_buy"),
    (60_000, None),  # the sell of SOL, which no request shows
    (120_000, "order_market_buy"),
    (180_000, "order_market_sell"),
    (240_000, None),  # the buy of DOGE
    (300_000, "order_stoplimit_sell"),
]


def request(name):
    return decoded(f"requests/{name}.json")


def limit(symbol, side, quantity, price, name):
    return {
        "pairSymbol": symbol,
        "orderType": side,
        "orderMethod": "limit",
        "quantity": quantity,
        "price": price,
        "newOrderClientId": name,
    }


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """An exchange where the recorded scenario happened, the answers to its orders, its frames."""
    policies = ExchangePolicies(order_update_frames=True)
    venue = Venue(tmp_path_factory.mktemp("venue"), now_ms=BEGAN - DAY_MS, policies=policies)
    venue.trade("3036700", "0.5")
    venue.clock.wall = BEGAN
    heard, answers = [], {}

    def place(name, body):
        answer = venue.call("POST", "/api/v1/order", json=body)
        assert answer.status_code == 200, answer.text
        answers[name] = answer.content

    def at(ms):
        venue.clock.wall = BEGAN + ms

    place("buy", request("order_limit_buy"))
    at(4_980)
    venue.trade("3000000", "0.0004")
    at(60_000)
    place("sol", limit("SOLTRY", "sell", "2.5000", "6500.00", "sim-0002-sol-sell"))
    at(120_000)
    venue.stand(bids=[("3035109", "0.01422")], asks=[("3036622", "1")])
    place("market", request("order_market_buy"))
    at(180_000)
    venue.stand("USDT_TRY", bids=[("44.121", "1000")])
    place("usdt", request("order_market_sell"))
    at(240_000)
    venue.stand("DOGE_TRY", asks=[("4.3", "1000")])
    place("doge", limit("DOGETRY", "buy", "1000.0000", "4.2000", "sim-0005-doge-buy"))
    at(248_000)
    venue.trade("4.2", "250", instrument="DOGE_TRY")
    at(260_000)
    venue.call("DELETE", "/api/v1/order", params={"id": 30_000_000_005})
    at(300_000)
    place("stop", request("order_stoplimit_sell"))
    at(600_000)
    while not venue.ear._frames.empty():
        heard.append(venue.ear._frames.get_nowait())
    yield venue, answers, [exactly(frame) for frame in heard]
    venue.close()


def answered(path, **query):
    return lambda lived: exactly(lived[0].call("GET", path, params=query).content)


def accepted(name):
    return lambda lived: exactly(lived[1][name])


def told(kind, number=0):
    """The private frame of *kind*, the one of that number among them."""
    return lambda lived: [body for body in lived[2] if body[0] == ("int", str(kind))][number]


def first_of(kind, listener):
    while True:
        frame = exactly(listener._frames.get_nowait())
        if frame[0] == ("int", str(kind)):
            return frame


def said(kind, *, first=None, **body):
    """What a fresh listener hears when it says one frame, or the one recorded as *first*."""

    def hear(lived):
        venue = lived[0]
        listener = venue.listener()
        sent = decoded(f"ws/{first}.json")[1] if first else body
        venue.say(listener, decoded(f"ws/{first}.json")[0] if first else 151, **sent)
        return first_of(kind, listener)

    return hear


def login(*, key):
    def hear(lived):
        venue = lived[0]
        signed = signature(venue.keys, 3000)
        body = {"publicKey": key, "timestamp": venue.clock.wall, "nonce": 3000, "signature": signed}
        listener = venue.listener()
        venue.say(listener, 114, **body)
        return exactly(listener._frames.get_nowait())

    return hear


def published(kind, topic, act):
    """What those who joined *topic* hear when *act* happens."""

    def hear(lived):
        venue = lived[0]
        listener = venue.listener()
        listener.topics.add(topic)
        act(venue)
        return first_of(kind, listener)

    return hear


def moved(venue):
    """Change a book so that its difference changes, adds and removes."""
    venue.stand(bids=[("3035109", "1")], asks=[("3036622", "1"), ("3036700", "0.03")])
    venue.floor.publish_books()
    venue.stand(
        bids=[("3035109", "1"), ("3035200", "0.00042")],
        asks=[("3036622", "0.00612"), ("3036650", "0.0128")],
    )
    venue.floor.publish_books()


def announced(venue):
    venue.faults(system_message="Planned maintenance (simulated)")
    venue.floor.step(100)
    venue.faults(system_message="")


def woken(lived):
    """A stop order that wakes: the last thing that happens here."""
    venue = lived[0]
    venue.trade("88500", "0.01", instrument="ETH_TRY")
    return first_of(453, venue.ear)


def balances(lived):
    """What a market buy could not spend, less than 10^-8 TRY, is given back here and was not in
    the recording: fills and balances agree to the last digit."""
    whole = answered("/api/v1/users/balances")(lived)
    (row,) = [row for row in whole["data"] if row["asset"] == "TRY"]
    row |= {key: f"{Decimal(row[key]):.8f}".rstrip("0") for key in ("balance", "free")}
    return whole


LISTS = "/api/v1/allOrders"
FILLS = "/api/v1/users/transactions/trade"
ORDER = "/api/v1/order/3000000000"
STOP, UPDATED = "stopPrice", "updateTime"
ONE_FILL = ("id", "timestamp")
# In values. The second is what may differ in its value, not in its type: when a market order's fill
# came, ids of fills, and whether a zero stop price is written 0 or 0.00, which is not certain.
SAME = {
    "server_ping.json": (answered("/api/v2/server/ping"), ()),
    "balances.json": (balances, ()),
    "openorders.json": (answered("/api/v1/openOrders"), (STOP, UPDATED)),
    "openorders_empty.json": (answered("/api/v1/openOrders", pairSymbol="BTCUSDT"), ()),
    "allorders.json": (answered(LISTS, pairSymbol="BTCTRY"), (STOP, UPDATED)),
    "allorders_doge_try.json": (answered(LISTS, pairSymbol="DOGETRY"), (STOP, UPDATED)),
    "order_single.json": (answered(f"{ORDER}1"), (STOP, UPDATED)),
    "order_single_canceled.json": (answered(f"{ORDER}5"), (STOP, UPDATED)),
    "order_single_market_buy_closed.json": (answered(f"{ORDER}3"), (STOP, UPDATED)),
    "order_submit_response.json": (accepted("buy"), ()),
    "order_submit_response_market_buy.json": (accepted("market"), ()),
    "order_submit_response_stoplimit.json": (accepted("stop"), ()),
    "cancel_response.json": (
        lambda lived: exactly(
            lived[0].call("DELETE", "/api/v1/order", params={"id": 30_000_000_005}).content
        ),
        (),
    ),
    "user_trades.json": (answered(FILLS), ONE_FILL),
    "user_trades_empty.json": (answered(FILLS, pairSymbol="ETHTRY"), ()),
    "transactions_crypto.json": (
        answered("/api/v1/users/transactions/crypto", symbol="usdt"),
        (*ONE_FILL, "address", "txHash"),
    ),
    "transactions_fiat.json": (answered("/api/v1/users/transactions/fiat"), ONE_FILL),
    "kline_history_empty.json": (
        answered("/v1/klines/history", symbol="ETHTRY", resolution="1", **{"from": 0, "to": 1}),
        (),
    ),
    "ws/s2c_100_result_join.json": (said(100, first="c2s_151_subscribe_obdiff"), ()),
    "ws/s2c_100_result_leave.json": (said(100, first="c2s_151_unsubscribe_orderbook"), ()),
    "ws/s2c_114_login_failed.json": (login(key="nobody"), ()),
    "ws/s2c_114_login_ok.json": (login(key="ann"), ()),
    "ws/s2c_201_balance_updated.json": (told(201), ()),
    "ws/s2c_423_user_trade.json": (told(423), ("id", "timestamp")),
    "ws/s2c_423_user_trade_sell.json": (told(423, 2), ("id", "timestamp")),
    "ws/s2c_441_user_order_match.json": (told(441), ()),
    "ws/s2c_451_order_insert_buy.json": (told(451), ()),
    "ws/s2c_451_order_insert_sell.json": (told(451, 1), ()),
    "ws/s2c_452_order_delete_partial_fill_then_cancel.json": (told(452), ()),
    "ws/s2c_801_system_message.json": (published(801, ("none", ""), announced), ()),
    "ws/s2c_991_welcome.json": (lambda _lived: exactly(frames.WELCOME), ()),
}
TRADED = {"pairSymbol": "BTCTRY"}
# In shape.
ALIKE = {
    "server_time.json": answered("/api/v2/server/time"),
    "exchangeinfo.json": answered("/api/v2/server/exchangeinfo"),
    "ticker.json": answered("/api/v2/ticker"),
    "ticker_single_pair.json": answered("/api/v2/ticker", **TRADED),
    "orderbook.json": answered("/api/v2/orderbook", **TRADED),
    "trades.json": answered("/api/v2/trades", **TRADED),
    "ohlcs.json": answered("/v1/ohlcs", pair="BTCTRY", **{"from": 0}),
    "ohlc_v2_legacy.json": answered("/api/v2/ohlc", **TRADED),
    "kline_history.json": answered("/v1/klines/history", symbol="BTCTRY", resolution="1"),
    "ws/s2c_112_login_result_legacy.json": said(112, first="c2s_111_user_login_token_legacy"),
    "ws/s2c_401_ticker_all.json": published(
        401, ("ticker", "all"), lambda venue: venue.floor.publish_tickers()
    ),
    "ws/s2c_402_ticker_pair.json": published(
        402, ("ticker", "BTCTRY"), lambda venue: venue.floor.publish_tickers()
    ),
    "ws/s2c_421_trade_list.json": said(421, first="c2s_101_request_tradelist"),
    "ws/s2c_422_trade_single.json": published(
        422, ("trade", "BTCTRY"), lambda venue: venue.trade("3037028", "0.0002456604")
    ),
    "ws/s2c_428_tradingview.json": said(428, first="c2s_151_subscribe_tradeview"),
    "ws/s2c_431_obdiff_snapshot.json": said(431, first="c2s_151_subscribe_obdiff"),
    "ws/s2c_431_orderbook_full.json": said(431, first="c2s_151_subscribe_orderbook"),
    "ws/s2c_432_orderbook_difference.json": published(432, ("obdiff", "BTCTRY"), moved),
    "ws/s2c_453_order_update.json": woken,
}
SENT = {  # what a client says: what becomes of it
    "requests/order_stopmarket_sell.json": "stopmarket",
    "ws/c2s_151_subscribe_ticker_all.json": "join|ticker:all",
    "ws/c2s_151_subscribe_ticker_pair.json": "join|ticker:BTCTRY",
    "ws/c2s_151_subscribe_trade.json": "join|trade:BTCTRY",
}
OLD_LOGIN, REFUSAL = "ws/s2c_112_login_result_legacy.json", {"text"}  # refused here, always
USED = {  # said or asked above
    *(f"requests/{name}.json" for _, name in ORDERS if name),
    "ws/c2s_101_request_tradelist.json",
    "ws/c2s_111_user_login_token_legacy.json",
    "ws/c2s_151_subscribe_obdiff.json",
    "ws/c2s_151_subscribe_orderbook.json",
    "ws/c2s_151_subscribe_tradeview.json",
    "ws/c2s_151_unsubscribe_orderbook.json",
}
ELSEWHERE = {  # the next two tests
    "ws/c2s_114_user_login_hmac.json",
    "order_submit_response_with_httpstatus.json",
}


def masked(value, loose):
    """Return *value* with what may differ made a word for its type."""
    if isinstance(value, dict):
        return {
            key: type(one).__name__ if key in loose else masked(one, loose)
            for key, one in value.items()
        }
    return [masked(one, loose) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SAME)
def test_the_same_is_said_in_the_same_words(lived, name):
    render, loose = SAME[name]
    assert masked(render(lived), loose) == masked(exact(name), loose)


def shape(value, path="", found=None):
    """Return path -> what stands there: JSON type, how a number is written."""
    found = defaultdict(set) if found is None else found
    if isinstance(value, dict):
        found[path].add("object")
        for key, one in value.items():
            shape(one, f"{path}.{key}", found)
    elif isinstance(value, list):
        found[path].add("list")
        for one in value:
            shape(one, f"{path}[]", found)
    elif isinstance(value, tuple):
        found[path].add(value[0])
    elif isinstance(value, str):
        found[path].add("number in text" if re.fullmatch(r"-?\d+(\.\d+)?", value) else "text")
    else:
        found[path].add(str(value))
    return found


@pytest.mark.parametrize("name", ALIKE)
def test_the_like_is_said_in_the_same_shape(lived, name):
    ours, theirs = shape(ALIKE[name](lived)), shape(exact(name))
    assert set(ours) == set(theirs)
    for path, kinds in ours.items():
        known = theirs[path] | REFUSAL if name == OLD_LOGIN else theirs[path]
        assert kinds - {"None", "True", "False"} <= known, path


@pytest.mark.parametrize(
    ("name", "path", "decimals"),
    [
        ("orderbook.json", ".data.bids[][]", {0, 8}),
        ("ws/s2c_421_trade_list.json", "[].items[].P", {16}),
        ("ws/s2c_421_trade_list.json", "[].items[].A", {16}),
        ("ws/s2c_422_trade_single.json", "[].P", {10}),
        ("trades.json", ".data[].price", {0}),
        ("trades.json", ".data[].amount", {8}),
        ("server_time.json", ".serverTime2", {7}),
    ],
)
def test_numbers_have_as_many_decimals(lived, name, path, decimals):
    for body in (ALIKE[name](lived), exact(name)):
        found = list(at(body, path))
        assert found
        assert {len(one.split("+")[0].partition(".")[2]) for one in found} == decimals


def at(value, path, here=""):
    """Yield every text at *path*."""
    if here == path and isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from at(one, path, f"{here}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from at(one, path, f"{here}[]")


@pytest.mark.parametrize("name", SENT)
def test_what_a_client_says_is_understood(lived, name):
    venue = lived[0]
    if name.startswith("requests/"):
        answer = venue.call("POST", "/api/v1/order", json=decoded(name))
        assert answer.json()["data"]["method"] == SENT[name]
        venue.call("DELETE", "/api/v1/order", params={"id": answer.json()["data"]["id"]})
        return
    stem = name.removeprefix("ws/").removesuffix(".json")
    assert said(100, first=stem)(lived)[1]["message"] == SENT[name]


def test_the_recorded_login_is_let_in(tmp_path):
    (kind, body) = decoded("ws/c2s_114_user_login_hmac.json")
    keys = credentials(body["publicKey"], "c2ltdWxhdG9yLXNlY3JldC0wMTIzNDU2Nzg5YWJjZGU=")
    doorman = Doorman([keys], window_ms=5_000, reuse_refused=False)
    assert (kind, doorman.login(body, body["timestamp"]).name) == (114, body["publicKey"])


def test_an_answer_may_begin_with_its_status(tmp_path):
    venue = Venue(tmp_path, now_ms=BEGAN)
    venue.faults(http_status_code=True)
    answer = venue.call("POST", "/api/v1/order", content=raw("requests/order_limit_buy.json"))
    assert exactly(answer.content) == exact("order_submit_response_with_httpstatus.json")
    venue.close()


def test_no_body_and_no_frame_is_left_out():
    covered = set(SAME) | set(ALIKE) | set(SENT) | USED | ELSEWHERE
    assert set(NAMES) == covered | {f"errors/{name}" for name in PROVOKED}
