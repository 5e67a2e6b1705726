"""Endpoints that no other test asks, and who is counted together."""

from decimal import Decimal

import pytest

from actors.venues.btcturk.sign import credentials, headers
from actors.venues.settings import ExchangeAccount
from actors.venues.simulated.doorman import Turnstile
from tests.actors.venues.simulated.venue import NOW, Venue

DAY_MS = 86_400_000


@pytest.fixture
def venue(tmp_path):
    other = ExchangeAccount(public_key="bob", secret="c2VjcmV0", balances={})
    found = Venue(tmp_path, more_accounts=(other,))
    yield found
    found.close()


def test_days_of_the_older_endpoint_are_text_in_the_envelope_with_times_in_ms(venue):
    venue.trade("3000000", "0.5")
    venue.clock.wall = NOW + DAY_MS
    venue.trade("3030000", "0.25")
    venue.trade("3060000", "0.25")

    one, two = venue.get("/api/v2/ohlc", pairSymbol="BTC_TRY")["data"]

    assert one["time"] == NOW // DAY_MS * DAY_MS
    assert {key: value for key, value in two.items() if key != "time"} == {
        "pairSymbol": "BTCTRY",
        "pairSymbolNormalized": "BTC_TRY",
        "open": "3030000",
        "high": "3060000",
        "low": "3030000",
        "close": "3060000",
        "volume": "0.5",
        "average": "3045000.00",
        "dailyChangeAmount": "30000",
        "dailyChangePercentage": "0.99",
    }
    assert venue.get("/api/v2/ohlc", pairSymbol="BTCTRY", last=1)["data"] == [two]
    assert venue.get("/api/v2/ohlc", pairSymbol="BTCTRY", last=0)["data"] == []
    assert venue.call("GET", "/api/v2/ohlc").status_code == 400


def test_trades_are_told_under_both_paths_newest_first(venue):
    for price in ("3000000", "3000001"):
        venue.trade(price, "0.5")
    new, old = (venue.get(f"/api/{v}/trades", pairSymbol="BTCTRY")["data"] for v in ("v2", "v1"))
    assert new == old
    assert [row["price"] for row in new] == ["3000001", "3000000"]
    assert len(venue.get("/api/v1/trades", pairSymbol="BTCTRY", last=1)["data"]) == 1


def test_one_fill_is_found_by_its_id_and_a_foreign_one_is_not(venue):
    venue.order()
    venue.trade("3000000", "0.0004")
    path = "/api/v1/users/transactions/trade"
    (row,) = venue.get(path)["data"]

    assert venue.get(f"{path}/{row['id']}")["data"] == row
    assert venue.call("GET", f"{path}/{row['id'] + 1}").status_code == 400
    signed = headers(credentials("bob", "c2VjcmV0"), NOW)
    assert venue.call("GET", f"{path}/{row['id']}", headers=signed).status_code == 400


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [2, 1]),
        ({"startDate": NOW}, [2, 1]),
        ({"startDate": NOW + 1}, [2]),
        ({"startDate": NOW + DAY_MS, "endDate": NOW + DAY_MS}, [2]),
        ({"endDate": NOW + DAY_MS - 1}, [1]),
        ({"endDate": NOW - 1}, []),
        ({"startDate": NOW // 1000, "endDate": NOW // 1000 + 86_400}, []),
    ],
)
def test_transfers_are_asked_for_by_ms(tmp_path, asked, found):
    venue = Venue(tmp_path, opening={"TRY": "25000"})
    venue.pass_ms(DAY_MS)
    venue.floor.deposit("ann", "TRY", Decimal(5))

    rows = venue.get("/api/v1/users/transactions/fiat", **asked)["data"]
    venue.close()

    assert [row["id"] for row in rows] == found


@pytest.mark.parametrize(("days", "found"), [(30, 1), (31, 0)])
def test_transfers_of_thirty_days_are_told_where_no_time_is_asked_for(tmp_path, days, found):
    venue = Venue(tmp_path, opening={"TRY": "25000"})
    venue.clock.pass_ms(days * DAY_MS)

    rows = venue.get("/api/v1/users/transactions/fiat")["data"]
    venue.close()

    assert len(rows) == found


def codes(venue, times, method, path, **given):
    return [venue.call(method, path, **given).status_code for _ in range(times)]


def test_calls_are_counted_by_address_whoever_signed_them(venue):
    theirs = headers(credentials("bob", "c2VjcmV0"), NOW)
    path = "/api/v1/trades?pairSymbol=BTCTRY"
    assert codes(venue, 91, "GET", path, signed=False)[89:] == [200, 429]

    for path, most in (("users/balances", 120), ("users/transactions/fiat", 90)):
        said = codes(venue, most - 1, "GET", f"/api/v1/{path}")
        said += codes(venue, 2, "GET", f"/api/v1/{path}", headers=theirs)
        assert said[-3:] == [200, 200, 429]


def test_orders_are_counted_by_key_and_by_address(venue):
    mine = [venue.order(quantity="x") for _ in range(11)]
    assert (mine[9].status_code, mine[10].status_code) == (400, 429)
    assert mine[10].headers["Retry-After"] == "1"
    said = mine[10].json()
    assert (said["limit"], said["period"], said["policy"]) == ("10", "1s", "account")
    assert said["details"].endswith("Please try again in 1 second(s).")

    signed = headers(credentials("bob", "c2VjcmV0"), NOW)
    theirs = venue.call("POST", "/api/v1/order", headers=signed, json={})
    assert (theirs.status_code, theirs.json()["policy"]) == (429, "ip")
    venue.clock.pass_ms(1_000)
    assert venue.order(quantity="x").status_code == 400


def test_a_venue_whose_clock_is_set_back_blocks_nobody_for_that(venue):
    venue.faults(clock_skew_ms=600_000)
    codes(venue, 9, "POST", "/api/v1/order", json={})
    venue.faults(clock_skew_ms=0)
    venue.clock.pass_ms(1_000)

    assert codes(venue, 10, "POST", "/api/v1/order", json={}) == [400] * 10


def test_an_account_is_counted_at_every_address_it_calls_from():
    turnstile = Turnstile(enforced=True)
    said = [
        turnstile.refusal("POST order", f"10.0.0.{number}", NOW, account="ann")
        for number in range(11)
    ]
    assert said[:10] == [None] * 10
    assert said[10].by_account
    assert turnstile.refusal("POST order", "10.0.0.1", NOW, account="bob") is None
