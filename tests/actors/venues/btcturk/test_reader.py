"""What the venue's rows mean. The rows are of the recorded shapes, their values invented."""

from decimal import Decimal

import pytest

from actors.venues.btcturk.outcome import decode
from actors.venues.btcturk.reader import Reader
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import TransferKind, VenueStatus, VenueUnreadable
from messages.orders import Side

OPEN_ORDERS = b"""{"asks": [{"id": 41, "price": "7100.50", "amount": "1.2500", "quantity": "1.2500",
 "stopPrice": "0.00", "pairSymbol": "SOLTRY", "pairSymbolNormalized": "SOL_TRY", "type": "sell",
 "method": "limit", "orderClientId": "desk-b", "time": 0, "updateTime": 1789000000000,
 "status": "Untouched", "leftAmount": "1.2500"}], "bids": [{"id": 40, "price": "2900000",
 "amount": "0.00200000", "quantity": "0.00200000", "stopPrice": "0", "pairSymbol": "BTCTRY",
 "pairSymbolNormalized": "BTC_TRY", "type": "buy", "method": "limit", "orderClientId": "desk-a",
 "time": 0, "updateTime": 1789000000000, "status": "Partial", "leftAmount": "0.00150000"}]}"""
MARKET_BUY = b"""{"id": 43, "price": "2911000", "amount": "0.0003428501230412",
 "quantity": "0.0000000000000001", "stopPrice": "0", "pairSymbol": "BTCTRY",
 "pairSymbolNormalized": "BTC_TRY", "type": "buy", "method": "market", "orderClientId": "desk-c",
 "time": 1789000000000, "updateTime": 1789000000000, "status": "Closed", "leftAmount": "0E-16"}"""
FILL = b"""{"id": 1181163798924651234, "timestamp": 1789000000123, "amount": "-0.00050000",
 "preciseAmount": -0.0004999999999999, "fee": "-1.45500000", "tax": "-0.29100000",
 "price": "2910000", "numeratorSymbol": "BTC", "denominatorSymbol": "TRY", "orderType": "sell",
 "orderId": 44, "orderClientId": "desk-d"}"""
BALANCE = b"""{"asset": "TRY", "assetname": "x", "balance": "1200.5", "locked": "200.25",
 "free": "1000.25", "orderFund": "150.25", "requestFund": "50", "precision": 2,
 "timestamp": 1789000000000}"""


def reader():
    return Reader(Symbols({"BTC_TRY": "BTCTRY", "SOL_TRY": "SOLTRY"}))


def changed(raw, **values):
    found = decode(raw) | values
    return {key: value for key, value in found.items() if value != "absent"}


def test_open_orders_of_both_sides_are_read():
    sell, buy = reader().open_orders(decode(OPEN_ORDERS))

    assert (sell.instrument, sell.side, sell.price) == ("SOL_TRY", Side.SELL, Decimal("7100.5"))
    assert (buy.venue_order_id, buy.client_order_id, buy.side) == (40, "desk-a", Side.BUY)
    assert (buy.quantity, buy.filled_quantity) == (Decimal("0.002"), Decimal("0.0005"))
    assert buy.status is sell.status is VenueStatus.OPEN


def test_of_a_market_buy_the_amount_counts_and_a_zero_may_be_written_with_an_exponent():
    found = reader().order(decode(MARKET_BUY))

    assert found.quantity == found.filled_quantity == Decimal("0.0003428501230412")
    assert found.status is VenueStatus.FILLED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Untouched", VenueStatus.OPEN),
        ("OPEN", VenueStatus.OPEN),
        ("partial", VenueStatus.OPEN),
        ("PartiallyFilled", VenueStatus.OPEN),
        ("Closed", VenueStatus.FILLED),
        ("Filled", VenueStatus.FILLED),
        ("Completed", VenueStatus.FILLED),
        ("Canceled", VenueStatus.CANCELLED),
        ("Cancelled", VenueStatus.CANCELLED),
        ("Rejected", VenueStatus.CANCELLED),
        ("Pondering", VenueStatus.UNREADABLE),
        (None, VenueStatus.UNREADABLE),
        (7, VenueStatus.UNREADABLE),
    ],
)
def test_a_status_word_nobody_knows_is_no_information_and_counted(word, status):
    one = reader()

    assert one.order(changed(MARKET_BUY, status=word)).status is status
    assert one.counts["STATUS_UNREADABLE"] == (status is VenueStatus.UNREADABLE)


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ({"type": "Buy"}, Side.BUY),
        ({"type": "absent", "orderType": "SELL"}, Side.SELL),
        ({"type": "limit", "method": "sell"}, Side.SELL),
        ({"type": "buy", "orderType": "buy"}, Side.BUY),
        ({"type": "buy", "orderType": "sell"}, None),
        ({"type": "absent"}, None),
        ({"type": "hold"}, None),
    ],
)
def test_the_side_is_the_one_word_that_is_a_side(words, side):
    row = changed(MARKET_BUY, **words)
    if side is None:
        with pytest.raises(VenueUnreadable):
            reader().order(row)
    else:
        assert reader().order(row).side is side


