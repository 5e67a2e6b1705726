"""The clients over real sockets: each way a call can end."""

import socket
from decimal import Decimal

import httpx
import msgspec
import pytest

from actors.venues.btcturk.rest import BtcturkPrivate, BtcturkPublic
from actors.venues.btcturk.sign import credentials
from actors.venues.port import (
    Ack,
    Lost,
    NewOrder,
    NotSent,
    RejectKind,
    VenueRefused,
    VenueUnavailable,
    VenueUnreadable,
)
from messages.orders import Side
from tests.actors.venues.clocks import StandingClock
from tests.actors.venues.scripted import OK_HEADER, Scripted, answer, close, hold, raw, reset
from tests.actors.venues.served import CLOCK, venue

KEYS = credentials("public", "c2VjcmV0")
ORDER = NewOrder(
    client_order_id="desk-1",
    instrument="BTC_TRY",
    side=Side.BUY,
    price=Decimal("3E+6"),
    quantity=Decimal("0.00100000"),
)
ACCEPTED = b'{"data":{"id":77,"newOrderClientId":"desk-1"},"success":true,"message":"OK","code":0}'


def private(url, clock=CLOCK, **changed):
    return BtcturkPrivate(venue(url, **changed), clock, KEYS)


def submitted(*scripts, order=ORDER, **changed):
    """Return the outcome of one submit, the requests that arrived, and the client's last call."""
    with Scripted(*scripts) as server:
        client = private(server.url, **changed)
        outcome = client.submit(order, 1_790_000_000_000)
        client.close()
    return outcome, server.requests, client.last_call


def test_an_order_goes_out_once_signed_with_the_stamp_it_was_given():
    outcome, (request,), call = submitted(answer(ACCEPTED))
    head, _, body = request.partition(b"\r\n\r\n")

    assert outcome == Ack(venue_order_id=77)
    assert head.startswith(b"POST /api/v1/order HTTP/1.1\r\n")
    for line in (b"X-PCK: public", b"X-Stamp: 1790000000000", b"Content-Type: application/json"):
        assert line in head
    assert msgspec.json.decode(body) == {
        "quantity": "0.001",
        "price": "3000000",
        "newOrderClientId": "desk-1",
        "orderMethod": "limit",
        "orderType": "buy",
        "pairSymbol": "BTCTRY",
    }
    assert (call.method, call.path, call.status) == ("POST", "/api/v1/order", 200)
    assert call.sent_ms <= call.answered_ms
    assert "X-" not in call.answer


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (close, "RemoteProtocolError"),
        (reset, "ReadError"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), "RemoteProtocolError"),
        (raw(b"nonsense\r\n\r\n"), "RemoteProtocolError"),
        (raw(OK_HEADER + b"Content-Length: 2\r\n\r\n{}"), "ANSWER_UNCLEAR"),
        (answer(b"<html>", b"504 Gateway Timeout"), "HTTP 504"),
        (answer(b"", b"307 Temporary Redirect", b"Location: /api/v1/order\r\n"), "HTTP 307"),
        (answer(b"x" * 2_000), "BodyTooLong"),
    ],
)
def test_an_answer_that_is_lost_is_lost_and_the_order_never_goes_again(script, reason):
    again = answer(ACCEPTED)

    outcome, requests, call = submitted(script, again, body_bytes_max=1_024)

    assert isinstance(outcome, Lost)
    assert reason in outcome.reason
    assert len(requests) == 1
    assert "Signature" not in call.answer


@pytest.mark.contract
def test_a_peer_that_closes_after_reading_a_post_on_a_kept_alive_connection_is_lost():
    with Scripted(answer(ACCEPTED), close, answer(ACCEPTED)) as server:
        client = private(server.url)
        outcomes = [client.submit(ORDER, 1), client.submit(ORDER, 2)]
        client.close()

    assert outcomes == [Ack(venue_order_id=77), Lost(reason="RemoteProtocolError")]
    assert len(server.requests) == 2


