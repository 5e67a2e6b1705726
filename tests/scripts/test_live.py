"""A desk in live: at a simulated exchange that stands in for the venue, gate by gate."""

import re
from contextlib import contextmanager
from decimal import Decimal

import pytest

from actors.venues.port import NewOrder
from actors.venues.settings import ExchangeAccount
from config import secrets
from messages.orders import Side
from store.readers import Reader
from tests.actors.venues.served import serving, stamps
from tests.scripts import live
from tests.scripts.commands import btcbot
from tests.scripts.desks import desk_in, place
from tests.scripts.listener import listening, ten_seconds_off

pytestmark = pytest.mark.timeout(200)
ACCOUNT = ExchangeAccount()
KEYS = {secrets.KEY: ACCOUNT.public_key, secrets.SECRET: ACCOUNT.secret}
ARMED = KEYS | live.ARMED
stamp = stamps()


@pytest.fixture(scope="module")
def venue():
    """The venue: an exchange of its own, which the desk neither starts nor ends."""
    with place() as run_dir, serving(run_dir, "--seed", "77") as exchange:
        yield exchange


@contextmanager
def desk(venue, environ, *, url=None, dry_run=False, killed=False):
    """A desk in live that is stopped in order at the end, whatever the test did."""
    with place() as run_dir:
        if killed:
            (run_dir / "KILL").write_text("for this test\n")
        config = live.config(run_dir, url or venue.url, stream=venue.url, dry_run=dry_run)
        with desk_in(run_dir, "--config", config, environ=environ) as started:
            yield started
            assert started.stop() == 0


def orders(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.orders(limit=50)


def ended(run_dir):
    found = [one for one in orders(run_dir) if one["ended_ms"] is not None]
    return found if len(found) > 3 else []


def fills(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.fills(50)


def refused(run_dir, code):
    with Reader.open(run_dir) as reader:
        return next((one for one in reader.decisions(50) if one.get("reason") == code), None)


def rest_one(venue, client_order_id):
    """Place a buy far below the market by another client of the account; the venue's id."""
    wanted = NewOrder(
        client_order_id=client_order_id,
        instrument="BTC_TRY",
        side=Side.BUY,
        price=Decimal(2_000_000),
        quantity=Decimal("0.0001"),
    )
    return venue.private().submit(wanted, stamp()).venue_order_id


def test_a_desk_whose_every_gate_is_open_trades_and_its_books_are_the_venues(venue):
    with desk(venue, ARMED) as running:
        running.wait_ready(live.READY_WITHIN_S)
        running.wait_until(lambda: len(fills(running.run_dir)) > 3, "fills")
        done = btcbot("verify", "--json", run_dir=running.run_dir)

        assert running.status()["mode"] == "live"
        assert done.code == 0, done.document
        assert done.document["venue"] == "live"
    assert venue.truth()["orders"]


@pytest.mark.parametrize("gate", live.ARMED)
def test_a_shut_gate_of_the_environment_lets_no_write_out_and_is_named(venue, gate):
    environ = {name: value for name, value in ARMED.items() if name != gate}
    with listening(venue.url) as ear, desk(venue, environ, url=ear.url) as running:
        running.wait_ready(live.READY_WITHIN_S)
        wish = running.wait_until(lambda: refused(running.run_dir, "NOT_ARMED"), "a refusal")

        assert (wish["observed"], wish["limit"]) == (gate, "open")
        assert running.executor()["armed"] == gate
    assert ear.writes() == []


def test_a_dry_run_records_what_it_would_have_sent_and_sends_nothing(venue):
    with listening(venue.url) as ear, desk(venue, ARMED, url=ear.url, dry_run=True) as running:
        running.wait_ready(live.READY_WITHIN_S)
        told = running.wait_until(lambda: ended(running.run_dir), "orders that are over")
        done = btcbot("verify", "--json", run_dir=running.run_dir)
        resting = rest_one(venue, "live-aaaaaaaaaaaaaaaaaaaaaaaaaa")  # ours by its prefix
        running.wait_until(lambda: strays_halt(running), "halted by an order it does not know")
        killed = btcbot("kill", "--wait", "3", run_dir=running.run_dir)

        assert running.executor()["dry_run"] is True
    left = venue.private().open_orders("BTC_TRY", stamp())
    assert {(one["state"], one["outcome"]) for one in told} == {("NOT_SENT", "DRY_RUN")}
    assert done.code == 0, done.document
    assert killed.code == 1
    assert "no cancel is sent: DRY_RUN" in killed.out
    assert ear.heard
    assert ear.writes() == []
    assert [one.venue_order_id for one in left] == [resting]
    venue.private().cancel(resting, stamp())


def strays_halt(running):
    return [one for one in running.executor()["levels"] if one["level"] == "HALTED"]


def test_a_file_kill_lets_no_order_out_until_it_is_lifted(venue):
    with listening(venue.url) as ear, desk(venue, ARMED, url=ear.url, killed=True) as running:
        running.wait_ready(live.READY_WITHIN_S)
        running.wait_until(lambda: refused(running.run_dir, "LEVEL"), "a refused wish")
        before = list(ear.writes())
        lifted = btcbot("resume", "--yes", run_dir=running.run_dir)

        assert before == []
        assert lifted.code == 0, lifted.err
        running.wait_until(lambda: fills(running.run_dir), "a fill")


# what ends a start


def refusal(venue, environ, instead=None):
    """Return exit code and words of a desk that does not start, and what the venue heard of it."""
    with place() as run_dir, listening(venue.url, instead) as ear:
        config = live.config(run_dir, ear.url, stream=venue.url)
        with desk_in(run_dir, "--config", config, environ=environ) as started:
            code = started.process.wait(live.READY_WITHIN_S)
        said = started.out.read_text()
    assert "Traceback" not in said
    return code, said, ear


def test_a_clock_ten_seconds_off_ends_the_start(venue):
    code, said, ear = refusal(venue, ARMED, {"/api/v2/server/time": ten_seconds_off})

    assert code == 78
    off_ms = re.search(r"this machine's clock is (-\d+) ms", said)
    assert off_ms
    assert -11_000 < int(off_ms[1]) < -9_000
    assert "chrony" in said
    assert ear.writes() == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (secrets.KEY, "another-account", "Unauthorized - Invalid Public key"),
        (secrets.SECRET, "YW5vdGhlciBzZWNyZXQ=", "Unauthorized - Invalid Signature"),
    ],
)
def test_a_key_that_the_venue_does_not_take_ends_the_start(venue, name, value, words):
    code, said, ear = refusal(venue, ARMED | {name: value})

    assert code == 78
    assert words in said
    assert "the venue refuses the key" in said
    assert ear.writes() == []


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["trade"], "lets the key read and not trade"),
        (["read", "trade", "stream"], "the venue refuses the key"),
    ],
)
def test_a_key_without_the_rights_ends_the_start(venue, missing, words):
    venue.faults(missing_rights=missing)
    code, said, ear = refusal(venue, ARMED)
    venue.faults(missing_rights=[])

    assert code == 78
    assert words in said
    assert set(ear.writes()) <= {("DELETE", "/api/v1/order")}


