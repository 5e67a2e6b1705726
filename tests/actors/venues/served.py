"""A simulated exchange in a process of its own, and the desk's own clients for it."""

import queue
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx

from actors.runtime.clock import SystemClock
from actors.venues.btcturk.rest import BtcturkPrivate, BtcturkPublic
from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.settings import DefiniteReject, ExchangeAccount, StreamSettings, VenueSettings

ROOT = Path(__file__).resolve().parents[3]
LISTED = {"BTC_TRY": "BTCTRY", "ETH_TRY": "ETHTRY", "SOL_TRY": "SOLTRY", "USDT_TRY": "USDTTRY"}
REJECTS = ("FAILED_MIN_TOTAL_AMOUNT", "FAILED_ORDER_WITH_OPEN_ORDERS", "FAILED_INVALID_PRICE_SCALE")
CLOCK = SystemClock()


class Served:
    """A running exchange: *url*, its process, and the account it opened with."""

    def __init__(self, process, url):
        self.process, self.url = process, url
        account = ExchangeAccount()
        self.keys = credentials(account.public_key, account.secret)
        self.account = account.public_key
        self.settings = venue(url)
        self.opened = []

    def private(self, **changed):
        settings = venue(self.url, **changed)
        return self._opened(BtcturkPrivate(settings, CLOCK, self.keys, Symbols(LISTED)))

    def public(self):
        return self._opened(BtcturkPublic(self.settings, CLOCK))

    def stream(self, *instruments, private=False, **changed):
        """Return a started stream's events as a queue."""
        events = queue.Queue()
        subject = Subject(
            symbols=Symbols(LISTED), instruments=instruments, keys=self.keys if private else None
        )
        settings = venue(self.url, stream=StreamSettings(**changed))
        found = BtcturkStream(settings, subject, events.put, clock=CLOCK, random=Random(1))
        self.opened.append(found.stop)
        found.start()
        return events

    def _opened(self, client):
        self.opened.append(client.close)
        return client

    def close(self):
        for close in self.opened:
            close()

    def truth(self):
        return httpx.get(f"{self.url}/_truth").json()[self.account]

    def faults(self, **wanted):
        assert httpx.post(f"{self.url}/_faults", json=wanted).status_code == 200

    def deposit(self, asset, amount):
        self._moved("deposit", asset, amount)

    def withdraw(self, asset, amount, **more):
        self._moved("withdraw", asset, amount, **more)

    def _moved(self, way, asset, amount, **more):
        wish = {"account": self.account, "asset": asset, "amount": str(amount)}
        assert httpx.post(f"{self.url}/_{way}", json=wish | more).status_code == 200


def venue(url, **changed):
    rejects = tuple(DefiniteReject(message=word, source="test") for word in REJECTS)
    given = {
        "base_url": url,
        "graph_url": url,
        "ws_url": url.replace("http", "ws"),
        "definite_rejects": rejects,
    }
    return VenueSettings(**given | changed)


def command(run_dir, *options):
    return [sys.executable, "-m", "scripts.exchange", "--run-dir", str(run_dir), *options]


@contextmanager
def serving(run_dir, *options):
    """Start an exchange with the control paths open; kill it at the end if it still runs."""
    process = subprocess.Popen(
        command(run_dir, "--control", *options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    try:
        said = process.stdout.readline().split()
        assert said, process.stderr.read()
        served = Served(process, said[2])
        yield served
    finally:
        if said:
            served.close()
        process.kill()
        process.communicate()


def stamps(start=0):
    """Return a function that gives stamps, each used once."""
    last = [start]

    def stamp():
        last[0] = max(last[0] + 1, CLOCK.wall_ms())
        return last[0]

    return stamp


def await_event(events, wanted, *, within_s=20):
    """Return the first event that *wanted* (a type or a test) takes; fail when none comes."""
    takes = (lambda event: isinstance(event, wanted)) if isinstance(wanted, type) else wanted
    deadline = CLOCK.mono_ms() + within_s * 1000
    while (left := deadline - CLOCK.mono_ms()) > 0:
        event = events.get(timeout=left / 1000)
        if takes(event):
            return event
    raise AssertionError("no such event in time")