def test_an_answer_that_never_comes_is_lost():
    outcome, requests, _ = submitted(hold, read_timeout_ms=100)

    assert outcome == Lost(reason="ReadTimeout")
    assert len(requests) == 1


def trickling(clock, begun):
    """Return a script: *begun*, then a byte each 100 ms as long as it is heard."""

    def send(connection):
        connection.sendall(begun)
        for _ in range(100):
            clock.pass_ms(100)
            try:
                connection.sendall(b"x")
            except OSError:
                break
        return False

    return send


@pytest.mark.parametrize(
    "begun",
    [b"HTT", OK_HEADER + b"X-More: ", OK_HEADER + b"Content-Length: 9999\r\n\r\n{"],
    ids=["status line", "header", "body"],
)
def test_an_answer_that_trickles_is_lost_at_our_own_deadline_and_the_next_call_leaves(begun):
    clock = StandingClock()
    cancelled = answer(b'{"success":true,"message":"SUCCESS","code":0}')
    with Scripted(trickling(clock, begun), cancelled) as server:
        client = private(server.url, clock, call_timeout_ms=900, read_timeout_ms=5_000)
        outcome = client.submit(ORDER, 1)
        word = client.cancel(77, 2)
        client.close()

    assert outcome in (Lost(reason="ReadTimeout"), Lost(reason="WriteTimeout"))
    assert word == "SUCCESS"


def test_an_order_for_nobody_was_not_sent():
    closed = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    closed.close()

    client = private(url)

    assert client.submit(ORDER, 1) == NotSent(reason="ConnectError")
    assert client.last_call.status is None
    client.close()


def test_an_address_that_is_none_was_not_sent():
    for url in ("ftp://127.0.0.1:1", "http://"):
        client = private(url)
        assert isinstance(client.submit(ORDER, 1), NotSent)
        client.close()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"client_order_id": "x" * 51}, "CLIENT_ORDER_ID_TOO_LONG"),
        ({"quantity": Decimal("1E-17")}, "NUMBER_TOO_LONG"),
        ({"price": Decimal("1E+12")}, "NUMBER_TOO_LONG"),
    ],
)
def test_an_order_the_venue_could_not_read_is_not_sent(changed, reason):
    order = msgspec.structs.replace(ORDER, **changed)

    outcome, requests, _ = submitted(order=order)

    assert outcome == NotSent(reason=reason)
    assert requests == []


def read(*scripts, call=lambda client: client.balances(1), **changed):
    with Scripted(*scripts) as server:
        client = private(server.url, **changed)
        try:
            return call(client)
        finally:
            client.close()


def no(message, code=1, success=b"false"):
    return b'{"success":%s,"message":"%s","code":%d}' % (success, message, code)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        (close, VenueUnavailable, "RemoteProtocolError"),
        (answer(b"<html>", b"502 Bad Gateway"), VenueUnavailable, "HTTP 502"),
        (answer(b"<html>", b"403 Forbidden"), VenueUnavailable, "HTTP 403"),
        (answer(b"", b"302 Found", b"Location: /\r\n"), VenueUnavailable, "HTTP 302"),
        (answer(b"odd", b"400 Bad Request"), VenueUnavailable, "HTTP 400"),
        (answer(no(b"MAINTENANCE"), b"503 Unavailable"), VenueUnavailable, "MAINTENANCE"),
        (answer(no(b"Order not found"), b"400 Bad Request"), VenueRefused, "Order not found"),
        (answer(no(b"SOMETHING")), VenueRefused, "SOMETHING"),
        (answer(no(b"TOO_MANY_REQUESTS")), VenueUnavailable, "TOO_MANY_REQUESTS"),
        (answer(b"{"), VenueUnreadable, "not JSON"),
        (answer(b'{"data":NaN,"success":true,"code":0}'), VenueUnreadable, "not JSON"),
        (answer(b"[]"), VenueUnreadable, "envelope"),
        (answer(b'{"success":true,"code":0}'), VenueUnreadable, "list"),
    ],
)
def test_a_read_fails_in_one_of_three_ways(script, error, said):
    with pytest.raises(error) as caught:
        read(script)

    assert said in str(caught.value)


