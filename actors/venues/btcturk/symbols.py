"""How an instrument is spelled here and at the venue: `BTC_TRY` and `BTCTRY`.

The pair of formatters is made from the table the venue lists, and works without it for the
spellings that can be told apart.
"""

import difflib
from collections.abc import Iterable, Mapping

QUOTES = ("TRY", "USDT", "USDC", "BTC")  # tried in this order to split a joined spelling
CLOSE_NAMES_MAX = 3


class SymbolUnreadable(ValueError):
    """A name that is no instrument."""

    code = "SYMBOL_UNREADABLE"


def canonical(name: str, known: Mapping[str, str]) -> str:
    """Return the instrument that *name* spells; *known* is venue symbol -> instrument.

    Raises SymbolUnreadable.
    """
    spelled = name.strip().upper().replace("-", "_").replace("/", "_").replace(" ", "_")
    parts = spelled.split("_")
    if len(parts) == 2 and all(part and part.isascii() for part in parts):
        return spelled
    if len(parts) == 1:
        if spelled in known:
            return known[spelled]
        for quote in QUOTES:
            base = spelled.removesuffix(quote)
            if base and base != spelled and base.isascii():
                return f"{base}_{quote}"
    raise SymbolUnreadable(f"{name[:40]!r} is no instrument")


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the up to three of *known* that look most like *name*."""
    return difflib.get_close_matches(name.upper(), list(known), CLOSE_NAMES_MAX, cutoff=0.4)


class Symbols:
    """The formatter pair of one venue table: instrument -> venue symbol and back."""

    def __init__(self, table: Mapping[str, str] | None = None) -> None:
        self._to_venue = dict(table or {})
        self._to_ours = {symbol.upper(): name for name, symbol in self._to_venue.items()}

    @property
    def table(self) -> Mapping[str, str]:
        return self._to_venue

    def lists(self, symbol: str) -> bool:
        """Return whether the venue's *symbol* is in the table; without a table every one is."""
        return not self._to_ours or symbol.upper() in self._to_ours

    def venue(self, instrument: str) -> str:
        """Return the venue's spelling of *instrument*."""
        return self._to_venue.get(instrument) or instrument.replace("_", "")

    def ours(self, symbol: str) -> str:
        """Return the instrument of the venue's *symbol*. Raises SymbolUnreadable."""
        return self._to_ours.get(symbol) or canonical(symbol, self._to_ours)
