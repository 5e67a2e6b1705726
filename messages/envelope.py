"""What every message carries around its body."""

from typing import Any

from msgspec import Struct

ENVELOPE_VERSION = 1


class Envelope(Struct, frozen=True, kw_only=True):
    """One message on a wire: who said it, when, because of what, and the encoded body.

    *id*, *cor* and *cau* are 16 bytes: this message, the chain it belongs to (quote to
    fill), its direct cause. *inc* is the sender's incarnation, *seq* counts per sender and topic.
    *mono_ns* compares only within *boot*.
    """

    v: int
    type: str
    schema: int
    id: bytes
    cor: bytes
    cau: bytes
    src: str
    inc: int
    seq: int
    wall_ns: int
    mono_ns: int
    boot: str
    build: str
    config: str
    body: dict[str, Any]
