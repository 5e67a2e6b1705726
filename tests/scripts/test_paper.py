"""A desk in paper: a second simulated exchange stands in for the public feed it follows."""

import json
import signal
import threading

import httpx
import pytest

from store.readers import Reader
from tests.actors.venues.served import serving
from tests.scripts.commands import btcbot
from tests.scripts.desks import desk_in, place

SILENT_S = 3
QUICK = """
extends = "paper.toml"

[[strategy.run]]
kind = "mean_reversion"
name = "mean_reversion"
instruments = ["BTC_TRY", "ETH_TRY", "SOL_TRY"]
bootstrap_try = 200
order_try = 400
below_bps = 1
above_bps = 1
window_s = 10
sample_s = 1
samples_min = 3

[allocator]
pricing = "cross"
offset_bps = 20

[risk_gate]
cooldown_ms = 500
repeated_max = 100

[executor]
visibility_lag_s = 2

[exchange.mirror]
silence_max_ms = 3_000
"""


@pytest.fixture(scope="module")
def public():
    """The public feed: an exchange of its own, with another market than a sim would have."""
    with place() as run_dir, serving(run_dir, "--seed", "77") as exchange:
        yield exchange


@pytest.fixture(scope="module")
def desk(public):
    with place() as run_dir:
        config = run_dir / "quick.toml"
        config.write_text(QUICK)
        with desk_in(run_dir, "--config", config, "--public-url", public.url) as started:
            started.wait_ready()
            started.wait_until(lambda: fills(run_dir), "a first fill")
            yield started
            assert started.stop() == 0


def fills(run_dir):
    with Reader.open(run_dir) as reader:
        return reader.fills(50)


def mirrored(desk):
    where = json.loads((desk.run_dir / "endpoints.json").read_text())
    return where["venue"]["base_url"]


def book(url, name="BTC_TRY"):
    return httpx.get(f"{url}/api/v2/orderbook", params={"pairSymbol": name}).json()["data"]


def problems(desk):
    """Return why each instrument is not traded now, None where it is."""
    told = desk.status()["feeds"] or {"instruments": {"": {"problem": "UNHEARD"}}}
    return [one["problem"] for one in told["instruments"].values()]


def test_a_desk_in_paper_trades_at_the_prices_of_the_public_book(public, desk):
    assert mirrored(desk) != public.url
    assert desk.status()["mode"] == "paper"
    for one in fills(desk.run_dir):
        price = float(one["price"])
        bid, ask = (float(book(public.url, one["instrument"])[k][0][0]) for k in ("bids", "asks"))
        assert bid * 0.98 < price < ask * 1.02


def test_the_public_exchange_never_hears_of_our_orders(public, desk):
    assert fills(desk.run_dir)
    assert public.truth()["orders"] == []


def test_the_mirrored_books_are_the_public_ones(public, desk):
    def same():
        ours, theirs = book(mirrored(desk)), book(public.url)
        return set(map(tuple, ours["bids"][5:50])) & set(map(tuple, theirs["bids"][5:50]))

    desk.wait_until(same, "a level that stands in both books", 10)


def test_books_of_a_desk_in_paper_agree_with_its_exchange(desk):
    done = btcbot("verify", "--json", run_dir=desk.run_dir)

    assert done.code == 0, done.document
    assert done.document["differences"] == []


def test_silence_of_the_public_feed_makes_every_market_stale_and_its_end_trades_on(public, desk):
    public.process.send_signal(signal.SIGSTOP)
    try:
        desk.wait_until(lambda: set(problems(desk)) == {"STALE"}, "all stale")
        shown = httpx.get(f"{mirrored(desk)}/api/v2/orderbook", params={"pairSymbol": "BTC_TRY"})
        before = fills(desk.run_dir)
        threading.Event().wait(SILENT_S)
        after = fills(desk.run_dir)
    finally:
        public.process.send_signal(signal.SIGCONT)

    assert shown.status_code == 503
    assert before == after
    desk.wait_until(lambda: not any(problems(desk)), "all fresh again")
    desk.wait_until(lambda: len(fills(desk.run_dir)) > len(after), "a fill after the silence")
