"""Whatever a client sends: answered in the venue's words and soon, and the exchange goes on."""

import asyncio
import json
import time
from contextlib import suppress
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from actors.venues.btcturk.sign import headers
from actors.venues.simulated.journal import JournalUnwritable
from actors.venues.simulated.public import BODY_MAX
from tests.actors.venues.served import serving, stamps
from tests.actors.venues.simulated.venue import NOW, Venue, heard

ANSWER_MAX_S = 2  # of this process, for one call; usual are some milliseconds
ORDERS, FILLS = "/api/v1/order", "/api/v1/users/transactions/trade"
LONG = "9" * 5_000
ORDER = {
    "pairSymbol": "BTCTRY",
    "orderType": "buy",
    "orderMethod": "limit",
    "quantity": "0.001",
    "price": "3000000",
    "stopPrice": "3000000",
    "newOrderClientId": "any",
}
NUMBERS = (b"1e99999999999999999999", b"1e999999999", b"1e-999999999", b"0e-999999999", b"1e400")
TOKENS = [
    *(NUMBERS),
    *(b"null", b"true", b"-1", b"-0.0", b"NaN", b'""', b"[]", b"{}", b'"1,5"', b'"\\ud800"'),
    *(LONG.encode(), b"9" * 40, b'"%s"' % LONG.encode(), b'"\xff"', b"[" * 5_000, b'"."'),
    *('"٣"'.encode(), '"²"'.encode(), b'"\\u0000"', b'"999999999999.9999999999999999"'),
]


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    found = Venue(tmp_path_factory.mktemp("any"), enforce_limits=False)
    found.stand(bids=[("3030000", "1")], asks=[("3040000", "1")])
    found.trade("3035000", "0.01")
    yield found
    found.close()


class Answer:
    def __init__(self, sent):
        self.status = sent[0]["status"] if sent else None
        self.body = b"".join(one.get("body", b"") for one in sent[1:])


