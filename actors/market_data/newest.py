"""The newest top of each book on its way from the stream's thread to the loop.

A top says all there is to know of a book's best prices, so one that nobody looked at yet gives way
to the next: a flood of frames makes no queue. Everything else keeps its place in line, and a top
never overtakes the end of a connection.
"""

from typing import Any, Protocol

from msgspec import Struct

from actors.venues.port import BookTop, StreamEvent

Key = tuple[str, str]  # instrument and channel


class Lock(Protocol):
    """What only one thread holds at a time."""

    def __enter__(self) -> object: ...
    def __exit__(self, kind: Any, error: Any, trace: Any, /) -> object: ...


class Place(Struct):
    """A place in line, with the newest top that came while it waited."""

    top: BookTop


class Newest:
    """Tops by instrument and channel; two threads may call `put` and `take`, under *lock*."""

    def __init__(self, lock: Lock) -> None:
        self._waiting: dict[Key, Place] = {}
        self._lock = lock

    def put(self, event: StreamEvent) -> StreamEvent | Place | None:
        """Return what is to stand in line for *event*, None where its place is in it already."""
        with self._lock:
            if not isinstance(event, BookTop):
                self._waiting.clear()  # what comes from now on comes after this
                return event
            place = self._waiting.get((event.instrument, event.channel))
            if place is not None:
                place.top = event
                return None
            place = self._waiting[event.instrument, event.channel] = Place(event)
            return place

    def take(self, waited: StreamEvent | Place) -> StreamEvent:
        """Return what *waited* stands for now; its place is free again."""
        if not isinstance(waited, Place):
            return waited
        with self._lock:
            key = (waited.top.instrument, waited.top.channel)
            if self._waiting.get(key) is waited:
                del self._waiting[key]
            return waited.top
