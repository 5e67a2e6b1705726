"""Which numbers the executor takes, and what it is the executor of."""

import msgspec
import pytest

from actors.executor.identity import KeyMissing, of_desk, signing
from actors.executor.settings import Asking, Budgets, Limits, Settings
from actors.venues.btcturk.sign import SecretUnreadable
from messages.fees import Fees
from messages.money import Amount, amount
from tests.actors.executor.driving import DESK

LIMITS = {
    "collar_bps": 500,
    "quote_age_max_ms": 5_000,
    "order_notional_max_try": "3000",
    "gross_max_try": "10000",
    "orders_per_s_max": 5,
    "orders_per_min_max": 60,
    "day_notional_max_try": "50000",
}
VENUE = {  # calls a minute that the venue takes, btcturk/api.md 7.4
    "submit": 300,
    "cancel": 300,
    "order": 900,
    "open_orders": 300,
    "all_orders": 300,
    "fills": 120,
    "balances": 120,
}


def read(kind, table):
    return msgspec.convert(table, kind, dec_hook=lambda _, raw: amount(raw))


class Key:
    def __init__(self, public_key="public", private_key="c2VjcmV0"):
        self.public_key, self.private_key = public_key, private_key


@pytest.mark.parametrize("missing", LIMITS)
def test_no_limit_has_a_default(missing):
    table = {key: value for key, value in LIMITS.items() if key != missing}

    with pytest.raises(msgspec.ValidationError, match=missing):
        read(Limits, table)


def test_whether_to_send_must_be_written_down():
    with pytest.raises(msgspec.ValidationError, match="dry_run"):
        read(Settings, {"limits": LIMITS})


@pytest.mark.parametrize(
    "wrong",
    [
        {"collar_bps": -1},
        {"collar_bps": 5_001},
        {"order_notional_max_try": "-1"},
        {"orders_per_s_max": -1},
        {"unheard_of": 1},
    ],
)
def test_a_value_out_of_its_range_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        read(Limits, LIMITS | wrong)


def test_a_cap_of_zero_is_a_cap():
    assert read(Limits, LIMITS | {"order_notional_max_try": "0"}).order_notional_max_try == 0


def test_the_taker_rate_carries_its_tax():
    assert Fees().gross_taker == Amount("0.0018")


@pytest.mark.parametrize("endpoint", VENUE)
def test_every_budget_stays_within_the_venues(endpoint):
    budget = getattr(Budgets(), endpoint)

    assert budget.burst + budget.per_min <= VENUE[endpoint] * 8 // 10 or endpoint == "order"
    assert budget.burst + budget.per_min <= VENUE[endpoint]


def test_fills_overlap_by_at_least_ten_minutes():
    with pytest.raises(msgspec.ValidationError):
        read(Asking, {"fills_overlap_s": 599})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://api.btcturk.com", "https://api.btcturk.com"),
        ("https://api.btcturk.com:8443/x", "https://api.btcturk.com:8443"),
        ("http://127.0.0.1:40123", "http://127.0.0.1"),
        ("http://localhost:1", "http://localhost"),
    ],
)
def test_a_simulated_venue_is_the_same_on_every_port(url, said):
    assert of_desk(DESK, url, Key()).base_url == said


def test_another_key_is_another_identity_and_none_of_it_is_shown():
    one, other = of_desk(DESK, "http://x", Key()), of_desk(DESK, "http://x", Key("other"))

    assert one.key_hash != other.key_hash
    assert "public" not in repr(one)


def test_without_a_key_there_is_no_executor():
    with pytest.raises(KeyMissing) as failure:
        of_desk(DESK, "http://x", None)

    assert failure.value.exit_code == 78


def test_a_secret_that_is_not_base64_is_a_fault_of_the_configuration():
    with pytest.raises(SecretUnreadable) as failure:
        signing(Key(private_key="not base64!"))

    assert failure.value.exit_code == 78