@pytest.mark.parametrize(
    "values",
    [
        {"leftAmount": "0.1"},
        {"leftAmount": "-0.1"},
        {"leftAmount": None},
        {"leftAmount": "absent"},
        {"amount": "many"},
        {"amount": "NaN"},
        {"amount": Decimal("1E+999")},
        {"id": "x"},
        {"id": None},
        {"id": True},
        {"pairSymbolNormalized": "?", "pairSymbol": "?"},
        {"pairSymbolNormalized": "absent", "pairSymbol": "absent"},
        {"orderClientId": 5},
    ],
)
def test_an_order_that_is_not_as_documented_is_unreadable(values):
    with pytest.raises(VenueUnreadable):
        reader().order(changed(MARKET_BUY, **values))


def test_a_cancelled_order_may_have_fills():
    found = reader().order(
        changed(MARKET_BUY, status="Canceled", amount="5", leftAmount="3.5000000000000000")
    )

    assert (found.status, found.filled_quantity) == (VenueStatus.CANCELLED, Decimal("1.5"))


def test_a_fill_is_its_precise_amount_with_positive_costs_in_quote():
    found = reader().fill(decode(FILL))

    assert (found.trade_id, found.venue_order_id) == ("1181163798924651234", 44)
    assert (found.instrument, found.side) == ("BTC_TRY", Side.SELL)
    assert (found.quantity, found.price) == (Decimal("0.0004999999999999"), 2_910_000)
    assert (found.fee, found.tax) == (Decimal("1.455"), Decimal("0.291"))
    assert (found.fee_asset, found.at_ms) == ("TRY", 1789000000123)


@pytest.mark.parametrize("missing", ["absent", None])
def test_the_rounded_amount_is_used_only_where_the_precise_one_is_missing(missing):
    assert reader().fill(changed(FILL, preciseAmount=missing)).quantity == Decimal("0.0005")


def test_a_fill_may_cost_nothing():
    found = reader().fill(changed(FILL, fee="0", tax="0"))

    assert (found.fee, found.tax) == (0, 0)


@pytest.mark.parametrize(
    "values",
    [
        {"orderType": "buy"},
        {"preciseAmount": Decimal("0.5")},
        {"preciseAmount": 0},
        {"fee": "1.4"},
        {"tax": "0.2"},
        {"fee": None},
        {"price": None},
        {"price": "0"},
        {"id": None},
        {"timestamp": None},
        {"orderId": "x"},
        {"numeratorSymbol": None},
    ],
)
def test_a_fill_with_an_unexpected_sign_or_gap_is_unreadable(values):
    with pytest.raises(VenueUnreadable):
        reader().fill(changed(FILL, **values))


def test_balances_tell_free_held_and_withdrawing_apart():
    one = reader()
    (found,) = one.balances([decode(BALANCE)])

    assert (found.asset, found.free, found.held) == ("TRY", Decimal("1000.25"), Decimal("150.25"))
    assert (found.withdrawing, found.at_ms) == (50, 1789000000000)
    assert not one.counts


def test_a_balance_that_is_null_reads_zero_and_older_rows_have_no_funds_apart():
    row = changed(BALANCE, orderFund="absent", requestFund=None, free=None, timestamp="absent")

    (found,) = reader().balances([row])

    assert (found.free, found.held, found.withdrawing) == (0, Decimal("200.25"), 0)
    assert found.at_ms is None


def test_a_balance_that_does_not_add_up_is_counted():
    one = reader()

    one.balances([changed(BALANCE, balance="1200.50001")])

    assert one.counts["BALANCE_MISMATCH"] == 1


def test_decimal_commas_are_read_and_counted():
    one = reader()

    (found,) = one.balances([changed(BALANCE, free="1000,25")])

    assert found.free == Decimal("1000.25")
    assert one.counts["DECIMAL_COMMA"] == 1


