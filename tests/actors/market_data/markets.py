"""Tops of books, moments and settings for the tests of this room."""

from actors.market_data.moment import Moment
from actors.market_data.settings import Settings
from actors.venues.port import BookTop, Candle, FormingCandle, PublicTrade
from messages.money import amount
from messages.orders import Side

BTC, ETH, SOL = "BTC_TRY", "ETH_TRY", "SOL_TRY"
START_MS = 1_000_000  # monotonic
WALL_MS = 1_774_252_800_000
OWN = Settings()


def at(ms=0, *, offset_ms=0):
    """The moment *ms* after the start, on all clocks."""
    return Moment(mono_ms=START_MS + ms, wall_ms=WALL_MS + ms, offset_ms=offset_ms)


def top(bid="100", ask="102", instrument=BTC, *, stamp_ms=None, channel="book", size="1"):
    return BookTop(
        instrument=instrument,
        bid=None if bid is None else amount(bid),
        bid_quantity=None if bid is None else amount(size),
        ask=None if ask is None else amount(ask),
        ask_quantity=None if ask is None else amount(size),
        stamp_ms=stamp_ms,
        channel=channel,
    )


def trade(price="101", quantity="1", *, name="1", ms=0, instrument=BTC):
    return PublicTrade(
        instrument=instrument,
        trade_id=name,
        side=Side.BUY,
        price=amount(price),
        quantity=amount(quantity),
        at_ms=WALL_MS + ms,
    )


def told(quantity="2", *, high="12", low="9", minute=0, instrument=BTC, resolution="1"):
    """How the venue sees a minute."""
    return FormingCandle(
        instrument=instrument,
        resolution=resolution,
        candle=Candle(
            open_ms=WALL_MS + minute * 60_000,
            open=amount(10),
            high=amount(high),
            low=amount(low),
            close=amount(11),
            quantity=amount(quantity),
        ),
    )
