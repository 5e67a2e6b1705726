"""What goes wrong on purpose. Nothing does until somebody asks for it by `/_faults`.

A fault of a new order is used up one by one, oldest first; the others stay until they are changed.
"""

from collections import deque
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

FAULTS_WAITING_MAX = 10_000


class OutcomeKind(StrEnum):
    DROP_BEFORE = "drop_before"  # the connection closes, the order is not taken
    DROP_AFTER_ACCEPT = "drop_after_accept"  # it is taken, the answer never comes
    DELAY_MS = "delay_ms"  # it is taken, the answer comes late
    HTTP_500_AFTER_ACCEPT = "http_500_after_accept"
    HTML_504_AFTER_ACCEPT = "html_504_after_accept"


class OutcomeFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next *count* new orders meet."""

    kind: OutcomeKind
    count: Annotated[int, Meta(ge=0, le=FAULTS_WAITING_MAX)] = 1
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0


class FaultsWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `/_faults`; what is not named stays as it is."""

    post_order_outcome: tuple[OutcomeFault, ...] | None = None
    hide_fills_ms: Annotated[int, Meta(ge=0, le=600_000)] | None = None
    silent_ws: bool | None = None


class Faults:
    """Which faults are on."""

    def __init__(self) -> None:
        self._outcomes: deque[OutcomeFault] = deque()
        self.hide_fills_ms = 0
        self.silent_ws = False

    def want(self, body: bytes) -> str | None:
        """Switch faults as *body* (JSON) says; return what is wrong with it, None when done."""
        try:
            wanted = msgspec.json.decode(body, type=FaultsWanted)
        except ValueError as why:
            return str(why)
        if wanted.post_order_outcome is not None:
            self._outcomes = deque(
                fault for fault in wanted.post_order_outcome for _ in range(fault.count)
            )
        if wanted.hide_fills_ms is not None:
            self.hide_fills_ms = wanted.hide_fills_ms
        if wanted.silent_ws is not None:
            self.silent_ws = wanted.silent_ws
        return None

    def next_outcome(self) -> OutcomeFault | None:
        """Return what this new order meets, and use it up."""
        return self._outcomes.popleft() if self._outcomes else None