def asked(venue, method, path, *, query=b"", sent=(), body=b""):
    """Give one call to the application as a server does; it took little time and was foreseen."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in sent],
        "client": ("127.0.0.1", 1),
        "server": ("venue", 80),
    }
    said = []
    parts = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]

    async def receive():
        return parts.pop(0)

    async def send(message):
        said.append(message)

    began = time.process_time()
    with suppress(ValueError, KeyError, ArithmeticError, TypeError, RecursionError):
        asyncio.run(venue.app(scope, receive, send))  # an error comes through, once it was told
    assert time.process_time() - began < ANSWER_MAX_S
    assert (venue.fatal, venue.unforeseen, venue.floor.torn) == ([], [], False)
    return Answer(said)


def signed(venue, **changed):
    found = {name.lower(): value for name, value in headers(venue.keys, NOW).items()} | changed
    return [(name.encode(), value.encode("latin-1")) for name, value in found.items()]


def order(**tokens):
    """Return the body of an order with raw JSON in the place of some values."""
    raw = {name: json.dumps(value).encode() for name, value in ORDER.items()} | tokens
    return b"{" + b",".join(b'"%s":%s' % (k.encode(), v) for k, v in raw.items()) + b"}"


def refused(code, message, said):
    return (code, message) == (said.status, json.loads(said.body)["message"])


# --- each of what ended it once ----------------------------------------------------------------


@pytest.mark.parametrize("digits", ["0", "9" * 19, "9" * 20, LONG])
def test_an_id_of_any_length_is_an_order_or_a_fill_that_nobody_has(venue, digits):
    for path in (f"{ORDERS}/{digits}", f"{FILLS}/{digits}"):
        assert asked(venue, "GET", path).status == 401
        assert refused(400, "Order not found", asked(venue, "GET", path, sent=signed(venue)))


@pytest.mark.parametrize("text", ["é", "ÿ" * 44, ""])
def test_a_signature_of_any_bytes_is_the_wrong_one(venue, text):
    said = asked(venue, "GET", FILLS, sent=signed(venue, **{"x-signature": text}))
    assert refused(401, "Unauthorized - Invalid Signature", said)

    one = venue.listener()
    venue.say(one, 114, publicKey="ann", timestamp=NOW, nonce=3_000, signature=text or "ĞÜ")
    assert heard(one, 114)[0][1]["message"] == "Unauthorized - Invalid Signature"


@pytest.mark.parametrize("token", TOKENS, ids=lambda one: one[:24].decode("latin-1"))
def test_an_order_with_a_number_that_is_none_is_a_wrong_parameter(venue, token):
    for name in ("quantity", "price"):
        said = asked(venue, "POST", ORDERS, sent=signed(venue), body=order(**{name: token}))
        assert said.status == 400


def test_numbers_with_an_exponent_are_taken_where_they_are_of_a_usual_size(venue):
    body = order(quantity=b"1e-3", price=b"3.0e6")
    assert asked(venue, "POST", ORDERS, sent=signed(venue), body=body).status == 200


@pytest.mark.parametrize("name", ["page", "limit", "startTime", "endTime", "orderId"])
@pytest.mark.parametrize("digits", [18, 19, 20])
def test_a_page_may_have_any_number(venue, name, digits):
    query = urlencode({"pairSymbol": "BTCTRY", "page": 2, name: "9" * digits}).encode()
    said = asked(venue, "GET", "/api/v1/allorders", query=query, sent=signed(venue))
    assert said.status == 200 or refused(
        400, "startTime cannot be bigger than current unix timestamp.", said
    )


@pytest.mark.parametrize(("length", "code"), [(BODY_MAX, 200), (BODY_MAX + 1, 400)])
def test_a_body_is_bounded(venue, length, code):
    body = order().ljust(length)
    assert asked(venue, "POST", ORDERS, sent=signed(venue), body=body).status == code


# --- what may end it, and what may not ---------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    found = Venue(tmp_path)
    yield found
    with suppress(OSError, KeyError, JournalUnwritable):
        found.close()


def test_an_error_of_the_journal_is_fatal(own):
    own.journal.close()
    with pytest.raises(JournalUnwritable):
        own.order()
    assert [type(one) for one in own.fatal] == [JournalUnwritable]


def test_an_error_of_the_engine_is_fatal(own):
    del own.floor.exchange.books["BTC_TRY"]
    with pytest.raises(KeyError):
        own.order()
    assert [type(one) for one in own.fatal] == [KeyError]


def test_any_other_error_is_told_and_ends_nothing(own):
    del own.floor.tapes["BTC_TRY"]
    with pytest.raises(KeyError):
        own.call("GET", "/api/v2/trades", params={"pairSymbol": "BTCTRY"})
    assert own.fatal == []
    assert [(path, type(one)) for path, one in own.unforeseen] == [("/api/v2/trades", KeyError)]
    assert own.order().status_code == 200


# --- anything at all ---------------------------------------------------------------------------

texts = st.sampled_from(["9" * 18, "9" * 19, LONG, "-1", "1e9", "²", "٣", "\0", "TRY", "buy"])
texts |= st.text(max_size=20)
names = st.sampled_from(
    "pairSymbol symbol pair limit last page startTime endTime orderId"
    " id type startDate endDate from to resolution".split()
)
tokens = st.sampled_from(TOKENS) | st.sampled_from([b'"stoplimit"', b'"market"', b'"sell"', b"1"])
KNOWN = st.sampled_from(["BTCTRY", "eth_try", "60", "1D"])


@st.composite
def paths(draw):
    routes = [
        *("/api/v2/server/time", "/api/v2/server/exchangeinfo", "/api/v2/ticker"),
        *("/api/v2/ticker/currency", "/api/v2/orderbook", "/api/v2/trades", "/api/v2/ohlc"),
        *("/v1/ohlcs", "/v1/klines/history", "/api/v1/users/balances", "/api/v1/openOrders"),
        *("/api/v1/allOrders", ORDERS, f"{ORDERS}/1", FILLS, f"{FILLS}/1"),
        *("/api/v1/users/transactions/fiat", "/_truth", "/_faults", "/_deposit", "/_withdraw", "/"),
    ]
    route = draw(st.sampled_from(routes))
    return draw(st.sampled_from([route, f"{route}/"])) + draw(st.just("") | texts)


queries = st.dictionaries(names, texts | KNOWN, max_size=4).map(
    lambda asked: urlencode(asked).encode()
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30).map(
    str.encode  # the server refuses a line with any other byte itself
)
heads = st.dictionaries(
    st.sampled_from(["x-pck", "x-stamp", "x-signature", "host", "content-type", "content-length"]),
    st.text(st.characters(max_codepoint=255), max_size=20),
    max_size=2,
)
bodies = st.binary(max_size=60) | st.dictionaries(
    st.sampled_from([*ORDER, "account", "asset", "amount", "answers"]), tokens, max_size=3
).map(lambda asked: order(**asked))
methods = st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "ODD"])
SETTINGS = settings(max_examples=150, deadline=None)


@SETTINGS
@given(methods, paths(), queries, heads, bodies)
def test_any_call_is_answered_soon_and_ends_nothing(venue, method, path, query, head, body):
    said = asked(venue, method, path, query=query, sent=signed(venue, **head), body=body)
    assert said.status is not None
    assert said.status != 500


@SETTINGS
@given(
    st.sampled_from([101, 111, 114, 151, 999]),
    st.dictionaries(
        st.sampled_from(["channel", "event", "join", "code", "publicKey", "nonce", "timestamp"]),
        tokens | st.sampled_from([b'"obdiff"', b'"BTCTRY"', b'"tradeview"', b"421", b'"ann"']),
        max_size=5,
    ),
)
@example(114, {"publicKey": b'"ann"', "nonce": b"9" * 4_000, "timestamp": str(NOW).encode()})
@example(114, {"publicKey": b'"ann"', "nonce": b"-1", "timestamp": str(NOW).encode()})
def test_any_frame_is_heard_soon_and_ends_nothing(venue, kind, body):
    said = b",".join(b'"%s":%s' % (name.encode(), value) for name, value in body.items())
    frame = b"[%d,{%s}]" % (kind, said)
    one, began = venue.listener(), time.process_time()
    venue.stream._heard(one, type("Caller", (), {"client": None})(), frame.decode("latin-1"))
    venue.floor.hub.leave(one)
    assert time.process_time() - began < ANSWER_MAX_S


def test_the_process_lives_through_all_of_it(tmp_path):
    with serving(tmp_path) as exchange, httpx.Client(base_url=exchange.url, timeout=20) as client:
        stamp = stamps()

        def own(method, path, **given):
            return client.request(
                method,
                path,
                headers=headers(exchange.keys, stamp()) | given.pop("head", {}),
                **given,
            )

        answers = [
            client.get(f"{ORDERS}/{LONG}"),
            own("GET", FILLS, head={"X-Signature": "é".encode("latin-1")}),
            own("GET", f"/api/v1/allOrders?pairSymbol=BTCTRY&page={'9' * 18}&limit={'9' * 18}"),
            *(own("POST", ORDERS, content=order(quantity=token)) for token in NUMBERS),
            own("POST", ORDERS, content=order(newOrderClientId=b'"\\ud800"')),
            own("POST", ORDERS, content=b" " * (BODY_MAX + 1)),
            client.get(quote("/api/v2/ticker/²?\0")),
        ]

        assert [one.status_code for one in answers] == [401, 401, 200, *[400] * 7, 404]
        assert client.get("/api/v2/server/time").status_code == 200
        assert exchange.process.poll() is None


def test_a_frame_is_bounded(tmp_path):
    with serving(tmp_path) as exchange:
        url = exchange.url.replace("http", "ws")
        with connect(url) as socket:
            assert json.loads(socket.recv(timeout=10))[0] == 991
            socket.send('[151,{"channel":"no","event":"no"}]'.ljust(BODY_MAX))
            assert json.loads(socket.recv(timeout=10))[1]["ok"] is False
            socket.send(" " * (BODY_MAX + 1))
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
        assert closed.value.rcvd.code == 1009
        with connect(url) as again:
            assert json.loads(again.recv(timeout=10))[0] == 991
