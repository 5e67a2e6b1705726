"""Under which rules is each instrument traded, how old are they, and who must hear of them?

Rules are read whole, now and then. Old ones forbid every order rather than to be believed; what the
venue lists no longer is not tradable. Moments are monotonic ms.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict, replace

from actors.market_data.settings import Settings
from messages.instrument import Instrument
from messages.money import text

RULES_STALE = "RULES_STALE"
UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"


class Change(Struct, frozen=True, kw_only=True):
    """The rules of one instrument as they were and as they are; *before* None: heard first."""

    before: Instrument | None
    now: Instrument


class Rules:
    """The rules of the instruments that the desk is configured for."""

    def __init__(self, names: Sequence[str], settings: Settings) -> None:
        self._names = tuple(names)
        self._settings = settings
        self._known: dict[str, Instrument] = {}
        self._read_ms: int | None = None
        self._said: dict[str, tuple[Instrument, int]] = {}
        self._retry_ms = settings.retry_first_ms

    @property
    def heard(self) -> bool:
        """Whether the venue's table was ever read."""
        return self._read_ms is not None

    @property
    def missing(self) -> list[str]:
        """The configured names that the venue's table does not have; none before it was read."""
        gone = (name for name in self._names if self._unlisted(name))
        return list(gone) if self.heard else []

    @property
    def listed(self) -> list[str]:
        """The configured names without the missing ones."""
        missing = self.missing
        return [name for name in self._names if name not in missing]

    def refresh(self, table: Iterable[Instrument], now_ms: int) -> list[Change]:
        """Take the venue's *table*; return what changed."""
        found = {one.instrument: one for one in table}
        before = dict(self._known)
        self._read_ms = now_ms
        self._retry_ms = self._settings.retry_first_ms
        for name in self._names:
            if name in found:
                self._known[name] = found[name]
            elif name in self._known:
                self._known[name] = replace(self._known[name], not_tradable=UNKNOWN_SYMBOL)
        return [
            Change(before=before.get(name), now=rules)
            for name, rules in self._known.items()
            if rules != before.get(name)
        ]

    def again_ms(self, *, read: bool, least_ms: int | None = None) -> int:
        """Return in how many ms to read again; *read*: this read went well.

        One that failed is not repeated before the *least_ms* that the venue asked for.
        """
        if read:
            return self._settings.rules_refresh_s * 1_000
        wait_ms = self._retry_ms
        self._retry_ms = min(2 * wait_ms, self._settings.retry_most_ms)
        return max(wait_ms, least_ms or 0)

    def due(self, now_ms: int) -> list[Instrument]:
        """Return what to say now: what differs from what was said, and all of it again in time."""
        current = [self._current(rules, now_ms) for rules in self._known.values()]
        due = [one for one in current if self._is_due(one, now_ms)]
        for one in due:
            self._said[one.instrument] = one, now_ms
        return due

    def _current(self, rules: Instrument, now_ms: int) -> Instrument:
        """Return *rules* as they count now; a code of the venue's own goes before their age."""
        old = self._read_ms is not None and (
            now_ms - self._read_ms > self._settings.rules_stale_s * 1_000
        )
        if old and rules.not_tradable is None:
            return replace(rules, not_tradable=RULES_STALE)
        return rules

    def _is_due(self, rules: Instrument, now_ms: int) -> bool:
        said, said_ms = self._said.get(rules.instrument, (None, 0))
        return said != rules or now_ms - said_ms >= self._settings.rules_repeat_s * 1_000

    def _unlisted(self, name: str) -> bool:
        known = self._known.get(name)
        return known is None or known.not_tradable == UNKNOWN_SYMBOL


def described(change: Change) -> dict[str, object]:
    """Return *change* as a record keeps it: both sets of rules, every amount as text."""
    return {"before": _plain(change.before), "now": _plain(change.now)}


def _plain(rules: Instrument | None) -> dict[str, str | None] | None:
    if rules is None:
        return None
    return {name: _text(value) for name, value in asdict(rules).items()}


def _text(value: Decimal | str | None) -> str | None:
    return text(value) if isinstance(value, Decimal) else value
