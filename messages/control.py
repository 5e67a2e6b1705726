"""What a person (or a guard) commands, and the answer. Repeating a command changes nothing more."""

from typing import Any

from msgspec import Struct

from messages.state import Level, Scope


class Kill(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Latch the desk at HALTED. Its encoding never changes."""

    reason: str


class Resume(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lift the latch. Without a code the answer is a report and a code to confirm with."""

    code: str | None = None


class SetLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Set the entry of *source* for one scope; it may lower only what the same source raised."""

    scope: Scope
    name: str
    source: str
    level: Level
    reason: str


class StatusQuery(Struct, frozen=True, kw_only=True):
    """How are you?"""


class ReconcileQuery(Struct, frozen=True, kw_only=True):
    """Compare the books with the venue now and answer with what differs."""


class Reply(Struct, frozen=True, kw_only=True):
    """The answer to a command. *code* is OK or the rule that said no; *report* is plain values."""

    ok: bool
    code: str
    message: str
    report: dict[str, Any] = {}


class Refusal(Struct, frozen=True, kw_only=True):
    """The answer to what could not be understood or is not heard here."""

    code: str
    message: str
