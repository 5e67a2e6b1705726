"""What may be heard: bytes in, a message or the reason why not out. Pure.

Facts from another build are taken, since they only inform; what makes orders, permits or books
happen must come from the same build and the same configuration.
"""

from collections.abc import Set
from typing import Any

from msgspec import Struct

from actors.runtime.wire import Identity
from messages import codec, life, market, orders, records
from messages.envelope import Envelope

GUARDED: frozenset[type] = frozenset(
    {
        life.Hello,
        life.Permit,
        orders.IntentBatch,
        orders.ApprovedBatch,
        records.RecordBatch,
    }
)
EVENTS: frozenset[type] = frozenset(
    {market.Trade}
)  # each one counts; all else on a feed is a state

BUILD_DIFFERS = "BUILD_DIFFERS"
CONFIG_DIFFERS = "CONFIG_DIFFERS"
ORIGINS = frozenset({BUILD_DIFFERS, CONFIG_DIFFERS})

_EVENT_TOPICS = tuple(kind.__name__.encode() for kind in EVENTS)


class Refused(Struct, frozen=True, kw_only=True):
    """What was not taken: a code and why, with the type where it could be read."""

    code: str
    detail: str
    type: str = ""


def understand(raw: bytes, hears: Set[type], me: Identity) -> "tuple[Envelope, Any] | Refused":
    """Return envelope and message in *raw*, or why they are refused."""
    try:
        envelope, message = codec.decode(raw)
    except codec.Unreadable as why:
        return Refused(code=why.code, detail=str(why), type=why.unknown_type or "")
    kind = type(message)
    if kind not in hears:
        return Refused(
            code="NOT_HEARD_HERE",
            detail=f"{me.role} does not hear {kind.__name__} on this socket",
            type=kind.__name__,
        )
    if kind in GUARDED:
        return _same_origin(envelope, message, me)
    return envelope, message


def newest_of_each_topic(frames: list[list[bytes]]) -> list[list[bytes]]:
    """Return of *frames* (topic, body) the newest of each topic, and every event, in order."""
    newest: dict[bytes, int] = {}
    for place, parts in enumerate(frames):
        newest[parts[0]] = place
    return [
        parts
        for place, parts in enumerate(frames)
        if newest[parts[0]] == place or parts[0].split(b"/")[0] in _EVENT_TOPICS
    ]


def _same_origin(
    envelope: Envelope, message: object, me: Identity
) -> "tuple[Envelope, Any] | Refused":
    for code, theirs, ours in (
        (BUILD_DIFFERS, envelope.build, me.build),
        (CONFIG_DIFFERS, envelope.config, me.config),
    ):
        if theirs != ours:
            return Refused(
                code=code,
                detail=f"{envelope.src[:40]} has {theirs[:40]}, {me.role} has {ours}",
                type=envelope.type,
            )
    return envelope, message
