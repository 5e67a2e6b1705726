"""How well is the market heard as a whole? The first line of decision-rules 4 that holds.

Answers with a verdict and the code of its reason; which instruments are tradable stands beside it.
"""

from collections.abc import Mapping

from actors.market_data.channels import BOOK_FROZEN, QUOTE_FROM_FUTURE, STALE, UNHEARD
from actors.market_data.quotes import RECOVERING
from actors.market_data.settings import Settings
from messages.market import FeedVerdict, InstrumentFeed

OK = "OK"
NOT_CONNECTED = "NOT_CONNECTED"
NO_INSTRUMENTS = "NO_INSTRUMENTS"
ALL_STALE = "ALL_STALE"
STALE_SHARE = "STALE_SHARE"
TRADE_UNSEEN = "TRADE_UNSEEN"

# An instrument on its way back is still stale here: so the verdict, too, waits until it is back.
STALE_PROBLEMS = frozenset({UNHEARD, STALE, QUOTE_FROM_FUTURE, BOOK_FROZEN, RECOVERING})


def verdict(
    feeds: Mapping[str, InstrumentFeed], settings: Settings, *, connected: bool
) -> tuple[FeedVerdict, str]:
    """Return the verdict on *feeds*, keyed by instrument, and why."""
    stale = sum(1 for one in feeds.values() if one.problem in STALE_PROBLEMS)
    if not connected:
        return FeedVerdict.OBSERVE, NOT_CONNECTED
    if not feeds:
        return FeedVerdict.OBSERVE, NO_INSTRUMENTS
    if stale == len(feeds):
        return FeedVerdict.OBSERVE, ALL_STALE
    if stale > settings.stale_share_max_ratio * len(feeds):
        return FeedVerdict.OBSERVE, STALE_SHARE
    if any(one.trade_age_ms is None for one in feeds.values()):
        unseen = FeedVerdict.OBSERVE if settings.require_trade else FeedVerdict.DEGRADED
        return unseen, TRADE_UNSEEN
    return FeedVerdict.NORMAL, OK