def test_the_best_levels_are_found_whatever_the_order_of_rows():
    data = {
        "timestamp": Decimal("1789000000000.0"),
        "bids": [["99", "1"], ["101.5", "2"], ["100", "3"]],
        "asks": [["110", "1"], ["102", "4"]],
    }

    top = reader().book_top("SOL_TRY", data)

    assert (top.bid, top.bid_quantity, top.ask, top.ask_quantity) == (Decimal("101.5"), 2, 102, 4)
    assert top.stamp_ms == 1789000000000
    empty = reader().book_top("SOL_TRY", {"bids": [], "asks": []})
    assert (empty.bid, empty.ask, empty.stamp_ms) == (None, None, None)


@pytest.mark.parametrize("data", [None, [], "x", [1], {"asks": {}, "bids": []}, {"asks": []}])
def test_answers_of_another_shape_are_unreadable(data):
    with pytest.raises(VenueUnreadable):
        reader().open_orders(data)


def test_what_could_not_be_read_is_kept_short():
    with pytest.raises(VenueUnreadable) as caught:
        reader().order(changed(MARKET_BUY, leftAmount=None, note="x" * 5_000))

    assert b"desk-c" in caught.value.raw
    assert len(caught.value.raw) <= 512


DEPOSIT = (
    b'{"balanceType":"Deposit","currencySymbol":"usdt","id":700001,"timestamp":1774166525783,'
    b'"amount":"500.00","preciseAmount":500.0000000100000000,"fee":"0","tax":"0",'
    b'"isConfirmed":true,"address":"x","tag":null,"txHash":"y","confirmationCount":20}'
)


def transfers(raw, kind=TransferKind.CRYPTO):
    return reader().transfers(kind, [raw])[0]


def test_a_deposit_is_its_precise_amount_under_the_name_of_its_list():
    one = transfers(decode(DEPOSIT))

    assert (one.transfer_id, one.asset, one.settled) == ("crypto:700001", "USDT", True)
    assert (one.amount, one.at_ms) == (Decimal("500.00000001"), 1774166525783)


@pytest.mark.parametrize(
    ("values", "amount"),
    [
        ({"fee": "-2", "tax": "0.5"}, "497.50000001"),
        ({"balanceType": "withdrawal"}, "-500.00000001"),
        ({"balanceType": "withdrawal", "fee": "2", "tax": None}, "-502.00000001"),
        ({"preciseAmount": None, "balanceType": "WITHDRAWAL", "amount": "-500"}, "-500"),
    ],
)
def test_what_a_transfer_cost_leaves_the_account_too(values, amount):
    assert transfers(decode(DEPOSIT) | values).amount == Decimal(amount)


def test_a_deposit_that_is_not_confirmed_has_not_moved_anything():
    assert not transfers(decode(DEPOSIT) | {"isConfirmed": False}).settled
    assert transfers({k: v for k, v in decode(DEPOSIT).items() if k != "isConfirmed"}).settled


@pytest.mark.parametrize(
    "values", [{"balanceType": "gift"}, {"id": None}, {"amount": None, "preciseAmount": None}]
)
def test_a_transfer_of_another_form_is_unreadable(values):
    with pytest.raises(VenueUnreadable):
        transfers(decode(DEPOSIT) | values)


@pytest.mark.parametrize("order_id", [2**63, str(2**63), "9" * 5_000, -(2**63)])
def test_an_id_the_store_cannot_keep_is_unreadable(order_id):
    with pytest.raises(VenueUnreadable, match="id is not a whole number"):
        reader().order(changed(MARKET_BUY, id=order_id))


@pytest.mark.parametrize("order_id", [2**63 - 1, str(2**63 - 1)])
def test_the_largest_id_the_store_keeps_is_read(order_id):
    assert reader().order(changed(MARKET_BUY, id=order_id)).venue_order_id == 2**63 - 1


def test_a_time_the_store_cannot_keep_is_unreadable():
    trade = {"I": "1", "A": "1", "P": "1", "D": str(2**63), "S": 0}

    with pytest.raises(VenueUnreadable, match="no time"):
        reader().trade("BTC_TRY", trade)
    with pytest.raises(VenueUnreadable, match="no time"):
        reader().book_top("BTC_TRY", {"bids": [], "asks": [], "timestamp": 2**63})
    assert reader().trade("BTC_TRY", trade | {"D": str(2**63 - 1)}).at_ms == 2**63 - 1
