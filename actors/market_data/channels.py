"""What did one channel say last of an instrument's book, and may it be believed?

A channel is one way by which the top of a book comes; each has an age of its own. Moments are
monotonic ms. Problems are codes, None where there is none.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from actors.market_data.moment import Moment
from actors.market_data.settings import Settings
from actors.venues.port import BookTop

BOOK, REST, TICKER = "book", "rest", "ticker"
PREFERENCE = (BOOK, REST, TICKER)  # of those that are fresh
STREAMED = (BOOK, TICKER)

UNHEARD = "UNHEARD"
STALE = "STALE"
QUOTE_FROM_FUTURE = "QUOTE_FROM_FUTURE"
BOOK_FROZEN = "BOOK_FROZEN"
BOOK_ONE_SIDED = "BOOK_ONE_SIDED"
BOOK_CROSSED = "BOOK_CROSSED"


class Said(Struct, frozen=True, kw_only=True):
    """The newest word of one channel."""

    channel: str
    top: BookTop
    heard_ms: int
    lag_ms: int  # its age by the venue's clock when it was heard; below 0: ahead of us
    stamp_since_ms: int  # when an answer with this stamp was heard first
    lost: bool = False  # the channel broke off since: what it said is history


def hear(before: Said | None, channel: str, top: BookTop, now: Moment) -> Said:
    """Return what *channel* says now; *before* is what it said last."""
    stands_still = (
        before is not None and top.stamp_ms is not None and before.top.stamp_ms == top.stamp_ms
    )
    return Said(
        channel=channel,
        top=top,
        heard_ms=now.mono_ms,
        lag_ms=0 if top.stamp_ms is None else now.venue_ms - top.stamp_ms,
        stamp_since_ms=before.stamp_since_ms if before and stands_still else now.mono_ms,
    )


def lose(said: Said) -> Said:
    """Return *said* as history: a channel that broke off begins anew with a whole book."""
    return replace(said, lost=True)


def age_ms(said: Said, now_ms: int) -> int:
    """Return the larger of the time since it was heard and its age by the venue's clock.

    Since both clocks run on together, that is the first and what it was late by when it came.
    """
    return max(0, now_ms - said.heard_ms) + max(0, said.lag_ms)


def not_fresh(said: Said, now_ms: int, settings: Settings) -> str | None:
    """Return why *said* is not fresh. decision-rules 4"""
    if said.lag_ms < -settings.future_max_ms:
        return QUOTE_FROM_FUTURE
    if said.heard_ms - said.stamp_since_ms >= settings.frozen_ms:
        return BOOK_FROZEN
    if said.lost or age_ms(said, now_ms) > settings.stale_ms:
        return STALE
    return None


def not_valid(top: BookTop) -> str | None:
    """Return why *top* is no book to trade on; sides are never swapped."""
    if top.bid is None or top.ask is None or top.bid <= 0 or top.ask <= 0:
        return BOOK_ONE_SIDED
    return BOOK_CROSSED if top.bid >= top.ask else None


def best(channels: Mapping[str, Said], now_ms: int, settings: Settings) -> Said | None:
    """Return the first fresh one in order of preference, else the one heard last, else None."""
    newest: Said | None = None
    for name in PREFERENCE:
        said = channels.get(name)
        if said is None:
            continue
        if not_fresh(said, now_ms, settings) is None:
            return said
        if newest is None or said.heard_ms > newest.heard_ms:
            newest = said
    return newest
