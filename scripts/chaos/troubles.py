"""What the venue can do to a desk without dying: troubles by name, drawn in any order.

A trouble is a table of the exchange's faults that is switched on and the table that ends it
(docs/exchange.md). Several last at once; the same one again begins anew.
"""

import random
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

MINUTE_MS = 60_000
CONNECTS_MAX = 15  # that the venue takes in a minute from one address
ORDER, READS = "/api/v1/order", "/api/v1/"
BRIEF_MS, LONG_MS, SILENCE_MS = (2_000, 6_000), (5_000, 15_000), (16_000, 24_000)


class Trouble(Struct, frozen=True, kw_only=True):
    """Faults that come together. *parts*: the stream's connections end when it begins."""

    on: Mapping[str, Any]
    off: Mapping[str, Any] = {}
    lasts_ms: tuple[int, int] = BRIEF_MS
    parts: bool = False


def _told(kind: str, *, count: int = 1, path: str = READS, wait_s: int = 1) -> Trouble:
    answer = {"kind": kind, "count": count, "path": path, "retry_after_s": wait_s}
    return Trouble(on={"answers": [answer]})


def _switch(name: str, value: object = True, off: object = False) -> Trouble:
    return Trouble(on={name: value}, off={name: off}, lasts_ms=LONG_MS)


# The key is refused: the desk halts until a person takes that back.
KEY_REFUSED = frozenset({"unauthorized_yes", "unauthorized"})
TROUBLES: dict[str, Trouble] = {
    "silent_channel": Trouble(
        on={"silent_channels": ["obdiff"]}, off={"silent_channels": []}, lasts_ms=SILENCE_MS
    ),
    "silent_trades": Trouble(
        on={"silent_channels": ["trade"]}, off={"silent_channels": []}, lasts_ms=SILENCE_MS
    ),
    "accept_then_close": Trouble(
        on={"accept_then_close": 30}, off={"accept_then_close": 0}, lasts_ms=LONG_MS, parts=True
    ),
    "connects_refused": Trouble(
        on={"ws_connect_429": 30}, off={"ws_connect_429": 0}, lasts_ms=LONG_MS, parts=True
    ),
    "throttled_orders": _told("throttled_account", count=2, path=ORDER, wait_s=2),
    "throttled_reads": _told("throttled_ip", count=4, wait_s=3),
    "throttled_old": _told("throttled_old", count=2, wait_s=2),
    "unauthorized_yes": _told("unauthorized_yes"),
    "unauthorized": _told("unauthorized", path=ORDER),
    "html_504": _told("html_504", count=3),
    "html_403": _told("html_403", count=2),
    "http_500": _told("http_500_word", count=3),
    "garbage": _told("garbage", count=4),
    "cut": _told("cut", count=3),
    "decimal_commas": _switch("decimal_commas"),
    "swapped_numbers": _switch("swapped_numbers"),
    "code_as_text": _switch("code_as_text"),
    "missing_data": Trouble(on={"missing_data": True}, off={"missing_data": False}),
    "extra_keys": _switch("extra_keys"),
    "cancelled_but_filled": Trouble(
        on={"cancel_lag_ms": 500, "cancel_fill_percent": 100},
        off={"cancel_lag_ms": 0, "cancel_fill_percent": 0},
        lasts_ms=LONG_MS,
    ),
    "cancelled_half_filled": Trouble(
        on={"cancel_fill_percent": 40}, off={"cancel_fill_percent": 0}, lasts_ms=LONG_MS
    ),
    "stale_lists": _switch("hide_orders_ms", 1_500, 0),
    "stale_balances": _switch("stale_balances_ms", 2_000, 0),
    "double_frames": _switch("double_frames"),
    "reordered_frames": _switch("reordered_frames"),
    "lost_frames": _switch("lost_frames", [423, 441, 452], []),
    "strange_removals": _switch("strange_removals"),
    "slow_answers": _switch("answer_delay_ms", 300, 0),
}
# What the issue of a desk at this venue is about comes more often; a halt takes a minute to end.
SHARES = {
    name: {
        "silent_channel": 4,
        "accept_then_close": 4,
        "cancelled_but_filled": 6,
        "throttled_orders": 6,
        "unauthorized": 1,
        "unauthorized_yes": 2,
    }.get(name, 3)
    for name in TROUBLES
}
ENDED: dict[str, Any] = {
    "post_order_outcome": [],
    "answers": [],
    "hide_fills_ms": 0,
    "silent_ws": False,
} | {key: value for trouble in TROUBLES.values() for key, value in trouble.off.items()}


def drawn(dice: random.Random) -> tuple[str, int]:
    """Return one trouble by name and how long it lasts, in ms."""
    name = dice.choices(list(SHARES), weights=list(SHARES.values()))[0]
    return name, dice.randint(*TROUBLES[name].lasts_ms)


def most_within_a_minute(times_ms: list[int]) -> int:
    """Return how many of *times_ms*, in order, fall into one minute at most."""
    most, first = 0, 0
    for last, at_ms in enumerate(times_ms):
        while at_ms - times_ms[first] >= MINUTE_MS:
            first += 1
        most = max(most, last - first + 1)
    return most