def test_a_key_that_may_only_read_is_enough_for_a_dry_run(venue):
    venue.faults(missing_rights=["trade"])
    with desk(venue, ARMED, dry_run=True) as running:
        running.wait_ready(live.READY_WITHIN_S)
    venue.faults(missing_rights=[])


def test_a_venue_that_forbids_this_address_ends_the_start(venue):
    page = b"<html><head><title>403: Forbidden</title></head></html>"
    code, said, _ = refusal(venue, ARMED, {"/api/v1/": lambda *_: (403, page)})

    assert code == 78
    assert "HTTP 403" in said
    assert "addresses the key is bound to" in said


@pytest.mark.parametrize("name", [secrets.KEY, secrets.SECRET])
def test_a_missing_key_ends_the_start_before_anything_is_asked(venue, name):
    code, said, ear = refusal(venue, {one: v for one, v in ARMED.items() if one != name})

    assert code == 78
    assert name in said
    assert ear.heard == []


def test_a_secret_that_is_not_base64_ends_the_start_and_is_shown_nowhere(venue):
    code, said, ear = refusal(venue, ARMED | {secrets.SECRET: "no*base64"})

    assert code == 78
    assert secrets.SECRET in said
    assert "no*base64" not in said
    assert ear.heard == []


def test_a_limit_nobody_wrote_down_ends_the_start():
    options = ("--config", "config/live.toml")
    with place() as run_dir, desk_in(run_dir, *options, environ=ARMED) as started:
        assert started.process.wait(live.READY_WITHIN_S) == 78
        assert "risk_gate.daily_loss_max_try: found nothing" in started.out.read_text()


def test_a_fail_of_doctor_on_this_machine_ends_the_start(venue):
    with place() as run_dir, listening(venue.url) as ear:
        run_dir.chmod(0o777)
        config = live.config(run_dir, ear.url, stream=venue.url)
        with desk_in(run_dir, "--config", config, environ=ARMED) as started:
            code = started.process.wait(live.READY_WITHIN_S)
        said = started.out.read_text()

    assert code == 78
    assert f"doctor: permissions: {run_dir} has mode 0777; chmod 0755" in said
    assert ear.heard == []
