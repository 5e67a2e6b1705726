"""The table of faults: what it may say, where it comes from, and that its page is complete."""

import json
import re
import subprocess
import time
import tomllib

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from actors.venues.btcturk.sign import headers, signature
from actors.venues.settings import ExchangePolicies
from actors.venues.simulated import faults
from actors.venues.simulated.faults import AnswerKind, FaultsWrong, OutcomeKind, load
from tests.actors.venues.served import ROOT, command, serving, stamps
from tests.actors.venues.simulated.venue import NOW, Venue, heard

FAR = {
    "pairSymbol": "BTCTRY",
    "orderType": "buy",
    "orderMethod": "limit",
    "price": "2500000",
    "quantity": "0.001",
}
DOCUMENT = ROOT / "docs" / "exchange.md"


@pytest.fixture
def venue(tmp_path):
    found = Venue(tmp_path)
    found.stand(bids=[("3030000", "1")], asks=[("3040000", "1")])
    heard(found.ear)
    yield found
    found.close()


def placed(venue, **changed):
    return venue.order(**changed).json()["data"]["id"]


# --- the table -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("f.toml", "colour = 1", "f.toml: colour: no such fault; expected one of post_order"),
        ("f.toml", "hide_fills_ms = -1", "hide_fills_ms: Expected `int` >= 0"),
        ("f.toml", "hide_fills_ms = '1'", "hide_fills_ms: Expected `int`, got `str`"),
        ("f.toml", "cancel_fill_percent = 101", "cancel_fill_percent: Expected `int` <= 100"),
        ("f.toml", "halted = ['BTC_EUR']", "halted: not listed: BTC_EUR; expected some of BTC_T"),
        ("f.toml", "[[answers]]\nkind = 'odd'", "answers: Invalid enum value 'odd'"),
        ("f.toml", "a =", "f.toml: Invalid value"),
        ("f.json", "[]", "f.json: expected a table of faults by name"),
        ("f.json", "{", "f.json: Input data was truncated"),
        ("f.json", '{"silent_ws": 1}', "silent_ws: Expected `bool`, got `int`"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_where_and_what_was_expected(
    tmp_path, name, text, said
):
    (tmp_path / name).write_text(text)
    with pytest.raises(FaultsWrong) as wrong:
        load(tmp_path / name)
    assert said in str(wrong.value)
    assert wrong.value.exit_code == 78


def test_all_mistakes_of_a_table_come_at_once_and_nothing_is_switched():
    found = faults.Faults()
    with pytest.raises(FaultsWrong) as wrong:
        found.switch({"colour": 1, "hide_fills_ms": -1, "silent_ws": True})
    assert len(str(wrong.value).split("\n")) == 2
    assert not found.on.silent_ws


def test_what_a_table_does_not_name_stays_as_it_is():
    found = faults.Faults()
    found.switch({"silent_ws": True, "ws_connect_429": 1})
    found.switch({"hide_fills_ms": 5})
    assert (found.on.silent_ws, found.on.hide_fills_ms) == (True, 5)
    assert [found.use("ws_connect_429") for _ in range(2)] == [True, False]


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FaultsWrong, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")


def test_the_page_lists_every_fault_with_its_kinds_and_no_other():
    text = DOCUMENT.read_text()
    table = text.split("## Faults")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == faults.NAMES
    for kinds in (OutcomeKind, AnswerKind):
        assert not [one for one in kinds if f"`{one}`" not in table]


def test_the_page_lists_every_endpoint_and_no_other(venue):
    served = {
        (method, route.path)
        for route in venue.app._app._app.routes
        for method in getattr(route, "methods", None) or {"WS"}
        if method != "HEAD"
    }
    table = DOCUMENT.read_text().split("## Endpoints")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+) (\S+)`", table, re.MULTILINE)) == served


def test_the_page_shows_a_table_that_is_one():
    example = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text().split("## Faults")[1], re.S)
    faults.Faults().switch(tomllib.loads(example[1]))


# --- the process -----------------------------------------------------------------------------


def test_the_file_is_in_force_from_the_start_and_connections_are_cut(tmp_path):
    (tmp_path / "faults.json").write_text(json.dumps({"answers": [{"kind": "cut"}]}))
    with serving(tmp_path, "--faults", str(tmp_path / "faults.json")) as exchange:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{exchange.url}/api/v2/server/time")
        assert httpx.get(f"{exchange.url}/api/v2/server/time").status_code == 200


def test_a_file_that_cannot_be_used_ends_the_start_with_78(tmp_path):
    (tmp_path / "faults.toml").write_text("colour = 1")
    line = command(tmp_path, "--faults", str(tmp_path / "faults.toml"))
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 78
    assert "faults.toml: colour: no such fault" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_connect_is_refused_or_closed_at_once_while_the_count_lasts(tmp_path):
    with serving(tmp_path) as exchange:
        exchange.faults(ws_connect_429=1, accept_then_close=1)
        url = exchange.url.replace("http", "ws")
        with pytest.raises(InvalidStatus) as refused:
            connect(url)
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "60"
        with connect(url) as closed, pytest.raises(ConnectionClosed):
            closed.recv(timeout=5)
        with connect(url) as served:
            assert json.loads(served.recv(timeout=5))[0] == 991


@pytest.mark.parametrize("where", ["answers", "post_order_outcome"])
def test_a_true_answer_comes_in_parts_or_by_half(tmp_path, where):
    after = "" if where == "answers" else "_after_accept"
    stamp = stamps()
    with serving(tmp_path) as exchange:

        def order(kind, name):
            exchange.faults(**{where: [{"kind": f"{kind}{after}", "delay_ms": 20}]})
            signed = headers(exchange.keys, stamp())
            return httpx.post(f"{exchange.url}/api/v1/order", headers=signed, json=FAR | name)

        began = time.monotonic()
        whole = order("trickled", {"newOrderClientId": "whole"})
        assert time.monotonic() - began > 20 * 0.02 / 2
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            order("truncated", {"newOrderClientId": "half"})

        assert whole.json()["data"]["newOrderClientId"] == "whole"
        names = [row["orderClientId"] for row in exchange.truth()["orders"]]
        assert names == ["whole", "half"]


def read_on(socket):
    while True:
        socket.recv(timeout=10)


def test_a_connection_is_cut_in_mid_stream_without_a_close(tmp_path):
    with serving(tmp_path) as exchange:
        join = {"type": 151, "channel": "ticker", "event": "all", "join": True}
        with connect(exchange.url.replace("http", "ws")) as socket:
            socket.send(json.dumps([151, join]))
            assert [json.loads(socket.recv(timeout=5))[0] for _ in range(2)] == [991, 100]
            exchange.faults(ws_cuts=1)
            with pytest.raises(ConnectionClosedError) as cut:
                read_on(socket)
        assert cut.value.rcvd is None
        with connect(exchange.url.replace("http", "ws")) as served:
            assert json.loads(served.recv(timeout=5))[0] == 991


# --- policies: what the documentation leaves open --------------------------------------------


def test_the_largest_page_and_the_largest_nonce_are_settings(tmp_path):
    policies = ExchangePolicies(orders_page_max=2, login_nonce_max=3_000)
    venue = Venue(tmp_path, policies=policies)
    for _ in range(3):
        placed(venue)
    rows = venue.get("/api/v1/allOrders", pairSymbol="BTCTRY", limit=1000)["data"]
    assert len(rows) == 2

    for nonce, ok in ((3_000, True), (3_001, False)):
        one = venue.listener()
        signed = signature(venue.keys, nonce)
        login = {"publicKey": "ann", "timestamp": NOW, "nonce": nonce, "signature": signed}
        venue.say(one, 114, **login)
        assert heard(one, 114)[0][1]["ok"] is ok
    venue.close()
