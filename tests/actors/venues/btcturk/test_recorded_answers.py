"""What every recorded answer to an order, and every recorded error, means to the adapter."""

import tomllib
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from actors.venues.btcturk import outcome
from actors.venues.btcturk.rest import BtcturkPrivate
from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import (
    Ack,
    Lost,
    NewOrder,
    Reject,
    RejectKind,
    VenueRefused,
    VenueUnavailable,
)
from messages.orders import Side
from tests.actors.venues.clocks import StandingClock
from tests.actors.venues.recorded import RETRY_AFTER, SYMBOLS, raw, status
from tests.actors.venues.scripted import Scripted, answer
from tests.actors.venues.served import venue

KEYS = credentials("public", "c2VjcmV0")
STAMP = 1_774_252_925_783
CONFIG = Path(__file__).resolve().parents[4] / "config" / "venues" / "btcturk.toml"
DEFINITE = frozenset(
    one["message"].upper() for one in tomllib.loads(CONFIG.read_text())["definite_rejects"]
)


ACCEPTED = {
    "order_submit_response.json": (1, "sim-0001-btc-buy"),
    "order_submit_response_market_buy.json": (3, "sim-0003-btc-mkt"),
    "order_submit_response_stoplimit.json": (6, "sim-0006-eth-stop"),
    "order_submit_response_with_httpstatus.json": (1, "sim-0001-btc-buy"),
}


def meaning(name, client_order_id="x"):
    retry = RETRY_AFTER.get(name)
    return outcome.of_answer(
        status(name),
        {} if retry is None else {"retry-after": str(retry)},
        raw(name),
        client_order_id=client_order_id,
        definite=DEFINITE,
        now_ms=STAMP,
    )


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_order_is_known_by_its_id_and_our_name(name):
    number, ours = ACCEPTED[name]
    assert meaning(name, ours) == Ack(venue_order_id=30_000_000_000 + number)
    assert meaning(name, "another") == Lost(reason="ANSWER_NOT_OURS")


# What an answer means for an order that was sent, and for a read.
SURE = (RejectKind.ORDER, VenueRefused)
UNSURE = (None, VenueRefused)
DOWN = (None, VenueUnavailable)
ERRORS = {
    "400_allorders_start_time_in_future.json": UNSURE,
    "400_balance_not_enough.json": SURE,
    "400_cancel_blocked.json": UNSURE,
    "400_cancel_could_not_be_canceled.json": UNSURE,
    "400_cancel_no_order_matches.json": UNSURE,
    "400_failed_invalid_price_scale.json": SURE,
    "400_failed_invalid_quantity_scale.json": SURE,
    "400_failed_invalid_stop_price_scale.json": SURE,
    "400_failed_limit_order.json": SURE,
    "400_failed_market_order.json": SURE,
    "400_failed_min_total_amount.json": SURE,
    "400_failed_order_parameter.json": SURE,
    "400_failed_order_with_open_orders.json": SURE,
    "400_failed_stop_price_greater_than_best_ask.json": SURE,
    "400_failed_stop_price_less_than_best_bid.json": SURE,
    "400_maximum_order_amount_exceeded.json": SURE,
    "400_order_max_price_exceeded.json": SURE,
    "400_order_method_not_supported.json": SURE,
    "400_order_min_price_exceeded.json": SURE,
    "400_order_not_found.json": UNSURE,
    "400_order_type_not_supported.json": SURE,
    "400_price_must_be_less_than_maxprice.json": SURE,
    "400_price_must_be_less_than_minprice.json": SURE,
    "401_headers_missing.json": (RejectKind.AUTH, VenueRefused),
    "401_invalid_nonce.json": (RejectKind.STAMP, VenueRefused),
    "401_invalid_nonce_legacy_success_true.json": (RejectKind.STAMP, VenueRefused),
    "401_invalid_public_key.json": (RejectKind.AUTH, VenueRefused),
    "401_invalid_request.json": (RejectKind.AUTH, VenueRefused),
    "401_invalid_signature.json": (RejectKind.AUTH, VenueRefused),
    "429_account.json": (RejectKind.THROTTLED, VenueUnavailable),
    "429_ip.json": (RejectKind.THROTTLED, VenueUnavailable),
    "429_legacy.json": (RejectKind.THROTTLED, VenueUnavailable),
    "500_internal_error.json": DOWN,
    "500_internal_error_string_code.json": DOWN,
    "504_gateway_html.html": DOWN,
}


@pytest.mark.parametrize("file", ERRORS)
def test_every_error_is_classified_for_an_order_and_for_a_read(file):
    name, (kind, raised) = f"errors/{file}", ERRORS[file]
    found = meaning(name)
    if kind is None:
        assert isinstance(found, Lost)
    else:
        assert isinstance(found, Reject)
        assert found.kind is kind
        retry = RETRY_AFTER.get(name)
        assert found.retry_after_ms == (None if retry is None else retry * 1000)

    line = f"{status(name)} Said".encode()
    with Scripted(answer(raw(name), line)) as server:
        client = BtcturkPrivate(venue(server.url), StandingClock(STAMP), KEYS)
        with pytest.raises(raised) as no:
            client.balances(STAMP)
        client.close()
    if raised is VenueRefused:
        expected = kind if status(name) == 401 else RejectKind.ORDER
        assert no.value.kind is expected


def test_our_order_is_written_as_the_documentation_shows_it():
    """What is sent: the exchange's own test takes the other requests."""
    said = NewOrder(
        client_order_id="sim-0001-btc-buy",
        instrument="BTC_TRY",
        side=Side.BUY,
        price=Decimal(3_000_000),
        quantity=Decimal("0.001"),
    )
    with Scripted(answer(raw("order_submit_response.json"))) as server:
        client = BtcturkPrivate(venue(server.url), StandingClock(STAMP), KEYS, Symbols(SYMBOLS))
        assert client.submit(said, STAMP) == Ack(venue_order_id=30_000_000_001)
        client.close()
    (request,) = server.requests
    sent = msgspec.json.decode(request.partition(b"\r\n\r\n")[2])
    expected = msgspec.json.decode(raw("requests/order_limit_buy.json"))
    assert {**sent, "quantity": Decimal(sent["quantity"])} == {
        **expected,
        "quantity": Decimal(expected["quantity"]),
    }