def test_a_throttled_read_says_how_long_to_wait():
    script = answer(no(b"TOO_MANY_REQUESTS", 429), b"429 Too Many", b"Retry-After: 42\r\n")

    with pytest.raises(VenueUnavailable) as caught:
        read(script)

    assert caught.value.retry_after_ms == 42_000


@pytest.mark.parametrize(
    ("message", "success", "kind"),
    [
        (b"Unauthorized - Invalid Nonce", b"false", RejectKind.STAMP),
        (b"Unauthorized - Invalid Nonce", b"true", RejectKind.STAMP),
        (b"Unauthorized - Invalid Signature", b"false", RejectKind.AUTH),
    ],
)
def test_a_401_is_decided_by_its_status_and_told_apart_by_its_message(message, success, kind):
    script = answer(no(message, 1037, success), b"401 Unauthorized")

    with pytest.raises(VenueRefused) as caught:
        read(script)
    with pytest.raises(VenueRefused):
        read(script, call=lambda client: client.cancel(5, 1))

    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("script", "word"),
    [
        (answer(b'{"success":true,"message":"SUCCESS","code":0}'), "SUCCESS"),
        (answer(b'{"success":true,"message":null,"code":0}'), "SUCCESS"),
        (
            answer(no(b"NO_ORDER_MATCHES_YOUR_REQUEST"), b"400 Bad Request"),
            "NO_ORDER_MATCHES_YOUR_REQUEST",
        ),
        (answer(no(b"ORDER_CANCEL_BLOCKED")), "ORDER_CANCEL_BLOCKED"),
    ],
)
def test_a_cancel_returns_the_venues_word(script, word):
    assert read(script, call=lambda client: client.cancel(5, 1)) == word


def test_queries_carry_seconds_for_orders_and_milliseconds_for_fills():
    empty = answer(b'{"data":[],"success":true,"message":null,"code":0}')
    with Scripted(empty, empty, empty) as server:
        client = private(server.url)
        client.all_orders("BTC_TRY", since_ms=1_790_000_000_999, page=2, stamp_ms=1)
        client.fills("BTC_TRY", since_ms=1_790_000_000_999, stamp_ms=1)
        client.fills("BTC_TRY", since_ms=5, until_ms=9, stamp_ms=1)
        client.close()

    paths = [request.split(b" ")[1].decode() for request in server.requests]
    assert paths == [
        "/api/v1/allOrders?pairSymbol=BTCTRY&startTime=1790000000&page=2&limit=100",
        "/api/v1/users/transactions/trade?pairSymbol=BTCTRY&startDate=1790000000999",
        "/api/v1/users/transactions/trade?pairSymbol=BTCTRY&startDate=5&endDate=9",
    ]


def test_the_environment_does_not_change_where_orders_go(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    outcome, requests, _ = submitted(answer(ACCEPTED))

    assert outcome == Ack(venue_order_id=77)
    assert len(requests) == 1


@pytest.mark.contract
def test_httpx_follows_no_redirect_unless_told_and_its_errors_carry_the_request():
    client = httpx.Client(trust_env=False)
    assert client.follow_redirects is False
    with Scripted(close) as server:
        with pytest.raises(httpx.RemoteProtocolError) as caught:
            client.get(server.url, headers={"X-Signature": "secret"})
        assert caught.value.request.headers["X-Signature"] == "secret"
    client.close()


def test_a_public_client_reads_through_a_scripted_venue():
    body = b'{"data":{"timestamp":5.0,"bids":[["1","2"]],"asks":[]},"success":true,"code":0}'
    with Scripted(answer(body), answer(b'{"serverTime":"soon"}')) as server:
        public = BtcturkPublic(venue(server.url), CLOCK)
        top = public.quote("BTC_TRY")
        with pytest.raises(VenueUnreadable):
            public.server_time_ms()
        public.close()

    assert (top.bid, top.ask, top.stamp_ms) == (1, None, 5)
