"""`btcbot exchange`: the simulated exchange alone, for any client of the venue."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.scripts.commands import CHECKOUT, btcbot


@pytest.fixture
def exchange(run_dir):
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts", "exchange", "--run-dir", str(run_dir)],
        cwd=CHECKOUT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_names_its_urls_and_an_account_and_answers_until_it_is_told_to_stop(exchange):
    urls, account = exchange.stdout.readline().split(), exchange.stdout.readline().split()
    url = next(word for word in urls if word.startswith("http://"))
    with urllib.request.urlopen(f"{url}/api/v2/server/time", timeout=5) as answer:
        said = json.load(answer)
    exchange.send_signal(signal.SIGTERM)

    assert said["serverTime"] > 0
    assert account[1] == "simulated-exchange-account"
    assert exchange.wait(15) == 0


def test_market_file_that_is_none_ends_with_78_and_names_the_line(run_dir):
    wrong = run_dir / "wrong.csv"
    wrong.write_text("not,a,market\n1,2,3\n")

    done = btcbot("exchange", "--market", wrong, run_dir=run_dir)

    assert done.code == 78
    assert "line 1" in done.err
