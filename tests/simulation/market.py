"""The public side of the simulated venue: its table of rules, its books, its stream."""

from collections.abc import Mapping, Sequence

from actors.venues.port import (
    BookTop,
    Connected,
    Disconnected,
    StreamSink,
    VenueUnavailable,
)
from messages.instrument import Instrument
from messages.money import Amount
from tests.simulation.schedule import Schedule
from tests.simulation.venue import FINE, HANG, Venue

OPENS_NS = 20_000_000


class Market:
    """What market_data is handed as its venue."""

    def __init__(self, schedule: Schedule, venue: Venue) -> None:
        self._schedule, self._venue = schedule, venue
        self._streams: list[Streaming] = []
        self.is_down = False

    def guess(self, instruments: Sequence[str]) -> Mapping[str, str]:
        return {name: name for name in instruments}

    def client(self) -> "PublicSide":
        return PublicSide(self._venue)

    def stream(self, spelled: Mapping[str, str], sink: StreamSink) -> "Streaming":
        stream = Streaming(self._schedule, self._venue, sink, self)
        self._streams.append(stream)
        return stream

    def down(self) -> None:
        """Break every stream, and let none come up."""
        self.is_down = True
        for stream in self._streams:
            stream.lost()

    def up(self) -> None:
        self.is_down = False
        for stream in self._streams:
            stream.connect()


class Streaming:
    """One stream. It belongs to a process, and says nothing once that is gone."""

    def __init__(self, schedule: Schedule, venue: Venue, sink: StreamSink, market: Market) -> None:
        self._schedule, self._venue, self._sink, self._market = schedule, venue, sink, market
        self._wanted = False
        self._open = False

    def start(self) -> None:
        self._wanted = True
        self._schedule.after(OPENS_NS, self.connect)

    def stop(self) -> None:
        self._wanted = False
        self._close()

    def connect(self) -> None:
        if self._wanted and not self._open and not self._market.is_down:
            self._open = True
            self._sink(Connected(private=False))
            self._venue.subscribe(self._sink)

    def lost(self) -> None:
        if self._open:
            self._close()
            self._sink(Disconnected(reason="reset", retry_ms=100))

    def _close(self) -> None:
        self._open = False
        self._venue.unsubscribe(self._sink)


class PublicSide:
    """The calls that need no key: `port.PublicClient`."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self.problems: Mapping[str, int] = {}

    def server_time_ms(self) -> int:
        self._weather()
        return self._venue.now_ms()

    def instruments(self) -> list[Instrument]:
        self._weather()
        return [
            Instrument(
                instrument=name,
                base=one.base,
                quote=one.quote,
                price_increment=Amount(one.price(1)),
                quantity_step=Amount(one.quantity(one.step_units)),
                notional_min=one.notional_min,
            )
            for name, one in self._venue.exchange.listed.items()
        ]

    def quote(self, instrument: str) -> BookTop:
        self._weather()
        return self._venue.top(instrument)

    def spelling(self, instrument: str) -> str:
        return instrument

    def close(self) -> None:
        pass

    def _weather(self) -> None:
        if self._venue.fate not in (FINE, HANG):
            raise VenueUnavailable(self._venue.fate)
