"""Money comes in and leaves while the desk runs: it is booked, told, and trading goes on."""

import json

import httpx
import pytest

from actors.venues.settings import ExchangeAccount
from store.readers import Reader
from tests.scripts.commands import here
from tests.scripts.desks import desk_in, place

pytestmark = pytest.mark.slow

CONTROLLED = """
extends = "sim.toml"

[exchange]
control = true
"""


@pytest.fixture(scope="module")
def desk():
    with place() as run_dir:
        config = run_dir / "controlled.toml"
        config.write_text(CONTROLLED)
        with desk_in(run_dir, "--config", config) as started:
            started.wait_ready()
            yield started
            assert started.stop() == 0


def moved(desk, way, asset, amount, **more):
    url = json.loads((desk.run_dir / "endpoints.json").read_text())["venue"]["base_url"]
    wish = {"account": ExchangeAccount().public_key, "asset": asset, "amount": amount}
    assert httpx.post(f"{url}/_{way}", json=wish | more).status_code == 200


def fills(desk):
    with Reader.open(desk.run_dir) as reader:
        return len(reader.fills(1_000))


def test_a_deposit_is_booked_told_and_trading_goes_on(desk):
    moved(desk, "deposit", "TRY", "4321.09")

    verified = here("verify", "--json", run_dir=desk.run_dir)
    told = here("status", "--json", run_dir=desk.run_dir).document["account"]["transfers"]
    shown = here("status", run_dir=desk.run_dir).out
    explained = here("explain", told[0]["transfer"], run_dir=desk.run_dir)
    unknown = here("explain", "fiat:999", run_dir=desk.run_dir)
    before = fills(desk)
    desk.wait_until(lambda: fills(desk) > before, "a fill after the deposit")

    assert (verified.code, verified.document["differences"]) == (0, []), verified.document
    assert [(one["what"], one["asset"], one["amount"]) for one in told] == [
        ("deposit", "TRY", "4321.09")
    ]
    assert told[0]["transfer"] in shown
    assert "deposit of 4321.09 TRY, worth 4321.09" in explained.out
    assert "external" in explained.out
    assert unknown.code == 1
    assert desk.status()["level"] == "ACTIVE"
    assert not desk.executor()["levels"]


def test_a_withdrawal_that_is_only_asked_for_is_set_aside_and_halts_nothing(desk):
    moved(desk, "withdraw", "TRY", "500.25", requested=True)

    verified = here("verify", "--json", run_dir=desk.run_dir)
    told = here("status", "--json", run_dir=desk.run_dir).document["account"]["transfers"]
    explained = here("explain", told[-1]["transfer"], run_dir=desk.run_dir)

    assert (verified.code, verified.document["differences"]) == (0, []), verified.document
    assert (told[-1]["what"], told[-1]["amount"]) == ("withdrawal asked for", "-500.25")
    assert "withdrawal asked for of -500.25 TRY" in explained.out
    assert "withdrawing" in explained.out
    assert desk.status()["level"] == "ACTIVE"
    assert not desk.executor()["levels"]


def test_a_withdrawal_is_booked_told_and_halts_nothing(desk):
    moved(desk, "withdraw", "TRY", "1000.5")

    verified = here("verify", "--json", run_dir=desk.run_dir)
    told = here("status", "--json", run_dir=desk.run_dir).document["account"]["transfers"]

    assert (verified.code, verified.document["differences"]) == (0, []), verified.document
    assert [one["amount"] for one in told if one["what"] == "withdrawal"] == ["-1000.5"]
    assert desk.status()["level"] == "ACTIVE"
    assert not desk.executor()["levels"]
