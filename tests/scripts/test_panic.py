"""Panic: without any desk, what is ours at the venue is taken back until it shows none twice."""

import pytest

from actors.runtime import endpoints
from actors.runtime.endpoints import Endpoints
from actors.venues.port import NewOrder, VenueUnavailable
from actors.venues.settings import ExchangeAccount
from messages.money import Amount
from messages.orders import Side
from scripts.panic import KEY_FILE, SECRET_FILE, outcome, take_back
from tests.actors.venues.served import serving, stamps
from tests.scripts.commands import btcbot

BOTH = ("BTC_TRY", "ETH_TRY")
STILL = """
[exchange.house]
trades_per_s = 0
volatility_bps = 0
"""


@pytest.fixture
def exchange(run_dir):
    home = run_dir / "exchange"
    home.mkdir()
    config = home / "exchange.toml"
    config.write_text(STILL)
    with serving(home, "--config", str(config)) as served:
        yield served


def rest(served, *names):
    """Have orders far below the market rest under *names*."""
    client, stamp = served.private(), stamps()
    bid = served.public().quote("BTC_TRY").bid
    for name in names:
        order = NewOrder(
            client_order_id=name,
            instrument="BTC_TRY",
            side=Side.BUY,
            price=Amount(int(bid * Amount("0.9"))),
            quantity=Amount("0.001"),
        )
        client.submit(order, stamp())


def open_names(served):
    return [one["orderClientId"] for one in served.truth()["orders"] if one["status"] in SHOWN]


SHOWN = ("Untouched", "Partial")


def panic(client, *, rounds=10, cancels=True, prefix="sim-", stamp=None):
    looks = take_back(
        client,
        BOTH,
        is_meant=lambda name: name.startswith(prefix),
        stamp_ms=stamp or stamps(),
        rounds=rounds,
        cancels=cancels,
        pace_ms=10,
    )
    return outcome(list(looks), cancels=cancels)


def test_ours_are_taken_back_and_foreign_ones_stay(exchange):
    rest(exchange, "sim-1", "sim-2", "by-hand")

    report = panic(exchange.private())

    assert (report["clear"], len(report["asked"])) == (True, 2)
    assert open_names(exchange) == ["by-hand"]


def test_without_a_yes_they_are_only_listed(exchange):
    rest(exchange, "sim-1")

    report = panic(exchange.private(), rounds=1, cancels=False)

    assert (report["clear"], [one["client_order_id"] for one in report["left"]]) == (
        False,
        ["sim-1"],
    )
    assert open_names(exchange) == ["sim-1"]


def test_a_venue_that_does_not_answer_is_never_clear_and_asked_on(exchange):
    rest(exchange, "sim-1")
    exchange.faults(answers=[{"kind": "http_503", "count": 3}])

    short = panic(exchange.private(), rounds=1)
    rest_of_it = panic(exchange.private())

    assert (short["clear"], bool(short["failed"])) == (False, True)
    assert rest_of_it["clear"] is True
    assert open_names(exchange) == []


class Empty:
    """A venue that shows nothing, after *failures* answers that did not come."""

    def __init__(self, failures):
        self.failures, self.asked = failures, 0

    def open_orders(self, _instrument, _stamp_ms):
        self.asked += 1
        if self.asked <= self.failures:
            raise VenueUnavailable("no answer")
        return []


@pytest.mark.parametrize(("failures", "looks"), [(0, 2), (1, 3), (3, 4)])
def test_clear_takes_two_empty_looks_in_a_row(failures, looks):
    venue = Empty(failures)

    assert panic(venue)["clear"] is True
    assert venue.asked == looks * len(BOTH)
    assert panic(Empty(0), rounds=1)["clear"] is False


def test_without_its_own_credential_it_says_what_to_install(run_dir):
    done = btcbot("panic", "--yes", run_dir=run_dir)

    assert (done.code, KEY_FILE in done.err) == (78, True)


@pytest.mark.slow
def test_a_person_types_panic(exchange, run_dir):
    rest(exchange, "sim-1")
    account = ExchangeAccount()
    files = {KEY_FILE: account.public_key, SECRET_FILE: account.secret}
    environ = {}
    for name, content in files.items():
        path = run_dir / name
        path.write_text(content)
        path.chmod(0o600)
        environ[name] = str(path)
    desk = run_dir / "desk"
    desk.mkdir()
    there = Endpoints(
        run_id="test",
        pid=1,
        mode="sim",
        host="here",
        build="b",
        config="c",
        sockets={},
        venue={"base_url": exchange.url},
    )
    endpoints.write(desk, there)

    listed = btcbot("panic", run_dir=desk, environ=environ)
    between = open_names(exchange)
    done = btcbot("panic", "--yes", "--json", run_dir=desk, environ=environ)
    (run_dir / SECRET_FILE).chmod(0o644)
    refused = btcbot("panic", "--yes", run_dir=desk, environ=environ)

    assert (listed.code, between) == (1, ["sim-1"])
    assert (done.code, done.document["clear"]) == (0, True)
    assert open_names(exchange) == []
    assert (refused.code, "0644" in refused.err) == (78, True)
