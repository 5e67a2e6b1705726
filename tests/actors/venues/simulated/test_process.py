"""The exchange as a process: what a kill leaves, how it ends, what it refuses to start with."""

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from decimal import Decimal

import httpx
import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from actors.venues.port import (
    Ack,
    Connected,
    Lost,
    NewOrder,
    NotSent,
    VenueFill,
    VenueStatus,
)
from messages.money import floor_to
from messages.orders import Side
from scripts.exchange import exchange as exchange_command
from tests.actors.venues.served import ROOT, await_event, command, serving, stamps


def order_at(client, public, number, ratio):
    return client.submit(near(public, number, ratio), stamps()())


def near(public, number, ratio):
    book = public.quote("BTC_TRY")
    price = floor_to(book.bid * Decimal(ratio), Decimal(10))
    return NewOrder(
        client_order_id=f"kept-{number}",
        instrument="BTC_TRY",
        side=Side.BUY,
        price=price,
        quantity=Decimal("0.0001"),
    )


def test_a_kill_of_the_exchange_loses_nothing(tmp_path):
    stamp = stamps()
    with serving(tmp_path) as exchange:
        client, public = exchange.private(), exchange.public()
        resting = order_at(client, public, 1, "0.8")
        filled = order_at(client, public, 2, "1.01")
        ended = order_at(client, public, 3, "0.8")
        client.cancel(ended.venue_order_id, stamp())
        before = exchange.truth()
        exchange.process.kill()
        exchange.process.wait()
    with (tmp_path / "exchange.jsonl").open("ab") as journal:
        journal.write(b'{"type":"accepted","order_id":3')

    with serving(tmp_path) as exchange:
        after = exchange.truth()
        client, public = exchange.private(), exchange.public()
        found = client.open_orders("BTC_TRY", stamp())
        new = order_at(client, public, 4, "1.01")
        trades = [
            int(fill.trade_id) for fill in client.fills("BTC_TRY", since_ms=0, stamp_ms=stamp())
        ]

    assert after["orders"] == before["orders"]
    assert amounts(after) == amounts(before)
    assert [order.venue_order_id for order in found] == [resting.venue_order_id]
    assert isinstance(filled, Ack)
    assert new.venue_order_id == ended.venue_order_id + 1
    assert trades == sorted(set(trades), reverse=True)
    assert len(trades) >= 2


def test_every_order_that_was_acknowledged_survives_a_kill_in_mid_flow(tmp_path):
    acknowledged, enough = {}, threading.Event()
    with serving(tmp_path) as exchange:
        client, public = exchange.private(), exchange.public()
        wish = near(public, 0, "0.8")
        killer = threading.Thread(target=lambda: (enough.wait(30), exchange.process.kill()))
        killer.start()
        for number in range(200):
            name = f"flow-{number}"
            outcome = client.submit(replace(wish, client_order_id=name), stamps()())
            if isinstance(outcome, NotSent):
                break
            if isinstance(outcome, Ack):
                acknowledged[name] = outcome.venue_order_id
            if len(acknowledged) == 5:
                enough.set()
        killer.join()

    with serving(tmp_path) as exchange:
        orders = exchange.truth()["orders"]
        locked = next(b["locked"] for b in exchange.truth()["balances"] if b["asset"] == "TRY")

    found = {order["orderClientId"]: order["id"] for order in orders}
    assert len(acknowledged) >= 5
    assert len(found) == len(orders)
    assert acknowledged.items() <= found.items()
    assert Decimal(locked) == len(orders) * wish.price * wish.quantity * Decimal("1.0018")


def amounts(truth):
    return [{key: row[key] for key in ("asset", "free", "locked")} for row in truth["balances"]]


def test_a_resting_order_still_trades_after_a_restart(tmp_path):
    with serving(tmp_path) as exchange:
        resting = order_at(exchange.private(), exchange.public(), 1, "0.9997")
        exchange.process.kill()
        exchange.process.wait()

    with serving(tmp_path) as exchange:
        events = exchange.stream(private=True)
        await_event(events, Connected)
        found = exchange.private().order(resting.venue_order_id, stamps()())
        if found.status is VenueStatus.OPEN:
            fill = await_event(events, VenueFill, within_s=50)
            assert (fill.venue_order_id, fill.price) == (resting.venue_order_id, found.price)


def test_ordered_to_stop_it_serves_until_the_last_private_connection_closes(tmp_path):
    stamp = stamps()
    with serving(tmp_path) as exchange:
        client = exchange.private()
        order = order_at(client, exchange.public(), 1, "0.8")
        exchange.process.send_signal(signal.SIGTERM)

        with pytest.raises(subprocess.TimeoutExpired):
            exchange.process.wait(1.5)
        assert client.cancel(order.venue_order_id, stamp()) == "SUCCESS"
        client.close()

        assert exchange.process.wait(5) == 0


