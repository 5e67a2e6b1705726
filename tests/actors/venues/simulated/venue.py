"""The exchange without a process: its application called directly, its clock moved by the test."""

import asyncio
import json

import httpx

from actors.runtime.contain import attempt
from actors.venues.btcturk.sign import credentials, headers
from actors.venues.settings import ExchangeAccount, ExchangeSettings, HouseSettings
from actors.venues.simulated import app
from actors.venues.simulated.connections import Connections
from actors.venues.simulated.floor import Floor
from actors.venues.simulated.hub import Listener
from actors.venues.simulated.journal import FILE_NAME, Journal
from actors.venues.simulated.listing import LISTINGS, UNITS_PER_ONE
from actors.venues.simulated.stream import Stream
from messages.money import Amount
from tests.actors.venues.clocks import StandingClock

NOW = 1_774_252_925_783
OPENING = {"TRY": "25000", "USDT": "500", "SOL": "4", "ETH": "0.2"}
STILL = HouseSettings(trades_per_s=0, levels=1, volatility_bps=0)


class Caller:
    """What a request handler asks of the other end."""

    client = None


class Venue:
    """A floor, its application and one listener that is logged in."""

    def __init__(self, run_dir, *, now_ms=NOW, opening=OPENING, **settings):
        balances = {asset: Amount(amount) for asset, amount in opening.items()}
        account = ExchangeAccount(public_key="ann", secret="c2VjcmV0", balances=balances)
        given = {"account": account, "house": STILL, "instruments": tuple(LISTINGS)} | settings
        self.settings = ExchangeSettings(**given)
        self.clock = StandingClock(now_ms)
        self.journal = Journal(run_dir / FILE_NAME)
        self.floor = Floor(self.settings, self.clock, self.journal, attempt)
        self.keys = credentials("ann", "c2VjcmV0")
        self.account = self.floor.doorman.accounts["ann"]
        connections = Connections(self.clock, lambda peer: None, drain_max_ms=1, quiet_ms=1)
        self.fatal, self.unforeseen = [], []  # the errors that the process would be told of
        self.app = app.build(
            self.floor,
            connections,
            control=True,
            fatal=self.fatal.append,
            unforeseen=lambda path, error: self.unforeseen.append((path, error)),
        )
        self.stream = Stream(self.floor, connections)
        self.ear = self.listener(account=self.account)

    def listener(self, *, account=None):
        found = Listener(frames_max=1_000)
        found.account = account
        self.floor.hub.join(found)
        return found

    def say(self, listener, kind, **body):
        """Let a listener send one frame."""
        self.stream._heard(listener, Caller(), json.dumps([kind, {"type": kind} | body]))

    def call(self, method, path, *, signed=True, **given):
        signature = headers(self.keys, self.floor.clock.wall_ms()) if signed else {}

        async def ask():
            transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://venue") as client:
                return await client.request(
                    method, path, **{"headers": signature, "timeout": 5} | given
                )

        return asyncio.run(ask())

    def get(self, path, **query):
        return self.call("GET", path, params=query).json()

    def order(self, **changed):
        """Send a limit buy of 0.001 BTC at 3,000,000 TRY; None leaves a field out."""
        body = {
            "pairSymbol": "BTCTRY",
            "orderType": "buy",
            "orderMethod": "limit",
            "quantity": "0.001",
            "price": "3000000",
            "newOrderClientId": "test-1",
        } | changed
        given = {key: value for key, value in body.items() if value is not None}
        return self.call("POST", "/api/v1/order", json=given)

    def faults(self, **table):
        answer = self.call("POST", "/_faults", signed=False, json=table)
        assert answer.status_code == 200, answer.text

    def trade(self, price, quantity, *, instrument="BTC_TRY", buying=False):
        """Let others trade at *price*: what rests there comes first."""
        listing = LISTINGS[instrument]
        amount = int(Amount(quantity) * UNITS_PER_ONE)
        self.floor.exchange.trade_at(
            instrument,
            listing.ticks(Amount(price)),
            buying=buying,
            amount=amount,
            now_ms=self.floor.clock.wall_ms(),
        )
        self.floor._settle()

    def stand(self, instrument="BTC_TRY", *, bids=(), asks=()):
        """Let the house stand at (price, quantity) and nowhere else."""
        listing = LISTINGS[instrument]
        sides = (
            {listing.ticks(Amount(p)): int(Amount(q) * UNITS_PER_ONE) for p, q in side}
            for side in (bids, asks)
        )
        below, above = sides
        self.floor.exchange.quote(instrument, bids=below, asks=above)

    def pass_ms(self, ms):
        self.clock.pass_ms(ms)
        self.floor.step(ms)

    def close(self):
        self.floor.close()
        self.journal.close()


def heard(listener, *kinds):
    """Return the frames that wait for a listener as `[type, object]`, of *kinds* if given."""
    found = []
    while not listener._frames.empty():
        frame = listener._frames.get_nowait()
        found.append(None if frame is None else json.loads(frame))
    return [one for one in found if one is None or not kinds or one[0] in kinds]
