"""A real simulated exchange with a still market, a stranger to trade with, and a desk on it."""

import random
from contextlib import contextmanager

from actors.venues.btcturk.rest import BtcturkPrivate
from actors.venues.btcturk.sign import credentials
from actors.venues.btcturk.stream import BtcturkStream, Subject
from actors.venues.btcturk.symbols import Symbols
from actors.venues.port import NewOrder
from messages.money import Amount
from messages.orders import IntentAck, IntentRefused, Side
from tests.actors.executor.driving import Driver
from tests.actors.executor.wishes import wanted_of
from tests.actors.venues.served import CLOCK, serving, stamps

STILL = """
[exchange]
{more}
[exchange.house]
trades_per_s = 0
volatility_bps = 0
half_spread_bps = 20
[[exchange.more_accounts]]
public_key = "stranger"
secret = "c3RyYW5nZXI="
[exchange.more_accounts.balances]
TRY = "1000000"
BTC = "10"
"""


class Stranger:
    """Somebody else with an account: what we rest, they may take."""

    def __init__(self, served):
        keys = credentials("stranger", "c3RyYW5nZXI=")
        self._client = BtcturkPrivate(served.settings, CLOCK, keys, Symbols())
        self._stamp = stamps()
        self._count = 0

    def close(self):
        self._client.close()

    def trade(self, side, quantity, price, instrument="BTC_TRY"):
        self._count += 1
        order = NewOrder(
            client_order_id=f"stranger-{self._count}",
            instrument=instrument,
            side=side,
            price=Amount(price),
            quantity=Amount(quantity),
        )
        return self._client.submit(order, self._stamp())


class Place:
    """One exchange, one run directory, and the desks that live there one after the other."""

    def __init__(self, served, run_dir):
        self.served, self.run_dir = served, run_dir
        self.stranger = Stranger(served)
        public = served.public()
        self.rules = {one.instrument: one for one in public.instruments()}
        self.tops = {name: public.quote(name) for name in ("BTC_TRY", "ETH_TRY")}
        public.close()
        self.driver = None
        self.login_ms = None  # how the stream asks for the time; None: none was made

    def open(self, *, stream=False, **given):
        """Start a desk, told the rules and the market."""
        maker = self._stream if stream else None
        self.driver = Driver(self.run_dir, self.served.private, stream=maker, **given)
        self.driver.rules(*(self.rules[name] for name in self.tops))
        for name, top in self.tops.items():
            self.driver.quote(name, top.bid, top.ask)
        return self.driver

    def opened(self, **given):
        driver = self.open(**given)
        driver.ready()
        return driver

    @property
    def inside(self):
        """A price between the house's bid and ask: an order there rests and is the best."""
        top, rules = self.tops["BTC_TRY"], self.rules["BTC_TRY"]
        return rules.price_down((top.bid + top.ask) * Amount("0.5"))

    def wish(self, side, quantity, price, instrument="BTC_TRY", strategy="one"):
        """Have an order accepted; return its client order id."""
        driver = self.driver
        driver.hear(wanted_of(driver, instrument, (side, quantity, price, strategy)))
        assert not driver.said(IntentRefused), driver.said(IntentRefused)
        return driver.said(IntentAck)[-1].client_order_ids[0]

    def resting(self, quantity="0.001"):
        """Return the id of a buy of ours that rests inside the spread."""
        name = self.wish(Side.BUY, quantity, self.inside)
        self.driver.until(lambda: self.driver.books.orders[name].state == "LIVE")
        return name

    def state_of(self, name):
        return self.driver.books.orders[name].state

    def orders(self):
        """Return the exchange's own list of our orders."""
        return self.served.truth()["orders"]

    def differences(self):
        """Return, per asset, where the books and the exchange's own balances differ."""
        books = self.driver.books
        theirs = {
            row["asset"]: (Amount(row["free"]), Amount(row["orderFund"]))
            for row in self.served.truth()["balances"]
        }
        ours = {
            asset: (books.balance("free", asset), books.balance("held", asset)) for asset in theirs
        }
        return {
            asset: (ours[asset], theirs[asset]) for asset in theirs if ours[asset] != theirs[asset]
        }

    def _stream(self, sink, venue_ms):
        self.login_ms = venue_ms
        subject = Subject(symbols=Symbols(), keys=self.served.keys)
        dice = random.Random(1)
        return BtcturkStream(
            self.served.settings, subject, sink, clock=CLOCK, random=dice, venue_ms=venue_ms
        )


@contextmanager
def trading(run_dir, more=""):
    """Start an exchange; give a place on it; leave nothing running."""
    home = run_dir / "exchange"
    home.mkdir()
    desk = run_dir / "desk"
    desk.mkdir()
    config = run_dir / "exchange.toml"
    config.write_text(STILL.format(more=more))
    with serving(home, "--config", str(config)) as served:
        place = Place(served, desk)
        try:
            yield place
        finally:
            if place.driver is not None:
                place.driver.close()
            place.stranger.close()
