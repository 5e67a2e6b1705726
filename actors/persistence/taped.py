"""What stands on the tape: one market message a frame, with the time it was heard."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from messages import codec
from messages.market import Quote
from store.tape import Mark


def frame(message: object, heard_ms: int) -> bytes:
    """Return *message*, heard at *heard_ms* (wall), as it stands on the tape."""
    return codec.pack(
        {"type": type(message).__name__, "at_ms": heard_ms, "body": codec.body(message)}
    )


def quote_of(raw: bytes, wanted: Callable[[str, int], bool]) -> Quote | None:
    """Return the quote in the frame *raw*, None for anything else.

    It is only read as a whole when its instrument and time are *wanted*: most are not.
    """
    try:
        plain: Any = codec.unpack(raw)
        if not isinstance(plain, dict) or plain.get("type") != Quote.__name__:
            return None
        body: Any = plain["body"]
        return codec.convert(body, Quote) if wanted(body["instrument"], body["at_ms"]) else None
    except (codec.Unreadable, LookupError, TypeError):
        return None


def split(frames: Sequence[bytes]) -> tuple[Mark | None, Sequence[bytes]]:
    """Return up to where on the tape the saved past reaches, and that past itself."""
    try:
        return (codec.convert(codec.unpack(frames[0]), Mark), frames[1:]) if frames else (None, [])
    except codec.Unreadable:
        return None, []


def day_of(at_ms: int) -> str:
    """Return the UTC day of *at_ms*: 2026-03-23."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).date().isoformat()