def test_without_private_connections_it_stops_soon(tmp_path):
    with serving(tmp_path) as exchange:
        exchange.process.send_signal(signal.SIGTERM)

        assert exchange.process.wait(5) == 0


def test_a_second_order_to_stop_ends_it_at_once(tmp_path):
    with serving(tmp_path) as exchange:
        exchange.private().balances(stamps()())
        exchange.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            exchange.process.wait(0.3)

        exchange.process.send_signal(signal.SIGINT)

        assert exchange.process.wait(5) == 0


def test_it_ends_when_its_parent_dies(tmp_path):
    parent = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:] + ['--parent', str(os.getpid())])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", parent, *command(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(started.stdout.readline())
    started.stdout.readline()  # ready
    alive = os.pidfd_open(pid)

    started.kill()
    started.communicate()

    assert select.select([alive], [], [], 5)[0]
    os.close(alive)


COMMAND = typer.Typer()
COMMAND.command()(exchange_command)


def failed(run_dir, *options, toml=None):
    """Run the command in this process: what fails does so before anything opens."""
    if toml is not None:
        (run_dir / "exchange.toml").write_text(toml)
        options += ("--config", str(run_dir / "exchange.toml"))
    ended = CliRunner().invoke(COMMAND, ["--run-dir", str(run_dir), *options])
    return ended.exit_code, ended.stderr


def test_the_process_ends_with_the_code_of_its_fault_and_without_a_traceback(tmp_path):
    ended = subprocess.run(
        command(tmp_path, "--market", "missing.csv"), cwd=ROOT, capture_output=True, text=True
    )

    assert ended.returncode == 78
    assert ended.stderr == "exchange: missing.csv: cannot be read (No such file or directory)\n"


def test_a_market_file_that_is_none_is_named_by_line_and_reason(tmp_path):
    file = tmp_path / "market.csv"
    file.write_text("open_time_ms,open,high,low,close,quote_volume\n0,1,2,x,1,0\n")

    code, said = failed(tmp_path, "--market", str(file))

    assert code == 78
    assert "line 2" in said
    assert "low is 'x'" in said


def test_every_fault_of_the_configuration_is_told_at_once(tmp_path):
    toml = '[exchange]\nseed = "one"\nrate = 13.5\ncolour = 1\nbook_interval_ms = 1\n'

    code, said = failed(tmp_path, toml=toml)

    assert code == 78
    assert all(key in said for key in ("seed", "rate", "colour", "book_interval_ms"))


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[exchange]\ninstruments = ["PEPE_TRY"]', "PEPE_TRY"),
        ('[exchange]\nspeed = "0"', "speed"),
        ('[exchange.account]\nsecret = "no base64!"', "base64"),
        ("[exchange", "not TOML"),
        ("exchange = 1", "not a table"),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_with_78(tmp_path, toml, said):
    code, told = failed(tmp_path, toml=toml)

    assert (code, said in told) == (78, True), told


def test_a_change_that_cannot_be_written_ends_the_exchange_and_was_never_answered(tmp_path):
    with serving(tmp_path) as exchange:
        client, public = exchange.private(), exchange.public()
        wish = near(public, 1, "0.8")
        size = (tmp_path / "exchange.jsonl").stat().st_size + 10
        resource.prlimit(exchange.process.pid, resource.RLIMIT_FSIZE, (size, size))

        outcome = client.submit(wish, stamps()())

        assert isinstance(outcome, Lost)
        assert exchange.process.wait(5) == 71
    with serving(tmp_path) as exchange:
        assert exchange.private().open_orders("BTC_TRY", stamps()()) == []


def test_an_address_that_is_taken_ends_with_75(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, said = failed(tmp_path, "--port", str(port))

    assert (code, str(port) in said) == (75, True)


def test_a_run_directory_that_cannot_be_made_ends_with_71(tmp_path):
    (tmp_path / "file").touch()

    code, said = failed(tmp_path / "file")

    assert (code, str(tmp_path) in said) == (71, True)


def test_a_damaged_journal_ends_with_71_and_names_the_line(tmp_path):
    (tmp_path / "exchange.jsonl").write_text("nonsense\n")

    code, said = failed(tmp_path)

    assert (code, "line 1" in said) == (71, True)


def test_a_second_exchange_on_the_run_directory_is_refused_and_the_first_unharmed(tmp_path):
    with serving(tmp_path) as exchange:
        code, said = failed(tmp_path, toml="[exchange]\ndrain_max_ms = 0")

        assert (code, "in use" in said) == (75, True)
        assert httpx.get(f"{exchange.url}/api/v2/server/ping").json() == {"pong": True}


def test_control_paths_exist_only_when_asked_for(tmp_path):
    process = subprocess.Popen(command(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().split()[2]
    answers = [httpx.get(f"{url}/_truth"), httpx.post(f"{url}/_faults", json={})]
    process.kill()
    process.communicate()

    assert [answer.status_code for answer in answers] == [404, 404]
