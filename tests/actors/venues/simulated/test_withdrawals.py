"""Money leaves: set aside first, or at once; what is asked of it has the recorded shapes."""

import pytest

from tests.actors.venues.recorded import decoded
from tests.actors.venues.simulated.venue import Venue, heard

USERS = "/api/v1/users"


@pytest.fixture
def venue(tmp_path):
    found = Venue(tmp_path)
    yield found
    found.close()


def withdraw(venue, asset, amount, **more):
    wish = {"account": "ann", "asset": asset, "amount": amount}
    return venue.call("POST", "/_withdraw", signed=False, json=wish | more).status_code


def balance(venue, asset):
    (row,) = [one for one in venue.get(f"{USERS}/balances")["data"] if one["asset"] == asset]
    return {key: row[key] for key in ("balance", "locked", "free", "orderFund", "requestFund")}


def transfers(venue, kind, **asked):
    return venue.get(f"{USERS}/transactions/{kind}", **asked)["data"]


def missing(venue):
    ledger = venue.floor.exchange.history.ledger
    return [asset for asset in ("TRY", "USDT", "SOL", "ETH") if ledger.total(asset)]


def test_what_leaves_at_once_is_gone_and_listed(venue):
    heard(venue.ear)

    assert withdraw(venue, "TRY", "1000.25") == 200

    assert balance(venue, "TRY")["free"] == "23999.75"
    newest, opening = transfers(venue, "fiat")
    recorded = decoded("transactions_fiat.json")["data"][0]
    assert newest.keys() == recorded.keys()
    assert (newest["balanceType"], newest["amount"], newest["id"]) == ("withdrawal", "1000.25", 5)
    assert opening["balanceType"] == "deposit"
    assert [kind for kind, _ in heard(venue.ear)] == [201]
    assert missing(venue) == []


def test_coins_leave_in_their_own_list(venue):
    withdraw(venue, "SOL", "1.5")

    (row,) = transfers(venue, "crypto", type="withdrawal")

    assert row.keys() == decoded("transactions_crypto.json")["data"][0].keys()
    assert (row["currencySymbol"], row["preciseAmount"]) == ("SOL", 1.5)
    assert transfers(venue, "fiat", type="withdrawal") == []
    assert len(transfers(venue, "crypto", type="deposit")) == 3


def test_a_request_is_set_aside_beside_the_funds_of_orders_and_leaves_first(venue):
    venue.order()
    assert withdraw(venue, "TRY", "1000", requested=True) == 200
    asked = balance(venue, "TRY")
    assert transfers(venue, "fiat", type="withdrawal") == []
    assert missing(venue) == []

    assert withdraw(venue, "TRY", "1500") == 200

    assert asked == {
        "balance": "25000",
        "locked": "4005.4",
        "free": "20994.6",
        "orderFund": "3005.4",
        "requestFund": "1000",
    }
    left = balance(venue, "TRY")
    assert (left["free"], left["requestFund"], left["balance"]) == ("20494.6", "0", "23500")
    assert missing(venue) == []


@pytest.mark.parametrize(("amount", "code"), [("25000", 200), ("25000.01", 400), ("0", 400)])
def test_no_more_leaves_than_is_there(venue, amount, code):
    for requested in (False, True):
        assert withdraw(venue, "TRY", amount, requested=requested) in (code, 400)
    assert (balance(venue, "TRY")["balance"] == "0") is (code == 200)


@pytest.mark.parametrize("compacted", [False, True])
def test_after_a_start_what_left_and_what_is_set_aside_is_as_before(tmp_path, compacted):
    bound = {"journal_bytes_max": 1_000} if compacted else {}
    venue = Venue(tmp_path, **bound)
    withdraw(venue, "TRY", "1000", requested=True)
    withdraw(venue, "USDT", "20")
    for number in range(10 if compacted else 1):
        venue.order(newOrderClientId=f"n-{number}", quantity="0.00004", price="2700000")
    venue.floor.compact()
    before = [balance(venue, one) for one in ("TRY", "USDT")], transfers(venue, "crypto")
    venue.close()

    again = Venue(tmp_path)
    after = [balance(again, one) for one in ("TRY", "USDT")], transfers(again, "crypto")
    again.close()

    assert after == before
    assert missing(again) == []
