"""The venue's table of rules, in both shapes it may come in."""

from decimal import Decimal

import pytest

from actors.venues.btcturk.instruments import rules
from actors.venues.port import VenueUnreadable


def row(**changed):
    """A row as the venue writes it: whole prices, a screen step of 10."""
    filters = {
        "filterType": "PRICE_FILTER",
        "minPrice": "0.0000000000001",
        "maxPrice": "10000000",
        "tickSize": "10",
        "minExchangeValue": "99.91",
        "minAmount": None,
        "maxAmount": None,
    }
    one = {
        "id": 1,
        "name": "BTCTRY",
        "nameNormalized": "BTC_TRY",
        "status": "TRADING",
        "numerator": "BTC",
        "denominator": "TRY",
        "numeratorScale": 8,
        "denominatorScale": 2,
        "hasFraction": False,
        "filters": [filters],
        "orderMethods": ["MARKET", "LIMIT"],
        "maximumOrderAmount": None,
        "maximumLimitOrderPrice": Decimal("2000000.0000000000000000"),
        "minimumLimitOrderPrice": Decimal("200000.0000000000000000"),
    }
    in_filter = {key: changed.pop(key) for key in list(changed) if key in filters}
    found = one | changed
    found["filters"] = [filters | in_filter] if found["filters"] == [filters] else found["filters"]
    return {key: value for key, value in found.items() if value != "absent"}


def read(*rows, price_increment="tick_size", notional_min_try="10"):
    return rules(
        {"symbols": list(rows)},
        price_increment=price_increment,
        notional_min_try=Decimal(notional_min_try),
    )


def one(price_increment="tick_size", **changed):
    return read(row(**changed), price_increment=price_increment).instruments[0]


def test_the_venues_row_is_read_whole():
    found = one()

    assert (found.instrument, found.base, found.quote) == ("BTC_TRY", "BTC", "TRY")
    assert (found.price_increment, found.quantity_step) == (10, Decimal("0.00000001"))
    assert (found.price_min, found.price_max) == (200_000, 2_000_000)
    assert (found.notional_min, found.notional_max) == (Decimal("99.91"), None)
    assert (found.quantity_min, found.quantity_max, found.not_tradable) == (None, None, None)


@pytest.mark.parametrize(
    ("changed", "bounds"),
    [
        ({"maximumLimitOrderPrice": Decimal(110_000_000)}, (200_000, 110_000_000)),
        ({"maximumLimitOrderPrice": None}, (200_000, 10_000_000)),
        ({"maximumLimitOrderPrice": "absent", "maxPrice": None}, (200_000, None)),
        ({"minimumLimitOrderPrice": "0.00000000000001"}, (Decimal("1E-14"), 2_000_000)),
        ({"minimumLimitOrderPrice": None, "minPrice": "5"}, (5, 2_000_000)),
    ],
)
def test_the_band_bounds_prices_and_the_filters_placeholders_only_where_there_is_none(
    changed, bounds
):
    found = one(**changed)

    assert (found.price_min, found.price_max) == bounds


@pytest.mark.parametrize(
    ("changed", "by_tick", "by_scale"),
    [
        ({}, "10", "1"),
        ({"hasFraction": True}, "10", "0.01"),
        ({"hasFraction": "absent"}, "10", "0.01"),
        ({"hasFraction": True, "tickSize": "0.01"}, "0.01", "0.01"),
        ({"hasFraction": True, "tickSize": "0.015"}, "0.01", "0.01"),
        ({"tickSize": None}, "1", "1"),
        ({"tickSize": "0"}, "1", "1"),
        ({"denominatorScale": "absent", "hasFraction": True}, "10", None),
        ({"denominatorScale": "absent"}, "10", "1"),
    ],
)
def test_the_price_increment_is_the_screens_step_or_the_scale(changed, by_tick, by_scale):
    assert one(**changed).price_increment == Decimal(by_tick)
    if by_scale is None:
        assert one("scale", **changed).not_tradable == "RULES_INCOMPLETE"
    else:
        assert one("scale", **changed).price_increment == Decimal(by_scale)


def test_a_step_that_is_no_multiple_of_the_scale_is_counted():
    assert read(row(hasFraction=True, tickSize="0.015")).problems == {"RULES_CONFLICT": 1}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"status": "trading"}, None),
        ({"status": "ACTIVE"}, None),
        ({"status": "absent"}, None),
        ({"status": "BREAK"}, "NOT_TRADING"),
        ({"orderMethods": ["MARKET"]}, "NO_LIMIT_ORDERS"),
        ({"orderMethods": ["limit"]}, None),
        ({"orderMethods": "absent"}, None),
        ({"numeratorScale": 17}, "RULES_INCOMPLETE"),
        ({"numeratorScale": 16}, None),
        ({"numeratorScale": -1}, "RULES_INCOMPLETE"),
        ({"numeratorScale": "absent"}, "RULES_INCOMPLETE"),
        ({"tickSize": "ten"}, "RULES_INCOMPLETE"),
        ({"numeratorScale": True}, "RULES_INCOMPLETE"),
    ],
)
def test_an_instrument_that_cannot_be_traded_says_why(changed, code):
    assert one(**changed).not_tradable == code


@pytest.mark.parametrize(
    ("changed", "smallest"),
    [
        ({"minExchangeValue": None}, "100"),
        ({"minExchangeValue": "0"}, "100"),
        ({"minExchangeValue": "5"}, "10"),
        ({"minExchangeValue": "5", "minAmount": "20"}, "20"),
        ({"minNotional": "150"}, "150"),
    ],
)
def test_the_smallest_order_is_the_largest_minimum_stated(changed, smallest):
    assert one(**changed).notional_min == Decimal(smallest)


def test_a_quote_other_than_try_must_state_its_minimum():
    usdt = {"nameNormalized": "BTC_USDT", "name": "BTCUSDT", "denominator": "USDT"}

    assert one(**usdt, minExchangeValue="8").notional_min == 8
    assert one(**usdt, minExchangeValue=None).not_tradable == "RULES_INCOMPLETE"


def test_the_explicit_shape_is_read_as_well():
    found = read(
        {
            "pairSymbol": "SOLTRY",
            "tickSize": "0.01",
            "minNotional": 50,
            "filters": [
                {"filterType": "LOT_SIZE", "stepSize": "0.01", "minQty": "0.05", "maxQty": "900"},
                {"filterType": "NOTIONAL", "minNotional": "120"},
            ],
            "lotSize": "0.1",
        }
    ).instruments[0]

    assert (found.instrument, found.price_increment) == ("SOL_TRY", Decimal("0.01"))
    assert (found.quantity_step, found.notional_min) == (Decimal("0.1"), 120)
    assert (found.quantity_min, found.quantity_max) == (Decimal("0.05"), 900)


def test_one_bad_row_spoils_itself_alone():
    found = read({"name": "?"}, "not a row", row(numeratorScale=99), row(nameNormalized="ETH_TRY"))

    assert [one.instrument for one in found.instruments] == ["BTC_TRY", "ETH_TRY"]
    assert [one.not_tradable for one in found.instruments] == ["RULES_INCOMPLETE", None]
    assert found.problems == {"SYMBOL_UNREADABLE": 2, "RULES_INCOMPLETE": 1}


@pytest.mark.parametrize("data", [None, [], {}, {"symbols": {}}])
def test_an_answer_without_a_table_is_unreadable(data):
    with pytest.raises(VenueUnreadable):
        rules(data, price_increment="scale", notional_min_try=Decimal(10))
