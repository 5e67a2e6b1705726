"""What every kind of HTTP outcome means for an order that was sent."""

import httpx
import msgspec
import pytest

from actors.venues.btcturk.outcome import decode, of_answer, of_error, retry_after_ms
from actors.venues.port import Ack, Lost, NotSent, Reject, RejectKind

DEFINITE = frozenset({"FAILED_MIN_TOTAL_AMOUNT", "BALANCE_NOT_ENOUGH"})
NOW = 1_790_000_000_000


def accepted(**changed):
    data = {"id": 30000000001, "newOrderClientId": "ours", "quantity": "1"} | changed
    return {"data": data, "success": True, "message": "SUCCESS", "code": 0}


def refused(message, code=1123, **changed):
    return {"data": None, "success": False, "message": message, "code": code} | changed


def meaning(status, answer, **headers):
    body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    return of_answer(status, headers, body, client_order_id="ours", definite=DEFINITE, now_ms=NOW)


@pytest.mark.parametrize(
    "answer",
    [
        accepted(),
        accepted() | {"httpStatusCode": 200},
        accepted() | {"message": None},
        accepted() | {"code": "0"},
    ],
)
def test_an_echo_of_our_id_with_an_order_id_is_an_ack(answer):
    assert meaning(200, answer) == Ack(venue_order_id=30000000001)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, refused("FAILED_MIN_TOTAL_AMOUNT")),
        (400, refused("FAILED_MIN_TOTAL_AMOUNT", code=9999)),
        (400, refused("failed_min_total_amount")),
        (400, refused("FAILED_MIN_TOTAL_AMOUNT", success=True)),
        (422, refused("BALANCE_NOT_ENOUGH")),
        (200, refused("BALANCE_NOT_ENOUGH")),
        (200, refused("BALANCE_NOT_ENOUGH", success=True)),
    ],
)
def test_a_listed_message_is_a_reject_whatever_its_code(status, answer):
    found = meaning(status, answer)

    assert (type(found), found.kind, found.code) == (Reject, RejectKind.ORDER, answer["message"])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("Unauthorized - Invalid Nonce", 1037), RejectKind.STAMP),
        (refused("Unauthorized - Invalid Nonce", 1037, success=True), RejectKind.STAMP),
        (refused("Unauthorized - Invalid Signature", 1037), RejectKind.AUTH),
        (refused("Unauthorized - Invalid Public key", 401), RejectKind.AUTH),
        (b"<html>", RejectKind.AUTH),
    ],
)
def test_a_401_is_a_reject_by_its_status(answer, kind):
    assert meaning(401, answer).kind is kind


def test_a_429_in_the_documented_form_is_a_reject_with_its_wait():
    found = meaning(429, refused("TOO_MANY_REQUESTS", 429), **{"retry-after": "55"})
    older = meaning(429, refused("Too many requests", 429))

    assert (found.kind, found.retry_after_ms) == (RejectKind.THROTTLED, 55_000)
    assert (older.kind, older.retry_after_ms) == (RejectKind.THROTTLED, 1_000)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b""),
        (200, b"<html>504</html>"),
        (200, b"[]"),
        (200, b"{"),
        (200, {}),
        (200, accepted(newOrderClientId="another")),
        (200, accepted(newOrderClientId=None)),
        (200, accepted(id=None)),
        (200, accepted(id="30000000001")),
        (200, accepted(id=True)),
        (200, accepted(id=0)),
        (200, accepted() | {"data": None}),
        (200, accepted() | {"success": False}),
        (200, accepted() | {"code": 1}),
        (200, refused("INTERNAL_ERROR", "INTERNAL_ERROR")),
        (204, b""),
        (301, b""),
        (307, accepted()),
        (400, refused("FAILED_SET_ORDER_UNEXPECTED")),
        (400, refused("SOMETHING_NEW")),
        (400, b"bad request"),
        (403, refused("FAILED_MIN_TOTAL_AMOUNT")),
        (404, refused("NOT_FOUND")),
        (408, refused("FAILED_MIN_TOTAL_AMOUNT")),
        (429, b"<html>slow down</html>"),
        (429, refused("FAILED_LIMIT_ORDER")),
        (500, refused("FAILED_MIN_TOTAL_AMOUNT")),
        (500, refused("INTERNAL_ERROR", 500)),
        (502, b""),
        (503, b"maintenance"),
        (504, b"<!DOCTYPE html>"),
    ],
)
def test_everything_that_is_not_certain_is_lost(status, answer):
    assert isinstance(meaning(status, answer), Lost)


def test_without_a_list_no_refusal_is_certain():
    body = msgspec.json.encode(refused("FAILED_MIN_TOTAL_AMOUNT"))

    found = of_answer(400, {}, body, client_order_id="ours", definite=frozenset(), now_ms=NOW)

    assert isinstance(found, Lost)


NEVER_LEFT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
}


def errors(kind):
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


@pytest.mark.parametrize("kind", sorted({*errors(httpx.HTTPError), httpx.InvalidURL}, key=str))
def test_only_errors_from_before_the_first_byte_are_not_sent(kind):
    found = of_error(kind.__name__)

    assert isinstance(found, NotSent if kind in NEVER_LEFT else Lost)


@pytest.mark.parametrize(
    ("header", "wait_ms"),
    [
        ("55", 55_000),
        ("0", 0),
        ("0.5", 500),
        ("-1", 1_000),
        ("", 1_000),
        ("soon", 1_000),
        (None, 1_000),
        ("9" * 12, 3_600_000),
        ("0." + "1" * 100, 1_000),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", 1_000),
        ("Mon, 21 Sep 2026 14:13:25 GMT", 5_000),
        ("Mon, 21 Sep 2026 14:13:15 GMT", 0),
    ],
)
def test_a_wait_is_seconds_or_a_date(header, wait_ms):
    assert retry_after_ms(header, NOW) == wait_ms


@pytest.mark.parametrize("number", [b"1e99999999999999999999", b"-0e-99999999999999999999"])
def test_a_number_no_decimal_can_hold_is_no_json(number):
    with pytest.raises(ValueError, match="number"):
        decode(b'{"data":' + number + b"}")

    assert isinstance(meaning(200, b'{"data":' + number + b"}"), Lost)


@pytest.mark.parametrize(("order_id", "kind"), [(2**63 - 1, Ack), (2**63, Lost), (10**30, Lost)])
def test_an_order_id_the_store_cannot_keep_is_none(order_id, kind):
    assert isinstance(meaning(200, accepted(id=order_id)), kind)
