"""Every recorded error is one the exchange gives, word for word, where the venue gives it."""

import json

import pytest

from actors.venues.btcturk.sign import credentials, headers
from tests.actors.venues.recorded import RETRY_AFTER, decoded, raw, status
from tests.actors.venues.simulated.venue import NOW, Venue

BALANCES = "/api/v1/users/balances"
ORDER = "/api/v1/order"


def refused(**changed):
    return lambda venue: venue.order(**changed)


def stop(side, at, **changed):
    given = {"orderType": side, "orderMethod": "stoplimit", "stopPrice": at}
    return refused(**given | {"price": "3040000"} | changed)


def faulty(then, **table):
    def act(venue):
        venue.faults(**table)
        return then(venue)

    return act


def told(kind, **more):
    return faulty(lambda venue: venue.call("GET", BALANCES), answers=[{"kind": kind, **more}])


def cancel(order_id):
    return lambda venue: venue.call("DELETE", ORDER, params={"id": order_id})


def filled(venue):
    venue.order(orderMethod="market", price=None, quantity="1000")
    return cancel(30_000_000_001)(venue)


def rested(venue):
    venue.order()
    venue.faults(cancel_blocked=["BTC_TRY"])
    return cancel(30_000_000_001)(venue)


def empty(venue):
    venue.stand()
    return venue.order(orderMethod="market", price=None, quantity="1000")


def signed(**changed):
    def act(venue):
        given = headers(venue.keys, NOW) | changed
        kept = {name: one for name, one in given.items() if one is not None}
        return venue.call("GET", BALANCES, headers=kept)

    return act


def stranger(venue):
    keys = credentials("nobody", "c2VjcmV0")
    return venue.call("GET", BALANCES, headers=headers(keys, NOW))


def too_many_reads(venue):
    for _ in range(121):
        venue.call("GET", BALANCES)
    venue.clock.pass_ms(5_000)
    return venue.call("GET", BALANCES)


def too_many_orders(venue):
    for number in range(301):
        if number % 10 == 0:
            venue.clock.pass_ms(1_000)
        venue.order(quantity="x")
    venue.clock.pass_ms(18_000)
    return venue.order(quantity="x")


PROVOKED = {
    "400_allorders_start_time_in_future.json": lambda venue: venue.call(
        "GET", "/api/v1/allOrders", params={"pairSymbol": "BTCTRY", "startTime": NOW}
    ),
    "400_balance_not_enough.json": refused(orderMethod="market", price=None, quantity="30000"),
    "400_cancel_blocked.json": rested,
    "400_cancel_could_not_be_canceled.json": filled,
    "400_cancel_no_order_matches.json": cancel(1),
    "400_failed_invalid_price_scale.json": refused(price="3000000.0"),
    "400_failed_invalid_quantity_scale.json": refused(quantity="0.001000001"),
    "400_failed_invalid_stop_price_scale.json": stop("buy", "3050000.0"),
    "400_failed_limit_order.json": faulty(refused(), halted=["BTC_TRY"]),
    "400_failed_market_order.json": empty,
    "400_failed_min_total_amount.json": refused(quantity="0.00003"),
    "400_failed_order_parameter.json": refused(quantity="x"),
    "400_failed_order_with_open_orders.json": refused(quantity="1"),
    "400_failed_stop_price_greater_than_best_ask.json": stop("buy", "3040000"),
    "400_failed_stop_price_less_than_best_bid.json": stop(
        "sell", "6500.00", pairSymbol="SOLTRY", quantity="1", price="6500.00"
    ),
    "400_maximum_order_amount_exceeded.json": refused(
        pairSymbol="DOGETRY", quantity="750001", price="4.2"
    ),
    "400_order_max_price_exceeded.json": faulty(refused(price="3200000"), price_band_percent=5),
    "400_order_method_not_supported.json": refused(orderMethod="iceberg"),
    "400_order_min_price_exceeded.json": faulty(refused(price="2800000"), price_band_percent=5),
    "400_order_not_found.json": lambda venue: venue.call("GET", f"{ORDER}/1"),
    "400_order_type_not_supported.json": refused(orderType="hold"),
    "400_price_must_be_less_than_maxprice.json": refused(price="30400001"),
    "400_price_must_be_less_than_minprice.json": refused(price="303999", quantity="0.01"),
    "401_headers_missing.json": signed(**{"X-Signature": None}),
    "401_invalid_nonce.json": signed(**{"X-Stamp": str(NOW - 5_001)}),
    "401_invalid_nonce_legacy_success_true.json": told("unauthorized_yes"),
    "401_invalid_public_key.json": stranger,
    "401_invalid_request.json": told("unauthorized"),
    "401_invalid_signature.json": signed(**{"X-Signature": "AAAA"}),
    "429_account.json": too_many_orders,
    "429_ip.json": too_many_reads,
    "429_legacy.json": told("throttled_old", retry_after_s=49),
    "500_internal_error.json": told("http_500"),
    "500_internal_error_string_code.json": told("http_500_word"),
    "504_gateway_html.html": told("html_504"),
}


@pytest.mark.parametrize("file", PROVOKED)
def test_an_error_is_said_as_it_was_recorded(tmp_path, file):
    name, venue = f"errors/{file}", Venue(tmp_path)
    venue.stand(asks=[("3040000", "1")])

    found = PROVOKED[file](venue)

    assert found.status_code == status(name)
    retry = RETRY_AFTER.get(name)
    assert found.headers.get("Retry-After") == (None if retry is None else str(retry))
    if file.endswith(".html"):
        assert found.headers["content-type"].startswith("text/html")
        assert found.content[:30] == raw(name)[:15] + found.content[15:30]
    else:
        assert found.headers["content-type"].startswith("application/json")
        assert json.loads(found.content) == decoded(name)
    venue.close()
