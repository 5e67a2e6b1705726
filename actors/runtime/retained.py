"""The newest state of each topic of a feed, for whoever subscribes late. Times monotonic ms."""

from collections.abc import Iterator

from msgspec.structs import replace

from actors.runtime.hearing import EVENTS
from actors.runtime.wire import Trail
from messages.market import Quote

TOPICS_MAX = 1_000  # topics kept of one feed; instruments are bounded far below


class Retained:
    """What a feed said last, by topic. Events are not kept: they are not the newest of anything."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[object, Trail | None, int]] = {}

    def keep(self, topic: str, message: object, trail: Trail | None, now_ms: int) -> None:
        """Note that *message* is now the newest of *topic*."""
        if type(message) in EVENTS:
            return
        if topic in self._newest or len(self._newest) < TOPICS_MAX:
            self._newest[topic] = (message, trail, now_ms)

    def newest(self, prefix: bytes, now_ms: int) -> Iterator[tuple[object, Trail | None]]:
        """Yield the newest of each topic that begins with *prefix*, as old as it now is."""
        for topic, (message, trail, kept_ms) in list(self._newest.items()):
            if topic.encode().startswith(prefix):
                yield aged(message, now_ms - kept_ms), trail


def aged(message: object, lain_ms: int) -> object:
    """Return *message*, its age raised by the time it lay here where it states an age."""
    if isinstance(message, Quote):
        return replace(message, age_ms=message.age_ms + lain_ms)
    return message
