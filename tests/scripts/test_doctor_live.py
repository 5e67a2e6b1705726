"""What doctor finds for `live`: gates, keys, and what the venue says of clock, rules and key."""

import shutil
import tempfile
import threading
from pathlib import Path

import pytest
from websockets.sync.server import serve

from actors.venues.settings import ExchangeAccount
from config import secrets
from tests.actors.venues.served import serving
from tests.scripts import live
from tests.scripts.commands import here
from tests.scripts.listener import listening, ten_seconds_off

ACCOUNT = ExchangeAccount()
ENVIRON = live.ARMED | {secrets.KEY: ACCOUNT.public_key, secrets.SECRET: ACCOUNT.secret}
FIXTURES = Path(__file__).parents[1] / "actors" / "venues" / "fixtures" / "errors"
FORBIDDEN = b"<html>403 Forbidden</html>"


@pytest.fixture(scope="module")
def venue():
    run_dir = Path(tempfile.mkdtemp(prefix="btcbot-"))
    config = run_dir / "exchange.toml"
    config.write_text("[exchange]\nenforce_limits = false\n")  # each test connects anew
    with serving(run_dir, "--config", str(config)) as exchange:
        yield exchange
    shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture
def doctor(venue, tmp_path, monkeypatch):
    """Run doctor for a desk in live; return exit code and rows by name."""

    def run(environ=ENVIRON, instead=None, stream=venue.url, **how):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with listening(venue.url, instead) as ear:
            config = live.config(tmp_path, ear.url, stream=stream, **how)
            done = here("doctor", "--json", "--config", config, run_dir=tmp_path / "var")
        assert ear.writes() in ([], [("DELETE", "/api/v1/order")])
        run.asked_rights = bool(ear.writes())
        return done.code, {row["name"]: row for row in done.document["checks"]}

    for name in ENVIRON:
        monkeypatch.delenv(name, raising=False)
    return run


def states(rows, *names):
    return [rows[name]["state"] for name in names]


def test_a_live_desk_with_every_gate_open_passes_but_for_its_address(doctor):
    code, rows = doctor()

    assert code == 1
    told = {row["name"] for row in rows.values() if row["state"] != "PASS"}
    assert told <= {"address", "clock", "disk"}  # two are of the machine that tests
    assert "venue.other_address is true" in rows["address"]["found"]
    names = ("gate LIVE_TRADING", "gate LIVE_TRADING_ACK", "gate executor.dry_run")
    names += ("key", "key may hear", "key may trade", "venue clock")
    assert states(rows, *names) == ["PASS"] * 7
    assert doctor.asked_rights


def test_each_pair_has_its_rules_by_both_increments(doctor):
    _, rows = doctor()

    for name in ("BTC_TRY", "ETH_TRY", "SOL_TRY"):
        assert rows[f"rules {name}"]["state"] == "PASS"
        assert "tick_size" in rows[f"rules {name}"]["found"]
        assert "scale" in rows[f"rules {name}"]["found"]


@pytest.mark.parametrize("gate", live.ARMED)
def test_a_shut_gate_is_a_row_of_its_own_with_what_opens_it(doctor, gate):
    code, rows = doctor({name: value for name, value in ENVIRON.items() if name != gate})

    assert code == 1
    assert rows[f"gate {gate}"]["state"] == "WARN"
    assert rows[f"gate {gate}"]["todo"] == f"set {gate}={live.ARMED[gate]}"
    others = [row for name, row in rows.items() if name.startswith("gate") and gate not in name]
    assert {row["state"] for row in others if row["name"] != f"gate {gate}"} == {"PASS"}


def test_a_dry_run_is_a_gate(doctor):
    _, rows = doctor(dry_run=True)

    assert rows["gate executor.dry_run"]["state"] == "WARN"
    assert "a gate is shut" in rows["key may trade"]["found"]
    assert not doctor.asked_rights


def test_a_clock_ten_seconds_off_fails(doctor):
    code, rows = doctor(instead={"/api/v2/server/time": ten_seconds_off})

    assert code == 2
    assert rows["venue clock"]["state"] == "FAIL"
    assert "live does not start" in rows["venue clock"]["todo"]


