"""A bare client of the stream that `btcbot bench` holds market_data against: what a read costs.

No feed, no book, no watchdog: it joins books and gives frames as they come.
"""

from collections.abc import Iterator, Sequence

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from actors.venues.btcturk import feed


def frames(url: str, symbols: Sequence[str]) -> Iterator[str | bytes]:
    """Join the books of *symbols* and give every frame until the connection ends."""
    with connect(url, compression=None, proxy=None, ping_interval=None) as socket:
        for symbol in symbols:
            socket.send(feed.subscription("obdiff", symbol, join=True).decode())
        try:
            while True:
                yield socket.recv()
        except WebSocketException:
            return
