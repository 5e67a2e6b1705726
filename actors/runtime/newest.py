"""The newest message of each kind and name, and how long ago it was heard.

Ages are counted on the hearer's own monotonic clock: no agreement of clocks is needed. It keeps at
most NAMES_MAX messages; names come from the configuration, so more of them is a stranger's doing.
"""

from typing import TypeVar

T = TypeVar("T")

NAMES_MAX = 1_000


class Newest:
    """What was heard last. A message replaces the one before it of the same kind and name."""

    def __init__(self) -> None:
        self._kept: dict[tuple[type, str], tuple[object, int]] = {}

    def take(self, message: object, *, name: str = "", now_ms: int) -> None:
        """Keep *message* as the newest of its kind and *name*."""
        key = (type(message), name)
        if key in self._kept or len(self._kept) < NAMES_MAX:
            self._kept[key] = (message, now_ms)

    def get(self, kind: type[T], name: str = "") -> T | None:
        """Return the newest *kind* called *name*, None when none was heard."""
        message = self._kept.get((kind, name), (None, 0))[0]
        return message if isinstance(message, kind) else None

    def age_ms(self, kind: type, name: str = "", *, now_ms: int) -> int | None:
        """Return how long ago it was heard, None when it never was."""
        found = self._kept.get((kind, name))
        return None if found is None else max(0, now_ms - found[1])
