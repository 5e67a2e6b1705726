"""How strategies come to remember what they did not live through: pages of past mids, replayed."""

from collections.abc import Iterator, Mapping

from actors.strategy.interface import Seen
from actors.strategy.views import replayed
from messages.instrument import Instrument
from messages.records import WarmUp


def moments(
    page: WarmUp, rules: Mapping[str, Instrument]
) -> Iterator[tuple[int, Mapping[str, Seen]]]:
    """Yield each moment of *page* with what was seen then, oldest first."""
    by_time: dict[int, dict[str, Seen]] = {}
    for name, mids in page.mids.items():
        if name in rules:
            for one in mids:
                by_time.setdefault(one.at_ms, {})[name] = replayed(rules[name], one.mid)
    yield from sorted(by_time.items())