@pytest.mark.parametrize(
    ("refusal", "todo"),
    [
        ("401_headers_missing", "rights"),
        ("401_invalid_public_key", "rights"),
        ("401_invalid_request", "rights"),
        ("401_invalid_signature", "rights"),
        ("401_invalid_nonce", "clock"),
        ("401_invalid_nonce_legacy_success_true", "clock"),
        ("403", "refuses this address"),
    ],
)
def test_a_key_that_the_venue_does_not_take_fails_with_what_to_do(doctor, refusal, todo):
    body = FORBIDDEN if refusal == "403" else (FIXTURES / f"{refusal}.json").read_bytes()
    status = int(refusal[:3])

    code, rows = doctor(instead={"/api/v1/openOrders": lambda *_: (status, body)})

    assert code == 2
    assert rows["key"]["state"] == "FAIL"
    assert todo in rows["key"]["todo"]
    assert "key may trade" not in rows


def test_a_key_that_may_read_and_not_trade_fails(doctor, venue):
    venue.faults(missing_rights=["trade"])
    code, rows = doctor()
    venue.faults(missing_rights=[])

    assert code == 2
    assert states(rows, "key", "key may trade") == ["PASS", "FAIL"]
    assert "right to trade" in rows["key may trade"]["todo"]


def test_a_key_that_may_not_listen_is_told_before_it_is_needed(doctor, venue):
    venue.faults(missing_rights=["stream"])
    code, rows = doctor()
    venue.faults(missing_rights=[])

    assert code == 1
    assert states(rows, "key", "key may hear", "key may trade") == ["PASS", "WARN", "PASS"]
    assert "LOGIN_REFUSED" in rows["key may hear"]["found"]
    assert "right to the WebSocket" in rows["key may hear"]["todo"]


def garbled(socket):
    """Say something unreadable, then no to the login."""
    socket.recv()
    socket.send("half a fra")
    socket.send('[114,{"type":114,"id":0,"ok":false,"message":"Unauthorized"}]')
    socket.recv()


def test_a_frame_that_cannot_be_read_is_no_right_to_listen(doctor):
    with serve(garbled, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _, rows = doctor(stream=f"ws://127.0.0.1:{server.socket.getsockname()[1]}")
        server.shutdown()
        thread.join()

    assert rows["key may hear"]["state"] == "WARN"
    assert "LOGIN_REFUSED" in rows["key may hear"]["found"]


def test_a_websocket_that_cannot_be_reached_is_told_as_that(doctor):
    code, rows = doctor(stream="ws://127.0.0.1:1")

    assert (code, rows["key may hear"]["state"]) == (1, "WARN")
    assert "ws_url" in rows["key may hear"]["todo"]


def test_a_pair_that_the_venue_does_not_list_fails(doctor):
    def none(status, body):
        return status, body.replace(b"SOLTRY", b"XYZTRY").replace(b"SOL_TRY", b"XYZ_TRY")

    code, rows = doctor(instead={"/api/v2/server/exchangeinfo": none})

    assert code == 2
    assert rows["rules SOL_TRY"]["found"] == "the venue does not list it"


@pytest.mark.parametrize(
    ("private", "words"), [("", "BTCTURK_API_SECRET"), ("no*base64", "not base64")]
)
def test_keys_that_will_not_do_fail_and_are_not_shown(doctor, private, words):
    code, rows = doctor(ENVIRON | {secrets.SECRET: private})

    assert code == 2
    assert rows["keys"]["state"] == "FAIL"
    assert words in rows["keys"]["found"]
    assert not private or private not in str(rows)


def test_a_secret_file_that_others_may_read_fails_with_the_cure(doctor, tmp_path):
    file = tmp_path / "secret"
    file.write_text(ACCOUNT.secret)
    file.chmod(0o644)
    given = {name: value for name, value in ENVIRON.items() if name != secrets.SECRET}

    code, rows = doctor(given | {f"{secrets.SECRET}_FILE": str(file)})

    assert code == 2
    assert f"chmod 0600 {file}" in rows["keys"]["found"]
